"""The twin of DynamoParkedRecords."""

import threading
from dataclasses import replace

from shared.adapters.dynamodb.parked_records import OPEN, REDRIVEN, parked_again
from shared.ports.operations import ParkedRecord


class MemoryParkedRecords:
    """Parked records in memory."""

    def __init__(self) -> None:
        self._records: dict[str, ParkedRecord] = {}
        self._lock = threading.Lock()

    def park(self, record: ParkedRecord) -> None:
        """Keep a record. Parking it again counts an attempt; a closed one is opened again, as of now."""
        with self._lock:
            self._records[record.parked_id] = parked_again(record, self._records.get(record.parked_id))

    def get(self, parked_id: str) -> ParkedRecord | None:
        """One record."""
        return self._records.get(parked_id)

    def list(self, *, cursor: str | None = None, limit: int = 50) -> tuple[tuple[ParkedRecord, ...], str | None]:
        """Open records, newest first, and the next cursor."""
        with self._lock:
            records = [record for record in self._records.values() if record.state == OPEN]
        found = sorted(records, key=_position, reverse=True)
        if cursor:
            found = [record for record in found if _position(record) < cursor]
        page = tuple(found[:limit])
        return page, _position(page[-1]) if len(found) > limit else None

    def mark_redriven(self, parked_id: str, at: int) -> None:
        """Close a record because it was sent again."""
        with self._lock:
            held = self._records.get(parked_id)
            if held and held.state == OPEN:
                self._records[parked_id] = replace(held, state=REDRIVEN, redriven_at=at)


def _position(record: ParkedRecord) -> str:
    return f"{record.parked_at:013d}.{record.parked_id}"
