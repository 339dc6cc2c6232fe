"""The board of hand-overs: who in sales has whom to answer, the late ones first, and how they answered so far."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from shared.app.console import times
from shared.contracts.api import HandoverItem
from shared.contracts.reports import HandoverLine, HandoverReport
from shared.domain.instant import Instant

OPEN: Final = ("overdue", "requested")
"""The states that wait for sales, in the order in which the board reads them."""

LATE: Final = "bad"
SOON: Final = "warn"
CALM: Final = "calm"
SOON_SHARE: Final = 0.25
"""When a quarter of the time to answer is left, the time is shown as running out."""

Named = Callable[[str | None], str]
"""An owner's id → what to call them."""


class Due(NamedTuple):
    """The time that is left in words, and how pressing it is."""

    words: str
    tone: str


class Waiting(NamedTuple):
    """One person who waits for an answer."""

    item: HandoverItem
    due: Due


class Section(NamedTuple):
    """What one owner has to answer; ``owner`` is empty for people whom nobody was given yet."""

    owner: str
    name: str
    overdue: int
    waiting: int
    rows: tuple[Waiting, ...]


class Answers(NamedTuple):
    """How one owner answered, of all time."""

    name: str
    line: HandoverLine


class Board(NamedTuple):
    """The page. ``total`` counts hand-overs of all time by state."""

    total: HandoverLine
    sections: tuple[Section, ...]
    answers: tuple[Answers, ...]


def board(items: Iterable[HandoverItem], report: HandoverReport, name: Named, now: Instant) -> Board:
    """The board of open hand-overs and the report of all of them by owner. Whose people wait longest come first."""
    by_owner: dict[str, list[Waiting]] = {}
    for item in items:
        by_owner.setdefault(item.owner or "", []).append(Waiting(item, due_of(item, now)))
    sections = [_section(owner, rows, name) for owner, rows in by_owner.items()]
    answered = [line for line in report.lines if line.accepted or line.rejected]
    return Board(
        total=report.total,
        sections=tuple(sorted(sections, key=_urgency)),
        answers=tuple(sorted((Answers(name(line.label), line) for line in answered), key=_name_of)),
    )


def due_of(item: HandoverItem, now: Instant) -> Due:
    """The time that is left to answer."""
    if item.due is None:
        return Due("no time was set", CALM)
    due = _instant(item.due)
    if due <= now:
        return Due(f"{times.span(now - due)} late", LATE)
    whole = max(1, due - _instant(item.requested_at))
    return Due(f"{times.span(due - now)} left", SOON if (due - now) / whole <= SOON_SHARE else CALM)


def _section(owner: str, rows: list[Waiting], name: Named) -> Section:
    ordered = tuple(sorted(rows, key=_first_due))
    late = sum(row.due.tone == LATE for row in ordered)
    return Section(owner, name(owner) or "Nobody yet", overdue=late, waiting=len(ordered) - late, rows=ordered)


def _first_due(row: Waiting) -> tuple[bool, str, str]:
    """Times of the API sort as text; without one there is no hurry."""
    return row.item.due is None, row.item.due or row.item.requested_at, row.item.lead_id


def _urgency(section: Section) -> tuple[bool, tuple[bool, str, str], str]:
    return not section.overdue, _first_due(section.rows[0]), section.name.casefold()


def _name_of(answers: Answers) -> tuple[str, str]:
    return answers.name.casefold(), answers.line.label


def _instant(iso: str) -> Instant:
    return int(datetime.fromisoformat(iso).timestamp() * 1000)
