"""The published definitions of the funnel and the key figures. Counts come in, figures go out; counts nothing twice.

Person
    A root lead and everything merged into it. Merged leads count once.
Cohort
    Persons by the date (UTC) of their first touch by a human; without one, of their capture, else of their first stage.
    ``--from`` and ``--to`` are dates, both included.
reached(S)
    A person who entered stage S or any later stage of the line. Stages that a person skipped count as reached, so
    that the funnel never widens. Side stages (recycled, disqualified) are counted by entry only.
entered(S)
    A person with an entry into S itself, whatever came later.
conversion(S)
    reached(next of S) / reached(S); null for the last stage or when nobody reached S.
conversion_total(S)
    reached(S) / reached(first stage); null when nobody reached the first stage.
median_days(S)
    Median over persons who entered S and the next stage of max(0, entry into next - entry into S), in days of 24 h.
leads
    reached(first stage).
visitors
    Persons who reached no stage of the line and left at least one touch as a human.
companies
    Distinct companies of leads.
touches_per_lead
    Human touchpoints of leads / leads.
consent_share(P)
    Leads of whom purpose P is given now / leads.
median_days_to_sql
    Median over persons who entered sql of max(0, entry into sql - cohort instant), in days of 24 h.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from statistics import median
from typing import Final, Literal, NamedTuple

from shared.domain.insights.model import Person
from shared.domain.instant import DAY, Instant

LINE: Final = ("inquiry", "mql", "sql", "opportunity", "customer", "advocate")
"""The stages every lead is meant to go through, in order."""
SIDE: Final = ("recycled", "disqualified")
"""Stages beside the line."""

Grain = Literal["day", "week", "month"]
_FORMS: Final = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


class Cohort(NamedTuple):
    """Half-open range of cohort instants; None leaves an end open."""

    start: Instant | None = None
    end: Instant | None = None

    def holds(self, instant: Instant) -> bool:
        """Whether a person of this instant belongs to the cohort."""
        return (self.start is None or instant >= self.start) and (self.end is None or instant < self.end)


class StageCount(NamedTuple):
    """Persons per stage; ``median_ms`` is the median time to the next stage of the line."""

    stage: str
    reached: int
    entered: int
    current: int
    median_ms: float | None


class CohortCount(NamedTuple):
    """Persons per cohort label; ``reached`` in order of the line."""

    label: str
    reached: tuple[int, ...]


class ChannelCount(NamedTuple):
    """Leads per channel of the first touch; ``reached`` in order of the line."""

    channel: str
    reached: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FunnelCounts:
    """What an engine counts for the funnel: stages of the line in order, side stages, cohorts in order of label."""

    line: tuple[StageCount, ...]
    side: tuple[StageCount, ...]
    cohorts: tuple[CohortCount, ...]
    visitors: int


@dataclass(frozen=True, slots=True)
class KpiCounts:
    """What an engine counts for the key figures. ``channels`` come most leads first, then by name."""

    visitors: int
    leads: int
    companies: int
    touches: int
    reached: tuple[int, ...]
    median_ms_to_sql: float | None
    consents: Mapping[str, int] = field(default_factory=dict)
    channels: tuple[ChannelCount, ...] = ()


def reach_of(person: Person, line: Sequence[str]) -> int:
    """Position of the furthest stage of the line that a person entered; -1 when none."""
    return max((line.index(stage) for stage in person.entered if stage in line), default=-1)


def label_of(instant: Instant, grain: Grain) -> str:
    """Cohort label of an instant: ``2026-03-09``, ``2026-W11`` (ISO week) or ``2026-03``, UTC."""
    return datetime.fromtimestamp(instant // 1000, UTC).strftime(_FORMS[grain])


def label_of_day(day: str, grain: Grain) -> str:
    """Cohort label of a day (``2026-03-09``); a text that is no day is its own label."""
    try:
        return date.fromisoformat(day).strftime(_FORMS[grain])
    except ValueError:
        return day


def count_funnel(people: Iterable[Person], cohort: Cohort, grain: Grain, line: Sequence[str] = LINE) -> FunnelCounts:
    """Count the funnel of a cohort."""
    chosen = [(person, reach_of(person, line)) for person in people if cohort.holds(person.cohort_at)]
    stages = tuple(_stage_count(chosen, stage, position, line) for position, stage in enumerate(line))
    side = tuple(_stage_count(chosen, stage, None, line) for stage in SIDE)
    groups: dict[str, list[int]] = {}
    for person, reach in chosen:
        if reach >= 0:
            groups.setdefault(label_of(person.cohort_at, grain), []).append(reach)
    cohorts = tuple(CohortCount(label, _reached(groups[label], line)) for label in sorted(groups))
    return FunnelCounts(stages, side, cohorts, _visitors(chosen))


def _stage_count(
    chosen: Sequence[tuple[Person, int]], stage: str, position: int | None, line: Sequence[str]
) -> StageCount:
    entered = [person for person, _ in chosen if stage in person.entered]
    reached = len(entered) if position is None else sum(reach >= position for _, reach in chosen)
    following = line[position + 1] if position is not None and position + 1 < len(line) else ""
    waits = [max(0, p.entered[following] - p.entered[stage]) for p in entered if following in p.entered]
    current = sum(person.stage == stage for person, _ in chosen)
    return StageCount(stage, reached, len(entered), current, float(median(waits)) if waits else None)


def _visitors(chosen: Sequence[tuple[Person, int]]) -> int:
    return sum(reach < 0 and person.touches > 0 for person, reach in chosen)


def _reached(reaches: Sequence[int], line: Sequence[str]) -> tuple[int, ...]:
    return tuple(sum(reach >= position for reach in reaches) for position in range(len(line)))


def count_kpis(people: Iterable[Person], cohort: Cohort, line: Sequence[str] = LINE) -> KpiCounts:
    """Count the key figures of a cohort."""
    chosen = [(person, reach_of(person, line)) for person in people if cohort.holds(person.cohort_at)]
    leads = [(person, reach) for person, reach in chosen if reach >= 0]
    waits = [max(0, p.entered["sql"] - p.cohort_at) for p, _ in leads if "sql" in p.entered]
    consents: dict[str, int] = {}
    channels: dict[str, list[int]] = {}
    for person, reach in leads:
        channels.setdefault(person.channel, []).append(reach)
        for purpose in person.consents:
            consents[purpose] = consents.get(purpose, 0) + 1
    by_size = sorted(channels.items(), key=lambda item: (-len(item[1]), item[0]))
    return KpiCounts(
        visitors=_visitors(chosen),
        leads=len(leads),
        companies=len({person.company_id for person, _ in leads if person.company_id}),
        touches=sum(person.touches for person, _ in leads),
        reached=_reached([reach for _, reach in leads], line),
        median_ms_to_sql=float(median(waits)) if waits else None,
        consents=dict(sorted(consents.items())),
        channels=tuple(ChannelCount(name, _reached(reaches, line)) for name, reaches in by_size),
    )


def share(part: int, whole: int) -> float | None:
    """A ratio with four digits; None when there is nothing to divide by."""
    return round(part / whole, 4) if whole else None


def days(milliseconds: float | None) -> float | None:
    """Days of 24 hours with two digits."""
    return None if milliseconds is None else round(milliseconds / DAY, 2)
