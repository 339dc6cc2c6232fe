"""Leads by what they have in common: conversions of each group, times to the sale, and the leads behind a figure.

This is the definition; ``shared/adapters/duckdb`` computes the same in SQL, and a property test holds both equal.

Group
    A cohort (day, week or month of the first touch); the channel, campaign or content of the first touch; or the owner:
    whoever in sales gave the latest answer to a hand-over. What is unknown is the group ``(none)``. Content is what was
    clicked (``utm_content``), else the path of the page.
Sale
    The first entry into ``customer``.
Time to sale
    max(0, sale - cohort instant). Of a lead without a sale only a lower bound is known: until it was disqualified,
    else until now. It is *open*, and counts as such (see survival.py); leaving it out would flatter the time.
Hand-over
    Every time to answer that was set for a person is one. It is *answered* by the latest word of sales, else
    *overdue* once that was told, else *waiting*.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final, Literal, NamedTuple

from shared.domain.insights.metrics import LINE, Cohort, label_of, reach_of
from shared.domain.insights.model import LeadId, Person
from shared.domain.instant import DAY, Instant

NONE: Final = "(none)"
GRAINS: Final = ("day", "week", "month")
SOLD: Final = "customer"
LOST: Final = "disqualified"

By = Literal["day", "week", "month", "channel", "campaign", "content", "owner"]
HandoverBy = Literal["day", "week", "month", "owner"]
Figure = Literal["leads", "mql", "sql", "opportunities", "customers", "advocates", "open"]
"""Leads that reached a stage; ``open``: those that never entered ``customer``."""
LEAST: Final = {
    "leads": 0, "mql": 1, "sql": 2, "opportunities": 3, "customers": LINE.index(SOLD), "advocates": 5, "open": 0,
}  # fmt: skip
"""How far down the line a lead of a figure came at least."""


class GroupCount(NamedTuple):
    """Leads of one group; ``reached`` in order of the line."""

    label: str
    reached: tuple[int, ...]


class Wait(NamedTuple):
    """Leads whose time ended within one whole day (24 h) since their cohort instant."""

    day: int
    sold: int
    open: int


class SaleTimes(NamedTuple):
    """Times to the sale in milliseconds, of leads that bought; and all leads by day, open ones too."""

    sold: int
    total_ms: int
    median_ms: float | None
    waits: tuple[Wait, ...]


class HandoverRow(NamedTuple):
    """One hand-over. ``due`` is 0 when no time to answer was set."""

    lead_id: LeadId
    due: Instant
    requested_at: Instant
    state: str
    owner: str
    in_time: bool
    answered_at: Instant | None


class HandoverCount(NamedTuple):
    """Hand-overs of one group by where they stand. ``judged`` had a time to answer and were answered or late."""

    label: str
    handovers: int
    waiting: int
    overdue: int
    accepted: int
    rejected: int
    judged: int
    in_time: int
    median_ms: float | None
    """Of answer - request, of those that were answered."""


def group_of(person: Person, by: By) -> str:
    """The group a person belongs to."""
    if by == "day" or by == "week" or by == "month":  # noqa: PLR1714 (a tuple would not narrow the literal)
        return label_of(person.cohort_at, by)
    held = {
        "channel": person.channel,
        "campaign": person.campaign,
        "content": person.content_name,
        "owner": person.owner,
    }
    return held[by] or NONE


def count_groups(
    people: Iterable[Person], cohort: Cohort, by: By, line: Sequence[str] = LINE
) -> tuple[GroupCount, ...]:
    """Leads of a cohort by group, in order of label."""
    groups: dict[str, list[int]] = {}
    for person in people:
        reach = reach_of(person, line)
        if reach >= 0 and cohort.holds(person.cohort_at):
            groups.setdefault(group_of(person, by), []).append(reach)
    return tuple(
        GroupCount(label, tuple(sum(reach >= place for reach in groups[label]) for place in range(len(line))))
        for label in sorted(groups)
    )


def sale_times(people: Iterable[Person], cohort: Cohort, now: Instant) -> SaleTimes:
    """Times to the sale of the leads of a cohort, as of now."""
    sold: list[int] = []
    waits: dict[int, list[int]] = {}
    for person in people:
        if reach_of(person, LINE) < 0 or not cohort.holds(person.cohort_at):
            continue
        bought = person.entered.get(SOLD)
        ended = person.entered.get(LOST, now) if bought is None else bought
        time = max(0, ended - person.cohort_at)
        waits.setdefault(time // DAY, [0, 0])[bought is None] += 1
        if bought is not None:
            sold.append(time)
    sold.sort()
    middle = len(sold) // 2
    halfway = None if not sold else (sold[middle] + sold[~middle]) / 2
    return SaleTimes(len(sold), sum(sold), halfway, tuple(Wait(day, *waits[day]) for day in sorted(waits)))


def leads_behind(
    people: Iterable[Person], cohort: Cohort, by: By, label: str | None, figure: Figure
) -> tuple[LeadId, ...]:
    """The leads that a figure of a group counts (of all groups without a label), in order of id."""
    return tuple(
        sorted(
            person.lead_id
            for person in people
            if cohort.holds(person.cohort_at)
            and reach_of(person, LINE) >= LEAST[figure]
            and (figure != "open" or SOLD not in person.entered)
            and (label is None or group_of(person, by) == label)
        )
    )


def handover_rows(people: Iterable[Person], period: Cohort) -> tuple[HandoverRow, ...]:
    """Hand-overs requested in a period, in order of lead and time to answer."""
    found = []
    for person in people:
        for due, ask in person.asks.items():
            if ask.requested_at is None or not period.holds(ask.requested_at):
                continue
            answer, overdue = ask.answer, ask.overdue
            state = answer.state if answer else "overdue" if overdue else "requested"
            owner = (answer.owner if answer else "") or (overdue.owner if overdue else "")
            at = answer.at if answer else None
            row = HandoverRow(person.lead_id, due, ask.requested_at, state, owner, bool(answer and answer.in_time), at)
            found.append(row)
    return tuple(sorted(found, key=lambda row: row[:2]))


def handover_label(row: HandoverRow, by: HandoverBy) -> str:
    """The group of a hand-over: the day (week, month) of the request, or who answered or is waited for."""
    return (row.owner or NONE) if by == "owner" else label_of(row.requested_at, by)


def count_handovers(rows: Sequence[HandoverRow], by: HandoverBy) -> tuple[HandoverCount, ...]:
    """Hand-overs by group, in order of label; the last is the whole, its label is empty."""
    groups: dict[str, list[HandoverRow]] = {}
    for row in rows:
        groups.setdefault(handover_label(row, by), []).append(row)
    return (*(_handovers(label, groups[label]) for label in sorted(groups)), _handovers("", rows))


def _handovers(label: str, rows: Sequence[HandoverRow]) -> HandoverCount:
    states = Counter(row.state for row in rows)
    judged = [row for row in rows if row.due and row.state != "requested"]
    waits = [max(0, row.answered_at - row.requested_at) for row in rows if row.answered_at is not None]
    return HandoverCount(
        label,
        len(rows),
        states["requested"],
        states["overdue"],
        states["accepted"],
        states["rejected"],
        len(judged),
        sum(row.in_time for row in judged),
        float(median(waits)) if waits else None,
    )
