"""The state table: one row per lead, made only of registers that merge in any order. Reads no clock and no file.

Every register is a tuple whose first fields are its precedence, so that merging is ``min`` or ``max`` of tuples: the
same operation in Python and in SQL. Personal data has no place here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from shared.domain.instant import Instant

LeadId = str

CONTENT: Final = frozenset({"content_downloaded", "webinar_attended"})
"""Kinds of touchpoints by which a person consumes content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """A fact as the lake keeps it: the envelope, and ``data`` reduced to what the contract allows."""

    event_id: str
    name: str
    schema_version: str
    occurred_at: Instant
    recorded_at: Instant
    lead_id: LeadId
    lead_version: int
    correlation_id: str = ""
    causation_id: str = ""
    producer: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def position(self) -> int:
        """The place among the facts of one decision: the last part of ``event_id`` (``<lead>.<version>.<n>``)."""
        _, dot, last = self.event_id.rpartition(".")
        return int(last) if dot and last.isascii() and last.isdigit() else 0


class Touch(NamedTuple):
    """A touchpoint; the smallest is the first touch, the greatest the last."""

    occurred_at: Instant
    touchpoint_id: str
    kind: str
    channel: str
    source: str
    campaign: str
    content: str
    """What was clicked (``utm_content``), else the path of the page."""


class Alias(NamedTuple):
    """Where a lead was merged into; empty after an unmerge. The greatest holds.

    ``version`` and ``position`` are those of the fact, which belongs to the lead that took this one in.
    """

    recorded_at: Instant
    version: int
    position: int
    target: LeadId


class Stage(NamedTuple):
    """The stage a lead stands in. The greatest holds."""

    version: int
    position: int
    stage: str
    since: Instant


class Company(NamedTuple):
    """The company a lead is linked to. The greatest holds."""

    version: int
    position: int
    company_id: str
    domain: str


class Grade(NamedTuple):
    """The latest published score, in hundredths of a point. The greatest holds."""

    version: int
    position: int
    total: int
    grade: str


class Permission(NamedTuple):
    """What holds for one purpose since the latest fact about it. The greatest holds."""

    version: int
    position: int
    withdrawn: int
    occurred_at: Instant


class Handover(NamedTuple):
    """Where the hand-over to sales stands; ``due`` is when it happened, if no time to answer was set.

    The greatest holds. ``owner`` is as of the fact: the head of the lead knows who it is now.
    """

    version: int
    position: int
    state: str
    due: Instant
    owner: str


class Deal(NamedTuple):
    """An opportunity of the CRM, or an order of a shop, as last told. The greatest holds.

    ``""`` is unknown, amounts are plain decimals.
    """

    version: int
    position: int
    state: str
    amount: str
    currency: str
    opened_on: str
    closed_on: str
    company_id: str
    told_at: Instant
    """When it was so. Versions of several leads cannot be compared; this decides between them."""
    origin: str
    """Who told it: ``shop`` for an order, else the CRM."""


class Answer(NamedTuple):
    """What sales said to a hand-over. The greatest holds: the later one, of two at one instant the rejection."""

    at: Instant
    state: str
    in_time: int
    owner: str


class Overdue(NamedTuple):
    """That nobody answered in time, and who should have. The smallest holds."""

    at: Instant
    owner: str


class Ask(NamedTuple):
    """One hand-over: when sales was asked (the earliest), when it was late, what it said."""

    requested_at: Instant | None = None
    overdue: Overdue | None = None
    answer: Answer | None = None


NOBODY: Final = Answer(0, "", 0, "")
"""The answer of nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """One row of the state table. ``entered`` holds the earliest instant of every stage ever entered.

    ``opportunities`` is keyed by the CRM's id: one of several people is in several rows, and is counted by its id.
    ``asks`` is keyed by the instant until which sales had to answer: every fact of a hand-over names it. Those for
    which no time was set share the key 0. ``content`` counts touches that consumed content.
    """

    lead_id: LeadId
    version: int = 0
    created_at: Instant | None = None
    updated_at: Instant = 0
    touches: int = 0
    first_touch: Touch | None = None
    last_touch: Touch | None = None
    alias: Alias | None = None
    stage: Stage | None = None
    company: Company | None = None
    grade: Grade | None = None
    handover: Handover | None = None
    entered: Mapping[str, Instant] = field(default_factory=dict)
    permissions: Mapping[str, Permission] = field(default_factory=dict)
    opportunities: Mapping[str, Deal] = field(default_factory=dict)
    content: int = 0
    asks: Mapping[Instant, Ask] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A root lead with everything merged into it: what reports count.

    ``cohort_at`` is the first touch; a person without a touchpoint counts from the creation of the lead.
    """

    lead_id: LeadId
    cohort_at: Instant
    channel: str
    touches: int
    stage: str
    company_id: str | None
    domain: str | None
    entered: Mapping[str, Instant]
    consents: frozenset[str]
    """Purposes that are given now."""
    handover: Handover | None = None
    first_touch: Touch | None = None
    content: int = 0
    asks: Mapping[Instant, Ask] = field(default_factory=dict)
    opportunities: Mapping[str, Deal] = field(default_factory=dict)
    grade: str = ""
    """Of the latest published score, as ``A1``."""
    seen_at: Instant = 0
    """The latest touch; 0 without one."""

    @property
    def campaign(self) -> str:
        """The campaign of the first touch."""
        return self.first_touch.campaign if self.first_touch else ""

    @property
    def content_name(self) -> str:
        """What was clicked, or which page was opened, at the first touch."""
        return self.first_touch.content if self.first_touch else ""

    @property
    def owner(self) -> str:
        """Who in sales gave the latest answer that names somebody."""
        return max((ask.answer for ask in self.asks.values() if ask.answer and ask.answer.owner), default=NOBODY).owner
