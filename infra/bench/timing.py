"""Timing that survives a busy machine: contenders take turns, and time is that of the processor, not of the clock."""

import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: rounds in which every contender has its turn, and the length of a turn."""

    rounds: int
    turn_s: float
    leads: int = 100_000
    facts: int = 3_000_000
    """The size of the generated lake."""

    @property
    def quick(self) -> bool:
        """Fewer rounds than a published figure needs."""
        return self.rounds < FULL.rounds


FULL: Final = Effort(rounds=7, turn_s=0.35)
QUICK: Final = Effort(rounds=3, turn_s=0.1, leads=5_000, facts=100_000)

Work = Callable[[], int]
"""Does some work; returns how many units of it were done."""


def rates(contenders: Mapping[str, Work], effort: Effort) -> dict[str, list[float]]:
    """Units per second of processor time, per contender and round. All single-threaded, so this is per core."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for work in contenders.values():
        work()
    for _ in range(effort.rounds):
        for name, work in contenders.items():
            found[name].append(_turn(work, effort.turn_s))
    return found


def _turn(work: Work, seconds: float) -> float:
    gc.collect()
    done = 0
    start = time.process_time()
    while (elapsed := time.process_time() - start) < seconds:
        done += work()
    return done / elapsed


def times(rate: Sequence[float], other: Sequence[float]) -> float:
    """How many times faster one contender was, round by round: both sides of each ratio had the same neighbours."""
    return median(a / b for a, b in zip(rate, other, strict=True))


def yardstick() -> Work:
    """Parse and write a typical 1 KB event with the standard library: what speeds are compared with across machines."""
    event = {
        "type": "page",
        "messageId": "ajs-next-1700000000000-0123456789abcdef",
        "anonymousId": "5f0c6a52-0f4e-4c5e-9d3b-6a5b8f8b2c11",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "properties": {"path": "/pricing", "url": "https://www.example.com/pricing", "title": "Pricing " * 20},
        "context": {
            "userAgent": "Mozilla/5.0 " * 20,
            "campaign": {"source": "google", "medium": "cpc"},
            "ip": "192.0.2.1",
        },
        "numbers": list(range(40)),
    }
    text = json.dumps(event)

    def work() -> int:
        for _ in range(100):
            json.dumps(json.loads(text))
        return 100

    return work
