"""Twins of what operators see: queues that hold what a test says, and a clock that moves another clock."""

from collections.abc import Iterable

from shared.adapters.memory.clock import MemoryClock
from shared.domain.instant import Instant
from shared.ports.operations import QueueDepth


class MemoryQueueDepths:
    """What waits, as it was said last."""

    def __init__(self, depths: Iterable[QueueDepth] = ()) -> None:
        self.told = tuple(depths)

    def depths(self) -> tuple[QueueDepth, ...]:
        """Every queue."""
        return self.told


class MemoryCloudClock:
    """Moves a clock of the same process."""

    def __init__(self, clock: MemoryClock) -> None:
        self._clock = clock
        self._offset: Instant = 0

    def offset(self) -> Instant:
        """Milliseconds by which the time was moved."""
        return self._offset

    def advance(self, by_ms: int) -> Instant:
        """Move the time forward; returns the new offset."""
        self._clock.advance(by_ms)
        self._offset += by_ms
        return self._offset
