"""Queues whose messages are journaled, and the patches that are functions of their input; the engine in process."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local import patches, queue_batches, stream_batches
from infra.local.durability import _changes_settings
from infra.local.journal import Journal, read_journal
from infra.local.journaled_queue import JournaledQueue
from infra.local.ministack import lambdas, s3, sqs, workers


def message(identifier: str, **fields: Any) -> dict[str, Any]:
    made = {"id": identifier, "body": identifier, "visible_at": 0.0, "receive_count": 0, "sent_at": 0.0, **fields}
    sqs._ensure_msg_fields(made)
    return made


def queue(journal: Journal | None, *messages: dict[str, Any]) -> Any:
    record = {
        "name": "q",
        "is_fifo": False,
        "attributes": {"QueueArn": "arn:aws:sqs:eu-central-1:000000000000:q", "VisibilityTimeout": "60"},
        "messages": list(messages),
    }
    return JournaledQueue(record, journal) if journal else record


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal")
    yield opened
    opened.close()


def kinds(journal: Journal) -> list[tuple[str, Any]]:
    return [(r["k"], r["m"]["id"] if r["k"] == "+" else r["i"]) for r in read_journal(journal.path)]


def test_what_is_sent_and_deleted_is_written_down(journal: Journal) -> None:
    q = queue(journal)
    q["messages"].append(message("a"))
    q["messages"].append(message("b", receive_count=1))

    q["messages"] = [m for m in q["messages"] if m["id"] != "b"]

    assert [m["id"] for m in q["messages"]] == ["a"]
    assert kinds(journal) == [("+", "a"), ("+", "b"), ("-", ["b"])]


def test_a_message_sent_while_the_engine_copied_the_list_stays(journal: Journal) -> None:
    q = queue(journal, message("received", receive_count=1))
    copied = [m for m in q["messages"] if m["id"] != "received"]
    q["messages"].append(message("sent meanwhile"))

    q["messages"] = copied

    assert [m["id"] for m in q["messages"]] == ["sent meanwhile"]


def test_senders_and_readers_at_once_lose_nothing(journal: Journal) -> None:
    q, sent = queue(journal), 400
    messages = q["messages"]

    def send(name: str) -> None:
        for number in range(sent):
            q["messages"].append(message(f"{name}-{number}"))

    senders = [threading.Thread(target=send, args=(name,)) for name in ("one", "two")]
    for sender in senders:
        sender.start()
    read: list[str] = []
    while len(read) < 2 * sent:
        batch = list(q["messages"])[:10]
        for taken in batch:
            taken["receive_count"] += 1
        q["messages"] = [m for m in q["messages"] if m not in batch]
        read.extend(taken["id"] for taken in batch)
    for sender in senders:
        sender.join()

    assert len(set(read)) == 2 * sent
    assert q["messages"] is messages
    assert not messages


def test_a_window_waits_for_more_until_the_batch_is_full_or_the_oldest_has_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue_batches, "_wake_in", lambda _seconds: None)
    now = time.time()
    young, old = now - 0.1, now - 5

    assert queue_batches.take(queue(None, message("a", visible_at=young)), 3, 1) == []
    assert len(queue_batches.take(queue(None, *(message(str(n), visible_at=young) for n in range(4))), 3, 1)) == 3
    assert len(queue_batches.take(queue(None, message("a", visible_at=old), message("b", visible_at=young)), 3, 1)) == 2
    assert len(queue_batches.take(queue(None, message("a", visible_at=young)), 3, 0)) == 1


def test_taken_messages_are_invisible_and_counted() -> None:
    q = queue(None, message("a"))

    (taken,) = queue_batches.take(q, 10, 0)

    assert taken["receive_count"] == 1
    assert taken["receipt_handle"]
    assert taken["visible_at"] > time.time() + 50
    assert queue_batches.take(q, 10, 0) == []


def test_a_stream_batch_is_bisected_and_given_up_after_its_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = "arn:aws:dynamodb:eu-central-1:000000000000:table/t/stream/1"
    mapping = {
        "EventSourceArn": stream, "FunctionName": "f", "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": True,
    }  # fmt: skip
    records = [
        {"eventSource": "aws:dynamodb", "eventSourceARN": stream, "dynamodb": {"SequenceNumber": str(n)}}
        for n in range(4)
    ]
    seen, given_up = [], []

    def invoke(_function: Any, event: Any) -> dict[str, Any]:
        numbers = [r["dynamodb"]["SequenceNumber"] for r in event["Records"]]
        seen.append(numbers)
        return {"error": True} if "2" in numbers else {"body": None}

    monkeypatch.setattr(stream_batches.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(lambdas._esms, "_data", {("a", "r", "m"): mapping})
    monkeypatch.setattr(lambdas, "_send_ddb_stream_failure_record", lambda _m, _f, rest, *_: given_up.append(len(rest)))

    stream_batches.StreamInvoker(invoke)({"config": {"FunctionName": "f"}}, {"Records": records})

    assert seen == [["0", "1", "2", "3"], ["0", "1"], ["2", "3"], ["2"], ["2"], ["3"]]
    assert given_up == [1]


def test_an_object_that_the_disk_refuses_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(s3, "DATA_DIR", str(blocked))
    monkeypatch.setattr(s3, "_persist_object", s3._persist_object)
    patches.refuse_what_the_disk_refuses()

    with pytest.raises(OSError, match="could not be written"):
        s3._persist_object("bucket", "key", {"body": b"accepted?"})


def test_upstream_still_has_the_waits_and_names_that_the_patches_replace() -> None:
    assert len(workers.Worker._drain_stderr_bounded.__defaults__) == 3
    assert "dynamodb-ttl-reaper" not in {thread.name for thread in threading.enumerate()}
    names = (
        "_execute_function_warm", "_poll_dynamodb_streams", "_run_sqs_batch", "_sqs_esm_concurrency",
        "_emit_lambda_logs", "_emit_lambda_metrics", "_ensure_poller", "_prune_orphan_code_blobs",
    )  # fmt: skip
    assert all(callable(getattr(lambdas, name)) for name in names)


@pytest.mark.parametrize(
    ("service", "method", "path", "action", "durable_at_once"),
    [
        ("secretsmanager", "POST", "/", "PutSecretValue", True),
        ("secretsmanager", "POST", "/", "GetSecretValue", False),
        ("cognito-idp", "POST", "/", "AdminCreateUser", True),
        ("kms", "POST", "/", "GenerateDataKey", False),
        ("kms", "POST", "/", "CreateKey", True),
        ("lambda", "POST", "/2015-03-31/functions/f/invocations", "", False),
        ("lambda", "PUT", "/2015-03-31/functions/f/code", "", True),
        ("s3", "PUT", "/bucket/key", "", False),
    ],
)
def test_changes_of_settings_ask_for_a_checkpoint(
    service: str, method: str, path: str, action: str, durable_at_once: bool
) -> None:
    assert _changes_settings(service, method, path, action) is durable_at_once
