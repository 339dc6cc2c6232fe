"""Turn every dead letter into a parked record, so that queue retention loses nothing and a person sees it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from shared.ports.operations import ParkedRecord, ParkedRecords

DEAD_LETTER: Final = "QUEUE.DEAD_LETTER"
UNREADABLE: Final = "QUEUE.UNREADABLE"
STREAM_GAVE_UP: Final = "STREAM.RETRIES_EXHAUSTED"
FUNCTION_GAVE_UP: Final = "FUNCTION.RETRIES_EXHAUSTED"

REDRIVE_TO: Final[Mapping[str, str]] = {
    "signals-dlq": "signals",
    "lake-dlq": "lake",
    "bus-dlq": "lake",
    "remote-changes-dlq": "remote-changes",
    "salesforce-dlq": "salesforce-out",
    "marketo-dlq": "marketo-out",
    "messages-dlq": "messages",
    "mail-events-dlq": "mail-events",
}
"""Which queue takes the messages of a dead-letter queue. Others have none: a schedule runs again by itself, and what
the stream gave up stays in the outbox, where the sweeper publishes it. Urgent wishes come back by the ordinary queue:
they have waited for an hour, and the writer looks at the person either way."""

_SHOWN: Final = ("ERROR_CODE", "RULE_ARN", "TARGET_ARN")
"""What EventBridge says beside an event that it could not deliver; its message texts are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of a dead-letter queue. ``queue`` is the catalog name (``signals-dlq``)."""

    queue: str
    message_id: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)


def drain_dead_letter(letter: DeadLetter, parked: ParkedRecords, now: int) -> ParkedRecord:
    """Park a dead letter. The same message, dying again after a re-drive, is the same record with one attempt more.

    Raises:
        shared.ports.failures.StoreUnavailable: not now; the message stays in its queue.
    """
    record = _record(letter, now)
    parked.park(record)
    return record


def _record(letter: DeadLetter, now: int) -> ParkedRecord:
    body = _object(letter.body)
    code, reason, details = _diagnosis(letter, body)
    redrive: dict[str, Any] = {}
    if code == DEAD_LETTER and body is not None and letter.queue in REDRIVE_TO:
        redrive = {"queue": REDRIVE_TO[letter.queue], "body": body}
    source = body.get("source") if body and redrive else None
    return ParkedRecord(
        parked_id="parked_" + sha256(f"{letter.queue}:{letter.body}".encode()).hexdigest()[:26],
        code=code,
        reason=reason,
        source=source if isinstance(source, str) else letter.queue,
        parked_at=now,
        redrive=redrive,
        details={"queue": letter.queue, "message_id": letter.message_id, **details},
    )


def _diagnosis(letter: DeadLetter, body: Mapping[str, Any] | None) -> tuple[str, str, dict[str, Any]]:
    """Code, reason, details: of a queue message, or of what Lambda reports about a stream or an invocation."""
    shown = {name.lower(): letter.attributes[name] for name in _SHOWN if name in letter.attributes}
    if body is None:
        size = {"body_bytes": len(letter.body.encode()), "body_sha256": sha256(letter.body.encode()).hexdigest()}
        return UNREADABLE, "The message is not a JSON object; nothing can take it.", {**shown, **size}
    context = body.get("requestContext")
    if not isinstance(context, dict):
        return DEAD_LETTER, "The consumer failed on this message every time.", shown
    told = {name: context[name] for name in ("functionArn", "condition", "requestId") if name in context}
    place = body.get("DDBStreamBatchInfo")
    if isinstance(place, dict):
        names = ("shardId", "startSequenceNumber", "endSequenceNumber", "batchSize")
        told |= {name: place[name] for name in names if name in place}
        return STREAM_GAVE_UP, "The stream gave up on some rows; the sweeper publishes them from the outbox.", told
    return FUNCTION_GAVE_UP, "An invocation failed every time; its schedule runs again.", told


def _object(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
