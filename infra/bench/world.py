"""The world that is measured: the shipped policies, people who did a few things already, and what they do next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any, Final

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.lead_store import MemoryLeadStore
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.secrets.identity_key import IdentityKey
from shared.domain.identity.model import ANONYMOUS, EMAIL, Evidence, Identifier
from shared.domain.instant import DAY, MINUTE
from shared.domain.intake.signal import ConsentClaim, Signal
from shared.domain.lead.decide import decide
from shared.domain.lead.decision import Known
from shared.domain.lead.rules import Rules, compile_rules
from shared.policies.loader import RULES, load_directory

START: Final = 1_700_000_000_000
NOW: Final = START + 30 * DAY
PATHS: Final = ("/pricing", "/blog/how-to-choose", "/customers/acme-industries", "/product", "/docs/start", "/")
TITLES: Final = ("Head of Operations", "CTO", "Procurement Manager", "Dyrektor IT", "Analyst", "VP Finance")
IDENTITY: Final = IdentityKey.fixed(b"bench")

Case = tuple[Known, tuple[Signal, ...]]
"""What a decision gets: all that is known, and the signals."""


@cache
def shipped_rules() -> Rules:
    """The policies of the project, compiled."""
    policies = load_directory(RULES)
    return compile_rules(policies.scoring, policies.lifecycle, policies.version)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is known by an address and came with a device."""

    email: Identifier
    device: Identifier
    title: str

    @property
    def profile(self) -> dict[str, str]:
        """What forms say about them."""
        return {
            "email": self.email.value,
            "name": "Anna Nowak",
            "title": self.title,
            "company": "Acme Industries GmbH",
            "country": "DE",
        }


class People:
    """Known leads with eight live counters each, in a memory store."""

    def __init__(self, size: int, *, devices: bool = False) -> None:
        self.tables = MemoryTables()
        self.people = [
            Person(
                Identifier(EMAIL, f"person-{n}@acme-{n % 40}.example"),
                Identifier(ANONYMOUS, f"device-{n}"),
                TITLES[n % len(TITLES)],
            )
            for n in range(size)
        ]
        self._numbers = count(1)
        store = self.store(self.tables)
        for person in self.people:
            for signal in self._history(person, devices=devices):
                store.commit(decide(store.load(signal.identifiers), [signal], shipped_rules(), NOW, signal.signal_id))

    @staticmethod
    def store(tables: MemoryTables) -> MemoryLeadStore:
        """A store on these tables."""
        return MemoryLeadStore(tables, identity=IDENTITY, clock=MemoryClock(NOW))

    def page_views(self, *, number: int = 1, devices: bool = False) -> list[Case]:
        """Per person: what is known, and their next page views, by address or by device."""
        return [
            self._case(
                [
                    self._signal("page_viewed", 20, (p.device if devices else p.email,), **_page(n + at), later=at)
                    for at in range(number)
                ]
            )
            for n, p in enumerate(self.people)
        ]

    def forms(self) -> list[Case]:
        """Per person: what is known, and a form with profile, answers and two consents."""
        return [self._case([self._form(p, 20, "demo", consents=True)]) for p in self.people]

    def _case(self, signals: Sequence[Signal]) -> Case:
        return self.store(self.tables).load(signals[0].identifiers), tuple(signals)

    def _history(self, p: Person, *, devices: bool) -> list[Signal]:
        by = (p.email,)
        return [
            self._form(p, 1, "contact", devices=devices),
            self._signal("page_viewed", 2, by, attributes={"path": "/pricing"}),
            self._signal("page_viewed", 3, by, attributes={"path": "/customers/other"}),
            self._signal("content_downloaded", 5, by, attributes={"title": "Annual report"}),
            self._signal("webinar_registered", 8, by, attributes={"webinar_id": "w-1"}),
            self._signal("email_clicked", 9, by, attributes={"link": "https://example.com"}),
        ]

    def _form(self, p: Person, day: int, form: str, *, consents: bool = False, devices: bool = False) -> Signal:
        claims = tuple(ConsentClaim(purpose=purpose, given=True) for purpose in ("processing", "ad.email"))
        return self._signal(
            "form_submitted",
            day,
            (p.email, p.device) if devices else (p.email,),
            profile=p.profile,
            answers={"company_size": "500", "timeline": "this quarter"},
            attributes={"form_id": form, "path": "/contact"},
            company_domain=p.email.value.partition("@")[2],
            consents=claims if consents else (),
        )

    def _signal(
        self, kind: str, day: int, identifiers: tuple[Identifier, ...], *, later: int = 0, **stated: Any
    ) -> Signal:
        number = next(self._numbers)
        at = START + day * DAY + later * MINUTE
        verified = identifiers[0].kind == EMAIL
        return Signal(
            signal_id=f"sig_{number:032x}",
            kind=kind,
            occurred_at=at,
            recorded_at=at,
            source="json" if verified else "segment",
            evidence=Evidence.VERIFIED if verified else Evidence.CLAIMED,
            identifiers=identifiers,
            vendor_id=f"message-{number}",
            correlation_id=f"delivery_{number:032x}",
            archive_key=f"requests/2026/01/01/{number:032x}",
            channel="Paid Search",
            **stated,
        )


def without_fit(known: Known) -> Known:
    """The same, but no head remembers its fit under the policy in force."""
    return replace(known, leads={lead_id: lead._replace(fit_version="") for lead_id, lead in known.leads.items()})


def _page(n: int) -> dict[str, Any]:
    path = PATHS[n % len(PATHS)]
    return {
        "attributes": {"path": path, "title": "A page", "host": "www.example.com"},
        "utm": {"source": "google", "medium": "cpc", "campaign": "spring"},
    }
