"""Tell of hand-overs that nobody answered in time: due timers, each looked at once.

Emits HandoverOverdue through the outbox, with the change of the head. A timer is removed after its decision: a run that
ends in between looks again and finds nothing to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.app.decide_person import Deciding, commit_for_person
from shared.domain.identity.model import Evidence
from shared.domain.instant import Instant
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide_overdue
from shared.domain.lead.decision import Decision, Known, Timer
from shared.domain.lead.model import LeadId
from shared.ports.failures import StoreUnavailable
from shared.ports.leads import LeadConflict

PAGE: Final = 100
RESERVE_MS: Final = 10_000
"""What a page may still take when no new one is begun."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Timers looked at, hand-overs that are overdue from now on, timers that have to wait for the next run."""

    timers: int
    overdue: int
    failed: int


def watch_handovers(deps: Deciding, remaining_ms: Callable[[], int]) -> Watched:
    """Look at every timer that is due, page by page, until none is left, none moves, or the time is over.

    Raises:
        StoreUnavailable: timers cannot be read or removed now; the next run begins where this one ended.
    """
    looked = late = 0
    failed: set[Timer] = set()
    while remaining_ms() > RESERVE_MS:
        # Those that failed keep their place at the front: ask beyond them, so that they hold up nobody else.
        page = deps.store.due_timers(deps.clock.now(), PAGE + 4 * len(failed))
        waiting = [timer for timer in page if timer not in failed]
        if not waiting:
            break
        done: list[Timer] = []
        for timer in waiting:
            try:
                late += _look(timer, deps)
            except (StoreUnavailable, LeadConflict):
                failed.add(timer)
            else:
                done.append(timer)
        deps.store.remove_timers(done)
        looked += len(done)
    return Watched(looked, late, len(failed))


def _look(timer: Timer, deps: Deciding) -> int:
    """1 when the hand-over is overdue now; 0 when it was answered, or is no more."""
    now = deps.clock.now()
    signal = _signal(timer, now)

    def make(known: Known, root_id: LeadId) -> Decision:
        return decide_overdue(known, root_id, signal, deps.rules, now)

    return int(commit_for_person(make, timer.lead_id, deps) is not None)


def _signal(timer: Timer, now: Instant) -> Signal:
    """What the fact is caused by: the clock. It is no touch of anybody."""
    return Signal(
        signal_id=f"timer_{timer.kind}_{timer.lead_id}_{timer.due}",
        kind="custom_event",
        occurred_at=timer.due,
        recorded_at=now,
        source="clock",
        evidence=Evidence.VERIFIED,
        identifiers=(),
    )
