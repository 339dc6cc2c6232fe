"""Send parked messages again. Twice is harmless: a closed record is not sent, and consumers recognise repetitions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.ports.failures import UnknownQueue
from shared.ports.operations import ParkedRecord, ParkedRecords, Queues

REDRIVEN: Final = "redriven"
NOTHING_TO_SEND: Final = "PARKED.NOTHING_TO_SEND"
MOST_SENT: Final = 100
"""So many are run again in one go: each is a few calls, and a page has to answer within half a minute."""
MOST_LOOKED_AT: Final = 1000
LOOKED_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Redriven:
    """Sent to ``queue`` and closed."""

    queue: str


@dataclass(frozen=True, slots=True)
class NotRedriven:
    """Nothing was sent: PARKED.UNKNOWN, PARKED.ALREADY_REDRIVEN or PARKED.NOTHING_TO_SEND."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyRedriven:
    """How many were sent, how many nobody can send, and whether there may be more than were looked at."""

    sent: int
    by_hand: int
    more: bool


def redrive_parked(parked_id: str, *, parked: ParkedRecords, queues: Queues, now: int) -> Redriven | NotRedriven:
    """Send what was parked to the queue it came from, then close the record.

    A crash in between leaves it open: it is sent once more, and the consumer counts it once.

    Raises:
        shared.ports.failures.StoreUnavailable: not now; nothing is lost.
        shared.ports.failures.UnknownQueue: the record names a queue that is gone.
    """
    record = parked.get(parked_id)
    if record is None:
        return NotRedriven("PARKED.UNKNOWN")
    if record.state == REDRIVEN:
        return NotRedriven("PARKED.ALREADY_REDRIVEN")
    if not record.redrive:
        return NotRedriven(NOTHING_TO_SEND)
    queue = str(record.redrive["queue"])
    queues.send(queue, record.redrive["body"])
    parked.mark_redriven(parked_id, now)
    return Redriven(queue)


def redrive_many(
    wanted: Callable[[ParkedRecord], bool], *, parked: ParkedRecords, queues: Queues, now: int
) -> ManyRedriven:
    """Send open records for which ``wanted`` holds, newest first, at most ``MOST_SENT`` of them.

    What fails again while this runs is parked anew, as of now, and is not sent a second time.

    Raises:
        shared.ports.failures.StoreUnavailable: not now; what was sent is closed.
    """
    sent = by_hand = looked_at = 0
    cursor: str | None = None
    while True:
        records, cursor = parked.list(cursor=cursor, limit=LOOKED_AT_ONCE)
        for record in filter(wanted, records):
            if sent == MOST_SENT:
                return ManyRedriven(sent=sent, by_hand=by_hand, more=True)
            try:
                outcome = redrive_parked(record.parked_id, parked=parked, queues=queues, now=now)
            except UnknownQueue:
                by_hand += 1
                continue
            sent += isinstance(outcome, Redriven)
            by_hand += isinstance(outcome, NotRedriven) and outcome.code == NOTHING_TO_SEND
        looked_at += len(records)
        if cursor is None or looked_at >= MOST_LOOKED_AT:
            return ManyRedriven(sent=sent, by_hand=by_hand, more=cursor is not None)
