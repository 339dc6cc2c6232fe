"""The twin of DynamoSegments."""

import threading

from shared.ports.segments import KeptSegments, Segment, SegmentsChanged


class MemorySegments:
    """Segments in memory."""

    def __init__(self) -> None:
        self._segments: dict[str, Segment] = {}
        self._revision = 0
        self._lock = threading.Lock()

    def read(self) -> KeptSegments:
        """All of them."""
        with self._lock:
            return KeptSegments(self._revision, tuple(self._segments[key] for key in sorted(self._segments)))

    def get(self, segment_id: str) -> Segment | None:
        """One segment."""
        return self._segments.get(segment_id)

    def put(self, segment: Segment, revision: int) -> None:
        """Keep a segment, if ``revision`` still holds."""
        with self._lock:
            self._count(revision)
            self._segments[segment.segment_id] = segment

    def remove(self, segment_id: str, revision: int) -> None:
        """Forget a segment, if ``revision`` still holds."""
        with self._lock:
            self._count(revision)
            self._segments.pop(segment_id, None)

    def _count(self, revision: int) -> None:
        if revision != self._revision:
            raise SegmentsChanged
        self._revision += 1
