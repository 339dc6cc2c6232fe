"""How a run of synchronisation can end badly, by its code."""

from typing import Final

PASSING: Final = frozenset({"SYNC.BUDGET_SPENT", "SYNC.REMOTE_UNAVAILABLE", "SYNC.LEASE_LOST", "SYNC.BAD_COMMAND"})
"""What passes by itself, or was never asked of the other system."""


def is_refusal(error: str) -> bool:
    """True when the other system refuses us altogether: a person has to solve that. No error is no refusal."""
    return bool(error) and error not in PASSING
