"""The twin of DynamoOutbox."""

from collections.abc import Iterable, Sequence

from shared.adapters.memory.tables import MemoryTables
from shared.ports.outbox import OutboxRow


class MemoryOutbox:
    """Rows that MemoryLeadStore.commit wrote."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def pending(self, *, before: int, limit: int = 100) -> Iterable[OutboxRow]:
        """Rows written before an instant that are still there, oldest first."""
        with self._tables.lock:
            rows = [row for row in self._tables.outbox.values() if row.written_at < before]
        return sorted(rows, key=lambda row: (row.written_at, row.key))[:limit]

    def remove(self, keys: Sequence[str]) -> None:
        """Forget rows whose facts are all published. Rows that are gone already are no error."""
        with self._tables.lock:
            for key in keys:
                self._tables.outbox.pop(key, None)
