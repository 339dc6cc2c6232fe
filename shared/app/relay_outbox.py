"""Publish the facts of decisions. A row goes away only after every fact of it is on the bus; nothing is dropped.

At least once: a row may be published again after a crash between publishing and removing. Consumers recognise
repetitions by ``event_id``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from shared.contracts.envelope import wire_bytes
from shared.ports.clock import Clock
from shared.ports.operations import ParkedRecord, ParkedRecords
from shared.ports.outbox import MAX_FACT_BYTES, FactBus, Outbox, OutboxRow

ATTEMPTS: Final = 4
PAUSE_S: Final = 0.1
TOO_LARGE: Final = "OUTBOX.FACT_TOO_LARGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaying:
    """The collaborators of relay and sweeper."""

    bus: FactBus
    outbox: Outbox
    parked: ParkedRecords
    clock: Clock
    pause: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Relayed:
    """What became of some rows: facts published, facts parked, and the keys of rows that have to be tried again."""

    published: int
    parked: int
    failed: frozenset[str]


Waiting = list[tuple[str, Mapping[str, Any]]]
"""Facts not yet on the bus, each with the key of its row."""


def relay_outbox(rows: Sequence[OutboxRow], deps: Relaying) -> Relayed:
    """Publish rows in order and remove those that are out.

    A fact too large for the bus is parked, so that it holds up nothing. What the bus refuses is tried a few times more,
    then its row is reported as failed and stays.
    """
    waiting: Waiting = [(row.key, envelope) for row in rows for envelope in row.envelopes]
    total, parked = len(waiting), 0
    for attempt in range(ATTEMPTS):
        if attempt:
            deps.pause(PAUSE_S * 2**attempt)
        refused = deps.bus.publish([envelope for _, envelope in waiting])
        waiting = [waiting[position] for position in refused]
        for key, envelope in [fact for fact in waiting if wire_bytes(fact[1]) > MAX_FACT_BYTES]:
            _park(envelope, deps)
            waiting.remove((key, envelope))
            parked += 1
        if not waiting:
            break
    failed = frozenset(key for key, _ in waiting)
    deps.outbox.remove([row.key for row in rows if row.key not in failed])
    return Relayed(total - parked - len(waiting), parked, failed)


def _park(envelope: Mapping[str, Any], deps: Relaying) -> None:
    """Keep the reference; the fact itself can be told again from the lead's history."""
    event_id = str(envelope["event_id"])
    deps.parked.park(
        ParkedRecord(
            parked_id="parked_" + sha256(f"outbox:{event_id}".encode()).hexdigest()[:26],
            code=TOO_LARGE,
            reason="The fact is larger than the bus takes; it was not published.",
            source="outbox",
            parked_at=deps.clock.now(),
            details={"event_id": event_id, "name": envelope["name"], "lead_id": envelope["lead_id"]},
        )
    )
