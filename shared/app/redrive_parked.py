"""Send a parked message again. Twice is harmless: a closed record is not sent, and consumers recognise repetitions."""

from dataclasses import dataclass
from typing import Final

from shared.ports.operations import ParkedRecords, Queues

REDRIVEN: Final = "redriven"


@dataclass(frozen=True, slots=True)
class Redriven:
    """Sent to ``queue`` and closed."""

    queue: str


@dataclass(frozen=True, slots=True)
class NotRedriven:
    """Nothing was sent: PARKED.UNKNOWN, PARKED.ALREADY_REDRIVEN or PARKED.NOTHING_TO_SEND."""

    code: str


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
        return NotRedriven("PARKED.NOTHING_TO_SEND")
    queue = str(record.redrive["queue"])
    queues.send(queue, record.redrive["body"])
    parked.mark_redriven(parked_id, now)
    return Redriven(queue)
