"""Counters (what the head keeps) and the score they read as (what people see)."""

from typing import NamedTuple

from shared.domain.instant import Instant


class Counter(NamedTuple):
    """Points collected under one rule: ``value`` as of ``at``, halving every half-life of the rule.

    ``recent`` keeps the latest signals as (occurred_at, signal_id), newest first, at most three.
    """

    value: float
    at: Instant
    hits: int
    recent: tuple[tuple[Instant, str], ...]


class ScoreLine(NamedTuple):
    """One line of a score. ``points`` in hundredths of a point, so that lines add up exactly."""

    rule: str
    version: str
    points: int
    hits: int
    event_ids: tuple[str, ...]


class Score(NamedTuple):
    """A score at an instant. All numbers in hundredths of a point; ``sum(line.points) == total`` always."""

    total: int
    fit: int
    engagement: int
    grade: str
    lines: tuple[ScoreLine, ...]
    policy_version: str
    at: Instant
