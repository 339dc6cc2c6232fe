"""Time and randomness that tests decide."""

import hashlib
import threading


class MemoryClock:
    """Stands still until it is moved."""

    def __init__(self, now: int = 1_700_000_000_000) -> None:
        self._now = now
        self._lock = threading.Lock()

    def now(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return self._now

    def advance(self, milliseconds: int) -> int:
        """Move on; returns the new now."""
        with self._lock:
            self._now += milliseconds
            return self._now


class SeededIds:
    """Seeds that differ from each other and are the same in every run."""

    def __init__(self, seed: str = "leadspine") -> None:
        self._seed = seed
        self._count = 0
        self._lock = threading.Lock()

    def seed(self) -> str:
        """128 bits in hexadecimal."""
        with self._lock:
            self._count += 1
            count = self._count
        return hashlib.sha256(f"{self._seed}:{count}".encode()).hexdigest()[:32]
