"""What operators look at: queues in plain words, kinds of parked records, money, and what was just done."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Final, NamedTuple

from shared.app.console.times import NONE, number
from shared.contracts.operations_api import ParkedGroup, ParkedSummary, QueueList, QueueView

QUEUES: Final = {
    "signals": "What came in, on its way to a decision",
    "lake": "Facts, on their way to the reports",
    "remote-changes": "Changes in other systems, to be compared",
    "salesforce-first": "Opt-outs and hand-overs for Salesforce",
    "salesforce-out": "Other changes for Salesforce",
    "marketo-first": "Opt-outs for Marketo",
    "marketo-out": "Other changes for Marketo",
    "messages": "Reasons to write to somebody",
    "mail-events": "What became of messages",
    "stream-dlq": "Decisions whose facts could not be told",
    "schedules-dlq": "Scheduled runs that failed",
    "bus-dlq": "Facts that could not be handed over",
}

UNITS: Final = {"minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
"""What the clock can be moved by, in seconds."""

MOST_DIGITS: Final = 9


class QueueRow(NamedTuple):
    """A queue with its dead letters. ``runbook`` is the page to read when something stays in it, else empty."""

    name: str
    what: str
    waiting: int
    in_flight: int
    delayed: int
    dead: int | None
    runbook: str


class Choice(NamedTuple):
    """Something to filter by, with the number of records it would leave."""

    value: str
    words: str


def queue_rows(queues: QueueList) -> tuple[QueueRow, ...]:
    """Queues with work, then dead-letter queues that belong to none of them; the other ones are a column."""
    taken = {queue.dead_letters_to for queue in queues.items}
    return tuple(_row(queue) for queue in queues.items if queue.dead_letters_to or queue.name not in taken)


def _row(queue: QueueView) -> QueueRow:
    own = bool(queue.dead_letters_to)
    stuck = queue.runbook if queue.waiting else ""
    return QueueRow(
        name=queue.name,
        what=QUEUES.get(queue.name, ""),
        waiting=queue.waiting,
        in_flight=queue.in_flight,
        delayed=queue.delayed,
        dead=queue.dead_letters if own else None,
        runbook=f"{queue.dead_letters_to}-not-drained" if queue.dead_letters else stuck,
    )


def choices(summary: ParkedSummary, name: str) -> tuple[Choice, ...]:
    """The codes or the sources there are, the most frequent first."""
    counted: dict[str, int] = {}
    for group in summary.items:
        value = _value(group, name)
        counted[value] = counted.get(value, 0) + group.count
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Choice(value, f"{value or 'without'} ({count})") for value, count in ordered)


def _value(group: ParkedGroup, name: str) -> str:
    return group.code if name == "code" else group.source


def dollars(value: float | None) -> str:
    """Money with two decimals; what is smaller than a cent with two digits that say something."""
    if value is None:
        return NONE
    if not value or value >= 1:
        return f"${number(round(value)) if value >= 10_000 else f'{value:,.2f}'}"
    digits = min(MOST_DIGITS, max(2, 1 - floor(log10(value))))
    return f"${value:.{digits}f}"


def done(query: Mapping[str, str]) -> Sequence[str]:
    """What the last form did, from the numbers that it came back with."""
    sent, by_hand = _number(query.get("sent")), _number(query.get("by_hand"))
    told = []
    if sent is not None:
        told.append("Nothing had to be sent." if not sent else f"{_records(sent)} sent again.")
    if by_hand:
        told.append(f"{_records(by_hand)} left: they do not say how to run them again.")
    if query.get("more") == "1":
        told.append("There are more: run them again once more.")
    if query.get("moved") == "1":
        told.append("The time has moved.")
    return told


def _records(count: int) -> str:
    return "1 record was" if count == 1 else f"{number(count)} records were"


def _number(text: str | None) -> int | None:
    """A count of at most six digits; anything else was not written by us."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 6 else None
