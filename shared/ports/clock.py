"""Time and randomness, as arguments."""

from typing import Protocol


class Clock(Protocol):
    """The only source of now."""

    def now(self) -> int:
        """Milliseconds since the epoch, UTC."""


class IdFactory(Protocol):
    """The only source of randomness."""

    def seed(self) -> str:
        """128 random bits in hexadecimal, from which a decision derives its ids."""
