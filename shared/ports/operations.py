"""What operators see and move: parked records, queues, and on a laptop the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.domain.instant import Instant


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


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """How full a queue is, as far as its service knows: approximately.

    ``waiting`` can be received now, ``in_flight`` was received and is not done, ``delayed`` cannot be received yet.
    ``dead_letters_to`` is the catalog name of the queue that takes what failed; empty for those that take it.
    """

    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead_letters_to: str = ""

    @property
    def held(self) -> int:
        """All messages in it."""
        return self.waiting + self.in_flight + self.delayed


class QueueDepths(Protocol):
    """How much waits where.

    How old the oldest message is only CloudWatch knows, and the right to ask it cannot be narrowed to a resource. The
    alarm of each queue watches the age; here it is left out.
    """

    def depths(self) -> tuple[QueueDepth, ...]:
        """Every queue of this installation, in the order of the catalog.

        Raises:
            shared.ports.failures.StoreUnavailable: not now.
        """


class CloudClock(Protocol):
    """The time of a laptop cloud, which can be moved. There is none on AWS."""

    def offset(self) -> Instant:
        """Milliseconds by which the cloud's time is ahead of real time."""

    def advance(self, by_ms: int) -> Instant:
        """Move the time forward, when nothing moves or after a while; returns the new offset.

        Raises:
            shared.ports.failures.StoreUnavailable: the cloud does not answer; the time may have moved for functions.
        """
