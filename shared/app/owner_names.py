"""What owners in sales are called. Leads hold ids of the CRM, which say nothing to people."""

from dataclasses import dataclass, field
from typing import Final

from shared.domain.instant import MINUTE, Instant
from shared.ports.clock import Clock
from shared.ports.sync import SyncStore

KEPT: Final = MINUTE
"""So long names are not asked for again: they change a few times a year, and a page shows dozens of them."""


@dataclass(slots=True, kw_only=True)
class OwnerNames:
    """Names as the latest records of the CRM had them. Nothing is asked before the first name is wanted."""

    sync: SyncStore
    clock: Clock
    _names: dict[str, str] = field(default_factory=dict, init=False)
    _read_at: Instant | None = field(default=None, init=False)

    def name(self, owner: str | None) -> str:
        """What to call an owner: their name, else their id; empty for nobody.

        Raises:
            StoreUnavailable: not now.
        """
        return self.all().get(owner, owner) if owner else ""

    def all(self) -> dict[str, str]:
        """Every name by id."""
        now = self.clock.now()
        if self._read_at is None or not self._read_at <= now < self._read_at + KEPT:
            self._names, self._read_at = self.sync.owner_names(), now
        return self._names
