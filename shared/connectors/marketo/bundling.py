"""Which writes go into one call: at most 300, under a megabyte, every person once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from shared.connectors.marketo.reading import BATCH
from shared.domain.sync.model import RemoteWrite

_BYTES: Final = 900_000
"""Of one request; the vendor refuses a megabyte."""


class Entry(NamedTuple):
    """One write on its way: its place in the request, the key it is found by, and the record that is sent."""

    place: int
    write: RemoteWrite
    key: str
    record: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return len(json.dumps(self.record)) + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Entries of one call: one action, one look-up field, every key once."""

    action: str
    lookup: str
    entries: Sequence[Entry]

    def of(self, entries: Sequence[Entry]) -> "Batch":
        """The same call with other entries."""
        return replace(self, entries=entries)

    def body(self) -> dict[str, Any]:
        """The request."""
        records = [entry.record for entry in self.entries]
        return {"action": self.action, "lookupField": self.lookup, "asyncProcessing": False, "input": records}


def bundled(every: Batch) -> Iterator[Batch]:
    """Calls within the vendor's bounds. A key that comes again goes into a later call, so that order is kept."""
    entries: list[Entry] = []
    keys: set[str] = set()
    size = 0
    for entry in every.entries:
        if entries and (len(entries) == BATCH or entry.key in keys or size + entry.size > _BYTES):
            yield every.of(entries)
            entries, keys, size = [], set(), 0
        entries.append(entry)
        keys.add(entry.key)
        size += entry.size
    if entries:
        yield every.of(entries)


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """A batch as two."""
    middle = len(batch.entries) // 2
    return batch.of(batch.entries[:middle]), batch.of(batch.entries[middle:])
