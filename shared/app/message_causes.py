"""Facts that ask for messages, as the queue brings them: events of the bus with an envelope in ``detail``."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.engagement.policy_model import INTERNAL, MARKETING, PERSON, MessageDefinition, MessagePolicy
from shared.domain.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One fact. ``event_id`` is the same for every delivery of it."""

    event_id: str
    name: str
    lead_id: str
    occurred_at: Instant
    correlation_id: str
    data: Mapping[str, Any] = field(default_factory=dict)


def cause_in(body: str) -> Cause:
    """The fact in a queue message.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    fact = json.loads(body)["detail"]
    stamp = datetime.fromisoformat(str(fact["occurred_at"]).replace("Z", "+00:00"))
    return Cause(
        event_id=str(fact["event_id"]),
        name=str(fact["name"]),
        lead_id=str(fact["lead_id"]),
        occurred_at=round(stamp.timestamp() * 1000),
        correlation_id=str(fact["correlation_id"]),
        data=dict(fact["data"]),
    )


def wanted(cause: Cause, policy: MessagePolicy) -> Iterator[tuple[MessageDefinition, str]]:
    """The messages that a fact asks for, each with the address of staff it goes to ("" for the person itself)."""
    for message in policy.messages:
        if cause.name not in message.on:
            continue
        if message.message_class == MARKETING and cause.data.get("purpose", message.purpose) != message.purpose:
            continue
        if message.message_class != INTERNAL and message.to == PERSON:
            yield message, ""
        elif message.message_class == INTERNAL:
            for address in policy.recipients.get(message.to, ()):
                yield message, address
