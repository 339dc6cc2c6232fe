"""Dead letters become parked records that a person can read and send again."""

import json
from typing import Any

import pytest

from shared.adapters.memory.bus import MemoryQueues
from shared.adapters.memory.parked import MemoryParkedRecords
from shared.app.drain_dead_letters import DeadLetter, drain_dead_letter
from shared.app.redrive_parked import Redriven, redrive_parked

AT = 1_700_000_000_000
DELIVERY = {
    "delivery_id": "delivery_1",
    "source": "typeform",
    "archive_key": "2026/11/21/delivery_1",
    "received_at": AT,
    "correlation_id": "delivery_1",
}
GAVE_UP = {"requestId": "r", "functionArn": "arn:f", "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 9}


def letter(body: Any, queue: str = "signals-dlq", message_id: str = "m1", **attributes: str) -> DeadLetter:
    text = body if isinstance(body, str) else json.dumps(body)
    return DeadLetter(queue=queue, message_id=message_id, body=text, attributes=attributes)


def test_a_dead_delivery_is_parked_with_the_message_that_would_try_it_again() -> None:
    parked = MemoryParkedRecords()

    record = drain_dead_letter(letter(DELIVERY), parked, AT)

    assert (record.code, record.source) == ("QUEUE.DEAD_LETTER", "typeform")
    assert record.redrive == {"queue": "signals", "body": DELIVERY}
    assert parked.list()[0][0].parked_id == record.parked_id


def test_the_same_message_dying_again_after_a_redrive_is_one_record_with_two_attempts() -> None:
    parked, queues = MemoryParkedRecords(), MemoryQueues("signals")
    first = drain_dead_letter(letter(DELIVERY), parked, AT)
    assert redrive_parked(first.parked_id, parked=parked, queues=queues, now=AT) == Redriven("signals")

    drain_dead_letter(letter(DELIVERY, message_id="m2"), parked, AT + 5)

    ((record,), _) = parked.list()
    assert (record.parked_id, record.attempts, record.parked_at) == (first.parked_id, 2, AT + 5)


def test_different_messages_and_queues_are_different_records() -> None:
    parked = MemoryParkedRecords()

    for queue, body in (("signals-dlq", {"a": 1}), ("signals-dlq", {"a": 2}), ("lake-dlq", {"a": 1})):
        drain_dead_letter(letter(body, queue), parked, AT)

    assert len(parked.list()[0]) == 3


@pytest.mark.parametrize("queue", ["lake-dlq", "bus-dlq"])
def test_a_fact_that_did_not_reach_the_lake_goes_back_to_the_queue_of_the_lake(queue: str) -> None:
    event = {"source": "leadspine", "detail-type": "LeadCaptured", "detail": {"event_id": "lead_1.1.0"}}

    record = drain_dead_letter(letter(event, queue, ERROR_CODE="NO_PERMISSIONS", OTHER="x"), MemoryParkedRecords(), AT)

    assert record.redrive == {"queue": "lake", "body": event}
    assert record.details["error_code"] == "NO_PERMISSIONS"
    assert "other" not in record.details


def test_what_the_stream_gave_up_says_where_and_needs_no_redrive() -> None:
    place = {"shardId": "s", "startSequenceNumber": "1", "endSequenceNumber": "9", "batchSize": 3, "streamArn": "arn"}
    report = {"requestContext": GAVE_UP, "DDBStreamBatchInfo": place, "version": "1.0"}

    record = drain_dead_letter(letter(report, "stream-dlq"), MemoryParkedRecords(), AT)

    assert record.code == "STREAM.RETRIES_EXHAUSTED"
    assert record.redrive == {}
    assert record.details["startSequenceNumber"] == "1"
    assert record.details["condition"] == "RetryAttemptsExhausted"


def test_a_failed_invocation_is_parked_without_its_payload() -> None:
    report = {"requestContext": GAVE_UP, "requestPayload": {"secret": "x"}, "responsePayload": {"errorMessage": "ada"}}

    record = drain_dead_letter(letter(report, "schedules-dlq"), MemoryParkedRecords(), AT)

    assert record.code == "FUNCTION.RETRIES_EXHAUSTED"
    assert "secret" not in repr(record)
    assert "ada" not in repr(record)


@pytest.mark.parametrize("body", ["not json ada@example.com", "[1]", '"text"', "", "null"])
def test_an_unreadable_message_is_parked_by_its_hash_and_never_by_its_content(body: str) -> None:
    record = drain_dead_letter(letter(body), MemoryParkedRecords(), AT)

    assert record.code == "QUEUE.UNREADABLE"
    assert record.redrive == {}
    assert "ada" not in repr(record)
    assert record.details["body_bytes"] == len(body)


def test_a_message_of_an_unknown_queue_is_parked_too() -> None:
    record = drain_dead_letter(letter({"a": 1}, "somebody-elses-dlq"), MemoryParkedRecords(), AT)

    assert record.code == "QUEUE.DEAD_LETTER"
    assert record.redrive == {}
    assert record.source == "somebody-elses-dlq"
