"""The numbers that the world must give, computed from its tables by the published definitions alone.

The definitions are those of shared/domain/insights/metrics.py and of the policy files. Nothing here knows of doors,
signals, leads or facts: what the running system says is compared with this.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path
from statistics import median
from typing import Any, Final

from infra.local.demo.payloads import BY_SEGMENT
from infra.local.demo.rulebook import DAY, Happening, Points, Rulebook
from infra.local.demo.tables import (
    Call,
    Chat,
    Download,
    Enquiry,
    Identification,
    MailEvent,
    PageView,
    Person,
    Purchase,
    Row,
    SalesRow,
    Webinar,
    World,
    is_human,
    is_touch,
    origin_of,
)

LINE: Final = ("inquiry", "mql", "sql", "opportunity", "customer", "advocate")

EXITS: Final = frozenset({"recycled", "disqualified"})
"""Stages beside the line: whoever leaves it passes none of its later stages."""

_MAIL_KINDS: Final = {
    "delivered": "email_delivered",
    "open": "email_opened",
    "click": "email_clicked",
    "unsubscribe": "consent_withdrawn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTouch:
    """How somebody came: when, through which channel, told by which source."""

    at: int
    channel: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPerson:
    """What must be known of one person. ``touches`` counts what people did, ``signals`` also what machines did.

    An order is neither: it comes of the touches before.
    """

    email: str
    signals: int
    touches: int
    first_touch: FirstTouch
    company: str | None
    stage: str
    entered: Mapping[str, int]
    consents: frozenset[str]
    score: Points
    """As of the last signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What reports must say. Rates are left to the reports: they follow from the counts."""

    people: Mapping[str, ExpectedPerson]
    leads: int
    visitors: int
    companies: int
    touches: int
    reached: Mapping[str, int]
    entered: Mapping[str, int]
    current: Mapping[str, int]
    median_days: Mapping[str, float | None]
    channels: Mapping[str, int]
    consents: Mapping[str, int]


def expect(world: World, policies: Path, sales: Iterable[SalesRow] = ()) -> Expected:
    """Everything that can be computed from the tables and the policy files; ``sales``: what was done in the CRM."""
    rulebook = Rulebook(policies)
    dealt: dict[str, list[SalesRow]] = {}
    for row in sales:
        dealt.setdefault(row.person_id, []).append(row)
    people = {
        key: _person(world.people[key], rows, dealt.get(key, ()), world, rulebook) for key, rows in world.rows.items()
    }
    everybody = people.values()
    return Expected(
        people=people,
        leads=len(people),
        visitors=len({view.device for view in world.visits}),
        companies=len({person.company for person in everybody if person.company}),
        touches=sum(person.touches for person in everybody),
        reached={stage: sum(_reach(person) >= n for person in everybody) for n, stage in enumerate(LINE)},
        entered={stage: sum(stage in person.entered for person in everybody) for stage in LINE},
        current={stage: sum(person.stage == stage for person in everybody) for stage in (*LINE, *sorted(EXITS))},
        median_days=_waits(everybody),
        channels=Counter(person.first_touch.channel for person in everybody),
        consents=Counter(purpose for person in everybody for purpose in person.consents),
    )


def _reach(person: ExpectedPerson) -> int:
    return max(LINE.index(stage) for stage in person.entered if stage not in EXITS)


def _waits(people: Iterable[ExpectedPerson]) -> dict[str, float | None]:
    """Days between a stage and the next, the median over those who entered both."""
    entered = [person.entered for person in people]
    found: dict[str, float | None] = {}
    for stage, following in zip(LINE, (*LINE[1:], ""), strict=True):
        waits = [times[following] - times[stage] for times in entered if stage in times and following in times]
        found[stage] = round(median(waits) / DAY, 2) if waits else None
    return found


def _person(
    person: Person, rows: Sequence[Row], sales: Sequence[SalesRow], world: World, rulebook: Rulebook
) -> ExpectedPerson:
    life = _Life(person, rulebook)
    for row in (*rows, *sales):
        life.live(row)
    first = next(row for row in rows if is_touch(row))
    stated_company = life.profile.get("company")
    return ExpectedPerson(
        email=person.email,
        signals=sum(not isinstance(row, Purchase) for row in rows),
        touches=sum(map(is_touch, rows)),
        first_touch=FirstTouch(at=first.at, channel=origin_of(first).channel, source=_source(first)),
        company=life.account_domain
        or (world.companies[person.company_id].domain if person.corporate else stated_company),
        stage=life.stage or "anonymous",
        entered=life.entered,
        consents=frozenset(purpose for purpose, given in life.consents.items() if given),
        score=life.score((*rows, *sales)[-1].at),
    )


class _Life:
    """One person's rows, one after the other: what is known after each, and which stage it leads to."""

    def __init__(self, person: Person, rulebook: Rulebook) -> None:
        self._person = person
        self._rulebook = rulebook
        self._hits: dict[str, list[int]] = {}
        self.profile: dict[str, str] = {}
        self.answers: dict[str, str] = {}
        self.consents: dict[str, bool] = {}
        self.known = False
        self.account_domain = ""
        self.stage: str | None = None
        self.entered: dict[str, int] = {}

    def live(self, row: Row) -> None:
        self._hear(row)
        if not is_human(row):
            return
        evidence = "claimed" if isinstance(row, BY_SEGMENT) else "verified"
        happening = Happening(row.at, _kind(row), _attributes(row), evidence)
        for rule in self._rulebook.earned(happening):
            self._hits.setdefault(rule, []).append(row.at)
        self._advance(happening)

    def score(self, at: int) -> Points:
        return self._rulebook.score(self._hits, self._facts(), at)

    def _hear(self, row: Row) -> None:
        """What a row states about the person, who is known from the first form on."""
        if isinstance(row, Enquiry):
            self.known = True
            self.profile |= {"email": self._person.email, **row.profile}
            self.answers |= row.answers
            self.consents |= row.consents
        elif isinstance(row, MailEvent) and row.event == "unsubscribe":
            self.consents["ad.email"] = False
        elif isinstance(row, SalesRow):
            if "title" in row.attributes:
                self.profile["title"] = row.attributes["title"]
            self.account_domain = row.attributes.get("account_domain", self.account_domain)
            if "opt_out" in row.attributes:
                self.consents[row.attributes["opt_out"]] = False

    def _facts(self) -> dict[str, Any]:
        of_address = self._person.email.partition("@")[2] if self.known and self._person.corporate else ""
        domain = self.account_domain or of_address
        return {
            "known": self.known,
            "profile": self.profile,
            "answers": self.answers,
            "company": {"domain": domain},
        }

    def _advance(self, happening: Happening) -> None:
        score = self.score(happening.at)
        of_score = {"total": score.total, "fit": score.fit, "engagement": score.engagement, "grade": score.grade}
        facts = {
            **self._facts(),
            "score": of_score,
            "signal": happening.signal,
            "attributes": happening.attributes,
        }
        facts["stage"] = {"id": self.stage or "anonymous"}
        to = self._rulebook.furthest(facts)
        passed = self._rulebook.passed(self.stage, to) if to else []
        if passed:
            self.stage = to
            self.entered |= dict.fromkeys(passed, happening.at)


def _source(row: Row) -> str:
    return row.door if isinstance(row, Enquiry) else "segment"


@singledispatch
def _kind(row: Row) -> str:
    return _KINDS[type(row)]


@_kind.register
def _(row: MailEvent) -> str:
    return _MAIL_KINDS[row.event]


@_kind.register
def _(row: SalesRow) -> str:
    return "consent_withdrawn" if "opt_out" in row.attributes else "remote_changed"


@_kind.register
def _(row: Webinar) -> str:
    return "webinar_attended" if row.attended else "webinar_registered"


@_kind.register
def _(row: Purchase) -> str:
    return "order_placed" if row.door == "segment-server" else "order_paid"


@_kind.register
def _(row: Call) -> str:
    return "call_completed" if row.answered else "call_missed"


_KINDS: Final[Mapping[type[Row], str]] = {
    Chat: "chat_message_received",
    Download: "content_downloaded",
    Enquiry: "form_submitted",
    Identification: "identified",
    PageView: "page_viewed",
}


def _attributes(row: Row) -> Mapping[str, str]:
    """What rules may ask about a row."""
    if isinstance(row, Enquiry):
        return {"form_id": row.form_id, "form_name": row.form_name, "path": row.path}
    if isinstance(row, PageView):
        return {"path": row.path}
    if isinstance(row, Download):
        return {"title": row.title, "asset": row.asset, "category": row.category}
    if isinstance(row, SalesRow):
        return dict(row.attributes)
    return {"opportunity_state": "won"} if isinstance(row, Purchase) else {}
