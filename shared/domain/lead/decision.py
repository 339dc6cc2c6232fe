"""What a decision is: values only. The store turns it into one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.domain.consent.model import ConsentEvent
from shared.domain.identity.model import Identifier
from shared.domain.instant import Instant
from shared.domain.lead.model import Lead, LeadId
from shared.domain.scoring.model import ScoreLine
from shared.domain.touchpoint.model import Touchpoint


class Fact(NamedTuple):
    """Something that happened, for the bus. ``data`` carries ids and non-identifying attributes only.

    ``event_id`` is derived from lead, version and position, so that publishing twice is recognisable.
    """

    event_id: str
    name: str
    occurred_at: Instant
    recorded_at: Instant
    lead_id: LeadId
    lead_version: int
    correlation_id: str
    causation_id: str
    data: Mapping[str, Any]


class ScorePoint(NamedTuple):
    """A score as history keeps it."""

    at: Instant
    total: int
    fit: int
    engagement: int
    grade: str
    lines: tuple[ScoreLine, ...]
    policy_version: str


class StageChange(NamedTuple):
    """A stage change as history keeps it."""

    at: Instant
    recorded_at: Instant
    from_stage: str
    to_stage: str
    reason: str
    policy_version: str


class HistoryRow(NamedTuple):
    """What one decision adds to one lead's history: packed touchpoints, stage changes, a score, notes.

    ``notes`` are merges, unmerges, suggestions and consent events in plain attributes, each with ``kind``, ``at``.
    """

    lead_id: LeadId
    version: int
    recorded_at: Instant
    touchpoints: tuple[Touchpoint, ...] = ()
    score: ScorePoint | None = None
    stages: tuple[StageChange, ...] = ()
    notes: tuple[Mapping[str, Any], ...] = ()


class Timer(NamedTuple):
    """Something to look at when an instant has passed. Its fields are its identity: the same timer is one row."""

    due: Instant
    kind: str
    lead_id: LeadId


class LeadWrite(NamedTuple):
    """A head to write, on condition that the stored version is still ``expected_version`` (0: it must not exist)."""

    lead: Lead
    expected_version: int


class SeenWrite(NamedTuple):
    """Signals now counted in a lead: the whole content of one bucket row, old and new digests."""

    lead_id: LeadId
    bucket: int
    signal_ids: frozenset[str]


class NameWrite(NamedTuple):
    """The words by which a person is found from now on, and those that do so no more. Personal data."""

    lead_id: LeadId
    words: tuple[str, ...]
    left: tuple[str, ...]


class Decision(NamedTuple):
    """Everything one transaction writes. Empty when nothing was new (``reason`` says why)."""

    reason: str
    writes: tuple[LeadWrite, ...] = ()
    pointers: tuple[tuple[Identifier, LeadId], ...] = ()
    phones: tuple[tuple[str, LeadId], ...] = ()
    seen: tuple[SeenWrite, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    consents: tuple[ConsentEvent, ...] = ()
    facts: tuple[Fact, ...] = ()
    timers: tuple[Timer, ...] = ()
    names: tuple[NameWrite, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows about the identifiers of some signals.

    ``owners`` maps each identifier to the lead that owns it: strong ones by their pointer (absent when unknown), weak
    ones by the id derived from them (always present). ``leads`` holds those leads, their chain of ``merged_into`` up
    to the root, and every member of those roots. ``seen`` holds, per lead that may carry effects, the ids of signals
    already counted; ``seen_open`` the content of its open bucket.
    """

    owners: Mapping[Identifier, LeadId] = field(default_factory=dict)
    leads: Mapping[LeadId, Lead] = field(default_factory=dict)
    seen: Mapping[LeadId, frozenset[str]] = field(default_factory=dict)
    seen_open: Mapping[LeadId, frozenset[str]] = field(default_factory=dict)
