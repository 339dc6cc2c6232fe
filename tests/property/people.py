"""A small closed world for properties of the decision: few identifiers, so that signals meet; the shipped rules."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.lead_store import MemoryLeadStore
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.secrets.identity_key import IdentityKey
from shared.app.decide_person import identifiers_of
from shared.app.process_signals import by_person
from shared.domain.identity.model import ANONYMOUS, EMAIL, EXTERNAL, USER, Evidence, Identifier
from shared.domain.instant import DAY, HOUR
from shared.domain.intake.signal import ConsentClaim, Signal
from shared.domain.lead.decide import decide
from shared.domain.lead.decision import Decision
from shared.domain.lead.projection import PersonView, project
from shared.domain.lead.rules import Rules, compile_rules
from shared.policies.loader import load_directory

START = 1_700_000_000_000
NOW = START + 120 * DAY
RULES_DIRECTORY = Path(__file__).parents[2] / "shared" / "policies" / "rules"

EMAILS = tuple(Identifier(EMAIL, f"{name}@example.com") for name in ("anna", "boris", "celia"))
EXTERNALS = tuple(Identifier(EXTERNAL, f"salesforce:00Q{n}") for n in range(2))
USERS = tuple(Identifier(USER, f"u-{n}") for n in range(2))
DEVICES = tuple(Identifier(ANONYMOUS, f"a-{n}") for n in range(3))
PURPOSES = ("processing", "ad.email")


def rules() -> Rules:
    """The shipped policies, compiled."""
    policies = load_directory(RULES_DIRECTORY)
    return compile_rules(policies.scoring, policies.lifecycle, policies.version)


def times() -> st.SearchStrategy[int]:
    return st.integers(0, 90).map(lambda day: START + day * DAY) | st.integers(0, 48).map(lambda h: START + h * HOUR)


@st.composite
def signals(draw: st.DrawFn, *, minimum: int = 1, maximum: int = 12) -> list[Signal]:
    """Signals that share people: forms from signed sources, claims from the browser, page views, CRM records."""
    count = draw(st.integers(minimum, maximum))
    return [draw(_signal(f"sig_{n:03d}")) for n in range(count)]


@st.composite
def _signal(draw: st.DrawFn, signal_id: str) -> Signal:
    kind = draw(
        st.sampled_from(
            ["form_submitted", "identified", "page_viewed", "page_viewed", "identity_linked", "remote_changed"]
        )
    )
    at = draw(times())
    common: dict[str, Any] = {"signal_id": signal_id, "occurred_at": at, "recorded_at": at}
    if kind == "form_submitted":
        person = [draw(st.sampled_from(EMAILS)), *draw(_optional(EXTERNALS)), *draw(_optional(DEVICES))]
        return _statement(draw, common, kind, person, Evidence.VERIFIED)
    if kind == "identified":
        person = [*draw(_optional(EMAILS)), draw(st.sampled_from(USERS)), *draw(_optional(DEVICES))]
        return _statement(draw, common, kind, person, Evidence.CLAIMED)
    if kind == "remote_changed":
        return _told_by_sales(draw, common)
    if kind == "identity_linked":
        user, device = draw(st.sampled_from(USERS)), draw(st.sampled_from(DEVICES))
        return Signal(
            **common, kind=kind, source="segment", evidence=Evidence.CLAIMED, identifiers=(user,), previous=device
        )
    who = draw(st.sampled_from([*DEVICES, *USERS]))
    path = draw(st.sampled_from(["/pricing", "/blog/a", "/careers"]))
    return Signal(
        **common,
        kind=kind,
        source="segment",
        evidence=Evidence.CLAIMED,
        identifiers=(who,),
        attributes={"path": path},
        channel=draw(st.sampled_from(["Paid Search", "Direct"])),
        flags=draw(st.sampled_from([(), (), ("bot_ua",)])),
    )


def _told_by_sales(draw: st.DrawFn, common: dict[str, Any]) -> Signal:
    """A record changed in the CRM; mostly verified, sometimes somebody only says so, who has no record to show."""
    evidence = draw(st.sampled_from([Evidence.VERIFIED, Evidence.VERIFIED, Evidence.CLAIMED]))
    records = [draw(st.sampled_from(EXTERNALS)), *draw(_optional(EMAILS))]
    attributes = draw(
        st.fixed_dictionaries(
            {"system": st.just("salesforce")},
            optional={
                "handover": st.sampled_from(["accepted", "rejected"]),
                "owner": st.sampled_from(["005A", "005B"]),
                "stage": st.sampled_from(["recycled", "disqualified"]),
                "account_id": st.sampled_from(["001A", "001B"]),
                "opportunity_id": st.sampled_from(["006A", "006B"]),
                "opportunity_state": st.sampled_from(["open", "won", "lost"]),
                "amount": st.sampled_from(["10.00", "20.00"]),
            },
        )
    )
    return Signal(
        **common,
        kind="remote_changed",
        source="salesforce",
        evidence=evidence,
        identifiers=tuple(records) if evidence else (draw(st.sampled_from(EMAILS)),),
        profile=draw(st.dictionaries(st.sampled_from(["title", "name"]), st.sampled_from(["", "CTO"]), max_size=2)),
        attributes=attributes,
    )


def _optional(values: Sequence[Identifier]) -> st.SearchStrategy[list[Identifier]]:
    return st.lists(st.sampled_from(values), max_size=1)


def _statement(
    draw: st.DrawFn, common: dict[str, Any], kind: str, person: list[Identifier], evidence: Evidence
) -> Signal:
    email = next((i.value for i in person if i.kind == EMAIL), None)
    profile = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["Anna", "Boris"]),
                "title": st.sampled_from(["CTO", "Intern"]),
                "company": st.sampled_from(["Acme GmbH", "Żabka"]),
            },
        )
    )
    claims = draw(st.dictionaries(st.sampled_from(PURPOSES), st.booleans(), max_size=2))
    return Signal(
        **common,
        kind=kind,
        source="json" if evidence else "segment",
        evidence=evidence,
        identifiers=tuple(person),
        profile={**profile, **({"email": email} if email else {})},
        company_domain="acme.example" if email == "anna@example.com" else None,
        attributes={"form_id": draw(st.sampled_from(["demo", "newsletter"]))},
        consents=tuple(ConsentClaim(purpose=p, given=g) for p, g in sorted(claims.items())),
    )


class People:
    """A memory store and the decisions made on it."""

    def __init__(self, compiled: Rules) -> None:
        self.tables = MemoryTables()
        self.clock = MemoryClock(NOW)
        self.store = MemoryLeadStore(self.tables, identity=IdentityKey.fixed(b"test"), clock=self.clock)
        self.rules = compiled
        self._count = 0

    def decide(self, batch: Iterable[Signal]) -> list[Decision]:
        """Decide on a batch as process_signals does: per person, one commit each."""
        made = []
        for group in by_person(batch):
            self._count += 1
            known = self.store.load(tuple(dict.fromkeys(i for s in group for i in identifiers_of(s))))
            decision = decide(known, group, self.rules, NOW, f"seed-{self._count}")
            if decision.writes:
                self.store.commit(decision)
            made.append(decision)
        return made

    def views(self, at: int = NOW) -> list[PersonView]:
        """Every person, as of an instant."""
        heads = self.tables.heads
        roots = [lead for lead in heads.values() if lead.merged_into is None]
        return [project(root, [heads[m] for m in root.members], self.rules, at) for root in roots]

    def projections(self, at: int = NOW) -> list[tuple[Any, ...]]:
        """What design §4 promises to be equal for any order: everything but ids of leads, stages and versions."""
        return sorted((projection(view) for view in self.views(at)), key=repr)


def projection(view: PersonView) -> tuple[Any, ...]:
    return (
        tuple(view.identifiers.items()),
        view.verified,
        view.email,
        view.phone,
        view.name,
        tuple(sorted(view.profile.items())),
        tuple(sorted(view.answers.items())),
        view.company and view.company.company_id,
        view.external_ids,
        tuple(view.opportunities.items()),
        view.touch_count,
        view.first_touch,
        view.last_touch,
        view.consents,
        view.score,
        view.created_at,
    )
