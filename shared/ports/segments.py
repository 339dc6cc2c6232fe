"""Where segments are kept: filters that the team gave a name."""

from dataclasses import dataclass
from typing import Protocol

from shared.contracts.api import LeadFilters
from shared.domain.instant import Instant


class SegmentsChanged(Exception):
    """Somebody else changed the segments since they were read. Nothing was written; read again and decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A filter and its name."""

    segment_id: str
    name: str
    filter: LeadFilters
    created_at: Instant
    updated_at: Instant


@dataclass(frozen=True, slots=True)
class KeptSegments:
    """All segments in order of id, and the number of changes so far: the condition of the next one."""

    revision: int
    segments: tuple[Segment, ...]


class SegmentStore(Protocol):
    """All segments of the installation; few enough to read them together."""

    def read(self) -> KeptSegments:
        """All of them, strongly consistent."""

    def get(self, segment_id: str) -> Segment | None:
        """One segment."""

    def put(self, segment: Segment, revision: int) -> None:
        """Keep a segment in place of the one of its id, if ``revision`` still holds.

        Raises:
            SegmentsChanged: it does not; nothing was written.
        """

    def remove(self, segment_id: str, revision: int) -> None:
        """Forget a segment, if ``revision`` still holds.

        Raises:
            SegmentsChanged: it does not; nothing was written.
        """
