"""Partial-batch responses: one bad record costs its neighbours nothing, and no exception leaves a handler."""

import base64
import logging
from typing import Any

import pytest

from shared.runtime.batch import (
    QueueMessage,
    failures,
    one_by_one,
    queue_messages,
    stream,
    stream_inserts,
    together,
)


def sqs(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{n}",
                "body": body,
                "eventSourceARN": "arn:aws:sqs:eu-central-1:1:Leadspine-SignalsDlq-X",
                "attributes": {"ApproximateReceiveCount": "2"},
                "messageAttributes": {
                    "ERROR_CODE": {"stringValue": "X", "dataType": "String"},
                    "B": {"binaryValue": ""},
                },
            }
            for n, body in enumerate(bodies)
        ]
    }


def rows(*names: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": name,
                "dynamodb": {
                    "SequenceNumber": str(n),
                    "NewImage": {"pk": {"S": "OUTBOX#1"}, "body": {"B": base64.b64encode(b"\0x").decode()}},
                },
            }
            for n, name in enumerate(names)
        ]
    }


def fail_on(text: str) -> Any:
    def handle(message: QueueMessage) -> None:
        if message.body == text:
            raise ValueError(f"cannot read {text}")

    return handle


def test_the_message_that_fails_comes_again_and_its_neighbours_do_not() -> None:
    assert one_by_one(sqs("good", "bad", "good"), fail_on("bad")) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_a_good_batch_reports_nothing() -> None:
    assert one_by_one(sqs("good"), fail_on("bad")) == {"batchItemFailures": []}
    assert one_by_one({}, fail_on("bad")) == {"batchItemFailures": []}


def test_a_message_knows_its_queue_its_attributes_and_how_often_it_came() -> None:
    (message,) = queue_messages(sqs('{"a": 1}'))

    assert message.queue == "Leadspine-SignalsDlq-X"
    assert message.attributes == {"ERROR_CODE": "X"}
    assert message.receive_count == 2
    assert message.json() == {"a": 1}


def test_a_batch_that_fails_as_a_whole_comes_again_as_a_whole() -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError

    assert together(sqs("a", "b"), broken) == failures(["m0", "m1"])
    assert stream(rows("INSERT", "INSERT"), broken) == failures(["0", "1"])
    assert together(sqs("a", "b"), lambda messages: {messages[1].message_id}) == failures(["m1"])


def test_only_inserted_rows_of_a_stream_count_and_binary_values_are_decoded() -> None:
    (row,) = stream_inserts(rows("REMOVE", "INSERT", "MODIFY"))

    assert row.sequence_number == "1"
    assert row.image["body"] == {"B": b"\0x"}


def test_failed_rows_are_named_in_the_order_of_the_stream() -> None:
    event = rows(*["INSERT"] * 4)

    assert stream(event, lambda _: {"3", "1"}) == failures(["1", "3"])


def test_the_log_says_where_it_failed_and_never_with_which_input(capsys: pytest.CaptureFixture[str]) -> None:
    logging.disable(logging.NOTSET)

    one_by_one(sqs("ada@example.com"), fail_on("ada@example.com"))

    out = capsys.readouterr().out
    assert "ada" not in out
