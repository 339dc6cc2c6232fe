"""Partial-batch responses of queues and streams, in one place. Knows nothing of what is processed.

A queue record that fails is delivered again, its neighbours are not. A stream is read again from the first record
that failed, so records after it come twice. An exception never leaves a handler: on the laptop it would cost the warm
worker, on AWS it would repeat the whole batch instead of one record.
"""

import base64
import json
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.runtime.observability import logger

Response = dict[str, list[dict[str, str]]]
"""What Lambda expects: ``{"batchItemFailures": [{"itemIdentifier": …}]}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessage:
    """One SQS record. ``queue`` is the physical name of the queue, the end of its ARN."""

    message_id: str
    queue: str
    body: str
    receive_count: int
    attributes: Mapping[str, str]

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class StreamInsert:
    """One inserted row of a DynamoDB stream, in the low-level format with binary values decoded."""

    sequence_number: str
    image: Mapping[str, Mapping[str, Any]]


def queue_messages(event: Mapping[str, Any]) -> tuple[QueueMessage, ...]:
    """The records of an SQS event."""
    return tuple(
        QueueMessage(
            message_id=record["messageId"],
            queue=record["eventSourceARN"].rpartition(":")[2],
            body=record["body"],
            receive_count=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
            attributes=_strings(record.get("messageAttributes", {})),
        )
        for record in event.get("Records", ())
    )


def stream_inserts(event: Mapping[str, Any]) -> tuple[StreamInsert, ...]:
    """The inserted rows of a DynamoDB stream event; other changes are passed over."""
    return tuple(
        StreamInsert(record["dynamodb"]["SequenceNumber"], _decoded(record["dynamodb"]["NewImage"]))
        for record in event.get("Records", ())
        if record["eventName"] == "INSERT"
    )


def failures(identifiers: Collection[str]) -> Response:
    """The response that names failed records."""
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


def one_by_one(event: Mapping[str, Any], handle: Callable[[QueueMessage], object]) -> Response:
    """Process the messages of a queue singly: whoever fails is delivered again, the rest goes on."""
    failed: list[str] = []
    for message in queue_messages(event):
        try:
            handle(message)
        except Exception as error:
            report(error, message.message_id)
            failed.append(message.message_id)
    return failures(failed)


def together(event: Mapping[str, Any], handle: Callable[[Sequence[QueueMessage]], Collection[str]]) -> Response:
    """Process the messages of a queue as one batch; ``handle`` returns the ids of those that failed."""
    messages = queue_messages(event)
    try:
        return failures(handle(messages))
    except Exception as error:
        report(error, f"{len(messages)} messages")
        return failures([message.message_id for message in messages])


def stream(event: Mapping[str, Any], handle: Callable[[Sequence[StreamInsert]], Collection[str]]) -> Response:
    """Process inserted rows as one batch; ``handle`` returns the sequence numbers of those that failed."""
    rows = stream_inserts(event)
    try:
        failed = handle(rows)
        return failures([row.sequence_number for row in rows if row.sequence_number in failed])
    except Exception as error:
        report(error, f"{len(rows)} rows")
        return failures([row.sequence_number for row in rows])


def report(error: Exception, what: str) -> None:
    """Log where something failed and with which kind of error, never the error's text: it may repeat the input."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
    logger.error("BATCH.RECORD_FAILED", extra={"record": what, "error": type(error).__name__, "where": where})


def _strings(attributes: Mapping[str, Any]) -> dict[str, str]:
    found = {name: value.get("stringValue") for name, value in attributes.items()}
    return {name: value for name, value in found.items() if value is not None}


def _decoded(image: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {name: {"B": base64.b64decode(value["B"])} if "B" in value else value for name, value in image.items()}
