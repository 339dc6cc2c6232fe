"""Facts from the bus into the lake. What is not a fact as the contract promises it is parked, the rest goes on.

The contract is the allow-list: a field that it does not name cannot reach the lake.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from shared.contracts.facts import parse_fact
from shared.domain.insights.model import FactRow
from shared.ports.clock import Clock
from shared.ports.failures import StoreUnavailable
from shared.ports.lake import FactLake
from shared.ports.operations import ParkedRecord, ParkedRecords

NOT_A_FACT: Final = "LAKE.NOT_A_FACT"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Message(NamedTuple):
    """One queue message: an EventBridge event whose ``detail`` is the envelope of a fact."""

    message_id: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeWriting:
    """The collaborators of the lake writer."""

    lake: FactLake
    parked: ParkedRecords
    clock: Clock


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: facts kept, messages parked, and the ids of those the queue has to bring again."""

    written: int
    parked: int
    failed: frozenset[str]


def write_lake(messages: Sequence[Message], deps: LakeWriting) -> Written:
    """Keep a batch of facts. The same batch again writes the same files; copies are recognised at read."""
    rows: dict[str, FactRow] = {}
    failed: set[str] = set()
    parked = 0
    for message in messages:
        try:
            rows[message.message_id] = read_fact(message.body)
        except (ValidationError, ValueError, TypeError, KeyError):
            parked += _park(message, deps, failed)
    try:
        deps.lake.append(list(rows.values()))
    except StoreUnavailable:
        return Written(0, parked, frozenset(failed | rows.keys()))
    return Written(len(rows), parked, frozenset(failed))


def read_fact(body: str) -> FactRow:
    """The fact in a message.

    Raises:
        ValueError, TypeError, KeyError: it is not one as the contract promises (pydantic's error is a ValueError).
    """
    fact: Any = parse_fact(json.loads(body)["detail"])
    return FactRow(
        event_id=fact.event_id,
        name=fact.name,
        schema_version=fact.schema_version,
        occurred_at=_instant(fact.occurred_at),
        recorded_at=_instant(fact.recorded_at),
        lead_id=fact.lead_id,
        lead_version=fact.lead_version,
        correlation_id=fact.correlation_id,
        causation_id=fact.causation_id,
        producer=fact.producer,
        data=fact.data.model_dump(exclude_none=True),
    )


def _park(message: Message, deps: LakeWriting, failed: set[str]) -> int:
    """Keep what is no fact where an operator sees it; the queue brings it again when even that fails."""
    record = ParkedRecord(
        parked_id="parked_" + sha256(f"lake:{message.body}".encode()).hexdigest()[:26],
        code=NOT_A_FACT,
        reason="The message is not a fact as the contract promises it.",
        source="lake",
        parked_at=deps.clock.now(),
        redrive=_redrive(message.body),
    )
    try:
        deps.parked.park(record)
    except StoreUnavailable:
        failed.add(message.message_id)
        return 0
    return 1


def _redrive(body: str) -> dict[str, Any]:
    """Facts carry no personal data, so the message itself can be kept; what is not even JSON cannot be sent again."""
    try:
        event = json.loads(body)
    except ValueError:
        return {}
    return {"queue": "lake", "body": event} if isinstance(event, dict) else {}


def _instant(timestamp: str) -> int:
    return (datetime.fromisoformat(timestamp) - _EPOCH) // timedelta(milliseconds=1)
