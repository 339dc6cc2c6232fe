"""The twin of S3RecordArchive."""

import threading
from collections.abc import Sequence

from shared.adapters.archived_records import key_of, pack, unpack
from shared.domain.instant import Instant
from shared.domain.sync.model import RemoteRecord


class MemoryRecordArchive:
    """Pages in a dictionary, packed as in S3, numbered instead of named by chance."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def put(self, records: Sequence[RemoteRecord], *, now: Instant) -> str:
        """Store a page; returns its key."""
        body = pack(records)
        with self._lock:
            key = key_of(now, f"{len(self.objects):024x}")
            self.objects[key] = body
        return key

    def get(self, key: str) -> tuple[RemoteRecord, ...]:
        """Read a page. Raises KeyError when it is gone."""
        return unpack(self.objects[key])
