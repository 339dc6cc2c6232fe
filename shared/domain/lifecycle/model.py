"""Stages a lead goes through and the hand-over to sales."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.domain.instant import Instant

NONE: Final = "none"
REQUESTED: Final = "requested"
OVERDUE: Final = "overdue"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"

ANONYMOUS: Final = "anonymous"
"""The stage before the first one: somebody was seen, nobody knows whom."""


@dataclass(frozen=True, slots=True)
class StageState:
    """Where a lead stands. ``entered`` holds the instant of every stage ever entered (first time)."""

    id: str = ANONYMOUS
    since: Instant = 0
    reason: str = "LIFECYCLE.FIRST_SEEN"
    policy_version: str = ""
    entered: Mapping[str, Instant] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stay:
    """No transition, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Enter:
    """A transition into ``stage_id``, and the guard that allowed it."""

    stage_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Handover:
    """The hand-over to sales. ``due`` is None when no SLA runs.

    ``state`` is ``none`` (sales owns a person whom nobody handed over), ``requested``, ``overdue``, ``accepted`` or
    ``rejected``; ``reason`` is that of a rejection. ``answered_at`` is when the answer that holds was first given.
    ``heard_at`` and ``owned_at`` are when sales last spoke of the answer and of the owner: the later word holds.
    """

    state: str
    requested_at: Instant
    due: Instant | None = None
    owner: str | None = None
    reason: str | None = None
    answered_at: Instant | None = None
    heard_at: Instant = 0
    owned_at: Instant = 0
