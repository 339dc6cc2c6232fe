"""What operators see: parked records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedRecord:
    """Something that could not be processed, kept where a person sees it, with a way to run it again.

    ``parked_id`` is derived from what was parked, so that parking twice is one record. ``redrive`` says what to send
    where: ``{"queue": name, "body": {...}}``. Carries references, never personal data.
    """

    parked_id: str
    code: str
    reason: str
    source: str
    parked_at: int
    redrive: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    state: str = "parked"
    redriven_at: int | None = None
    attempts: int = 0


class ParkedRecords(Protocol):
    """Parked records; nothing in here is ever lost silently."""

    def park(self, record: ParkedRecord) -> None:
        """Keep a record. Parking it again counts an attempt; a closed one is opened again, as of now."""

    def get(self, parked_id: str) -> ParkedRecord | None:
        """One record."""

    def list(self, *, cursor: str | None = None, limit: int = 50) -> tuple[tuple[ParkedRecord, ...], str | None]:
        """Open records, newest first, and the next cursor."""

    def mark_redriven(self, parked_id: str, at: int) -> None:
        """Close a record because it was sent again."""


class Queues(Protocol):
    """Named queues, for re-driving."""

    def send(self, queue: str, body: Mapping[str, Any]) -> None:
        """Send a message to one of our queues by its catalog name."""
