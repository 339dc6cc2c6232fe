"""Choices that depend on a seed and on what they are about, and on nothing else."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Deterministic choices. The same key always falls the same, so one more choice elsewhere changes no other."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def roll(self, *key: object) -> float:
        """A number in [0, 1)."""
        text = "\0".join(map(str, (self._seed, *key)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64

    def chance(self, probability: float, *key: object) -> bool:
        """True with a probability."""
        return self.roll(*key) < probability

    def between(self, low: int, high: int, *key: object) -> int:
        """A whole number, both ends included."""
        return low + int(self.roll(*key) * (high - low + 1))

    def pick(self, options: Sequence[T], *key: object) -> T:
        """One of several, all equally likely."""
        return options[int(self.roll(*key) * len(options))]

    def weigh(self, options: Mapping[T, float], *key: object) -> T:
        """One of several by weight; the weights need not add up to one."""
        left = self.roll(*key) * sum(options.values())
        for option, weight in options.items():
            left -= weight
            if left < 0:
                return option
        return next(reversed(list(options)))
