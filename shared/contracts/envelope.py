"""Facts as they travel: the envelope, built without pydantic because every decision builds some."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

PRODUCER: Final = "leadspine"

SCHEMA_VERSIONS: Final[Mapping[str, str]] = {
    "LeadCaptured": "1-0-0",
    "LeadMerged": "1-0-0",
    "LeadUnmerged": "1-0-0",
    "ProfileChanged": "1-0-0",
    "CompanyLinked": "1-0-0",
    "TouchpointRecorded": "1-0-1",
    "ConsentGiven": "1-0-0",
    "ConsentWithdrawn": "1-0-0",
    "ScoreChanged": "1-0-1",
    "StageChanged": "1-0-0",
    "HandoverRequested": "1-0-0",
    "HandoverAccepted": "1-0-0",
    "HandoverRejected": "1-0-0",
    "HandoverOverdue": "1-0-0",
    "OpportunityChanged": "1-0-1",
    "RemoteLinked": "1-0-0",
    "FieldConflictResolved": "1-0-0",
    "MessagePermitted": "1-0-0",
    "MessageSent": "1-0-0",
    "MessageSuppressed": "1-0-0",
    "RecordParked": "1-0-0",
}
"""The current SchemaVer (model-revision-addition) of every fact; the models are in shared.contracts.facts."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class FactLike(Protocol):
    """What an envelope needs of a fact."""

    @property
    def event_id(self) -> str:
        """The same for every publication of the same fact."""

    @property
    def name(self) -> str:
        """One of SCHEMA_VERSIONS."""

    @property
    def occurred_at(self) -> int:
        """Milliseconds since the epoch, UTC."""

    @property
    def recorded_at(self) -> int:
        """Milliseconds since the epoch, UTC."""

    @property
    def lead_id(self) -> str:
        """Whom it is about."""

    @property
    def lead_version(self) -> int:
        """What consumers order by."""

    @property
    def correlation_id(self) -> str:
        """The delivery it came from."""

    @property
    def causation_id(self) -> str:
        """The signal or fact that caused it."""

    @property
    def data(self) -> Mapping[str, Any]:
        """Ids and non-identifying attributes only."""


def iso(instant: int) -> str:
    """ISO 8601 in UTC with milliseconds: ``2026-11-21T20:24:00.000Z``."""
    return (_EPOCH + timedelta(milliseconds=instant)).isoformat(timespec="milliseconds")[:-6] + "Z"


def envelope(fact: FactLike) -> dict[str, Any]:
    """The fact on the wire.

    Raises:
        KeyError: the fact has no schema.
    """
    return {
        "event_id": fact.event_id,
        "name": fact.name,
        "schema_version": SCHEMA_VERSIONS[fact.name],
        "occurred_at": iso(fact.occurred_at),
        "recorded_at": iso(fact.recorded_at),
        "correlation_id": fact.correlation_id,
        "causation_id": fact.causation_id,
        "lead_id": fact.lead_id,
        "lead_version": fact.lead_version,
        "producer": PRODUCER,
        "data": dict(fact.data),
    }


def wire_text(envelope: Mapping[str, Any]) -> str:
    """An envelope as it is sent: compact JSON."""
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))


def wire_bytes(envelope: Mapping[str, Any]) -> int:
    """What an envelope counts for on the bus: its text, its name and its source."""
    return len(wire_text(envelope).encode()) + len(str(envelope["name"])) + len(PRODUCER)
