"""Where costs are kept."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.instant import Instant
from shared.domain.money.costs import Cost


class CostStore(Protocol):
    """Costs by key. Nothing is ever lost: a row that replaces another one is kept beside it.

    Every call raises shared.ports.failures.StoreUnavailable when the store refuses for now.
    """

    def add(self, costs: Sequence[Cost], at: Instant) -> bool:
        """Keep rows, no two of one key (a file's reader refuses those); the later statement about a key holds.

        Returns:
            Whether anything was kept: False when exactly these rows were added before, which changes nothing.
        """

    def costs(self) -> tuple[Cost, ...]:
        """What holds for every key, by day and key."""
