"""Costs in memory."""

from collections.abc import Sequence

from shared.domain.instant import Instant
from shared.domain.money.costs import Cost, digest_of


class MemoryCosts:
    """CostStore as dictionaries."""

    def __init__(self) -> None:
        self._imports: dict[str, tuple[Instant, tuple[Cost, ...]]] = {}

    def add(self, costs: Sequence[Cost], at: Instant) -> bool:
        """Keep rows; exactly the same ones change nothing."""
        digest = digest_of(costs)
        if digest in self._imports:
            return False
        self._imports[digest] = (at, tuple(costs))
        return True

    def costs(self) -> tuple[Cost, ...]:
        """What holds for every key, by day and key."""
        held: dict[str, Cost] = {}
        for _, (_, costs) in sorted(self._imports.items(), key=lambda item: (item[1][0], item[0])):
            held.update((cost.key, cost) for cost in costs)
        return tuple(sorted(held.values(), key=lambda cost: (cost.day, cost.key)))
