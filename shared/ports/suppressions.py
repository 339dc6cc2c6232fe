"""Addresses that get nothing, known by keyed digests only."""

from typing import Protocol

from shared.domain.engagement.model import Suppression


class Suppressions(Protocol):
    """Suppressions by address. Nothing is ever deleted: a later statement is judged beside an older one.

    Every call may raise shared.ports.failures.StoreUnavailable.
    """

    def of(self, address: str) -> tuple[Suppression, ...]:
        """Everything that stands against an address (its digest), strongly consistent."""

    def suppress(self, address: str, suppression: Suppression) -> None:
        """From now on this stands. Saying it again moves ``since``: the last statement counts."""
