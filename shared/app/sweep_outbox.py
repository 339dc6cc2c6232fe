"""Publish what the stream did not: an outage longer than the stream's memory of 24 hours loses no fact."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.app.relay_outbox import Relaying, relay_outbox
from shared.domain.instant import MINUTE

LEFT_BEHIND: Final = 2 * MINUTE
"""A row this old was not relayed by the stream: that takes seconds."""

PAGE_ROWS: Final = 160
RESERVE_MS: Final = 10_000
"""What a page may still take when no new one is begun."""


@dataclass(frozen=True, slots=True)
class Swept:
    """Rows and facts published, facts parked, rows that have to wait for the next sweep."""

    rows: int
    published: int
    parked: int
    failed: int


def sweep_outbox(deps: Relaying, remaining_ms: Callable[[], int]) -> Swept:
    """Publish old rows page by page, until none is left, none moves, or the time is over."""
    rows = published = parked = 0
    failed: frozenset[str] = frozenset()
    before = deps.clock.now() - LEFT_BEHIND
    while remaining_ms() > RESERVE_MS:
        page = list(deps.outbox.pending(before=before, limit=PAGE_ROWS))
        if not page:
            break
        relayed = relay_outbox(page, deps)
        rows += len(page) - len(relayed.failed)
        published += relayed.published
        parked += relayed.parked
        failed |= relayed.failed
        if len(relayed.failed) == len(page):
            break
    return Swept(rows, published, parked, len(failed))
