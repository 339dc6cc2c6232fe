"""What every RecordArchive, OutQueue and ChangesQueue promises, held against memory and AWS; and credentials."""

import json
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.faults import Faults
from shared.adapters.memory.intake import MemoryRawArchive
from shared.adapters.memory.record_archive import MemoryRecordArchive
from shared.adapters.memory.sync_queues import MemoryChangesQueue, MemoryOutQueue
from shared.adapters.s3.raw_archive import S3RawArchive
from shared.adapters.s3.record_archive import S3RecordArchive
from shared.adapters.secrets.credentials import KEPT_FOR, UNREADABLE, vendor_credentials
from shared.adapters.sqs.changes_queue import SqsChangesQueue
from shared.adapters.sqs.out_queue import SqsOutQueue
from shared.contracts.intake import InboundRequest
from shared.ports.failures import StoreUnavailable, UnknownQueue
from shared.ports.intake import RawArchive
from shared.ports.sync import Changes, ChangesQueue, OutQueue, RecordArchive, RemoteRefused, Wish
from tests.conformance.sync_builders import AT, a_record
from tests.conformance.sync_worlds import CREDENTIALS

BUCKET = "raw"
QUEUES = {("salesforce", True): "salesforce-first", ("salesforce", False): "salesforce-out",
          ("marketo", True): "marketo-first", ("marketo", False): "marketo-out"}  # fmt: skip
REQUEST = InboundRequest(
    method="POST", path="/in/x", source="x", query={}, headers={}, body=b"", received_at=AT, ip=None
)


@dataclass
class Ports:
    records: RecordArchive
    requests: RawArchive
    out: OutQueue
    changes: ChangesQueue
    asked: Callable[[str], list[Wish]]
    """(system) -> wishes that wait, the urgent ones first"""
    waiting: Callable[[], list[Changes]]
    forget: Callable[[str], None]
    """(key) -> None: the object's retention ended"""


@contextmanager
def in_memory() -> Iterator[Ports]:
    records, requests, out, changes = MemoryRecordArchive(), MemoryRawArchive(), MemoryOutQueue(), MemoryChangesQueue()
    requests.objects = records.objects  # one bucket, as in the cloud
    yield Ports(
        records=records,
        requests=requests,
        out=out,
        changes=changes,
        asked=lambda system: sorted(out.sent[system], key=lambda wish: not wish.urgent),
        waiting=lambda: changes.sent,
        forget=lambda key: void(records.objects.pop(key)),
    )


@contextmanager
def on_aws() -> Iterator[Ports]:
    with mock_aws():
        s3, sqs = boto3.client("s3", **CREDENTIALS), boto3.client("sqs", **CREDENTIALS)
        region: Any = CREDENTIALS["region_name"]
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
        urls = {key: sqs.create_queue(QueueName=name)["QueueUrl"] for key, name in QUEUES.items()}
        changes_url = sqs.create_queue(QueueName="remote-changes")["QueueUrl"]
        yield Ports(
            records=S3RecordArchive(s3, BUCKET),
            requests=S3RawArchive(s3, BUCKET),
            out=SqsOutQueue(sqs, urls),
            changes=SqsChangesQueue(sqs, changes_url),
            asked=lambda system: [
                Wish(**body) for urgent in (True, False) for body in received(sqs, urls[system, urgent])
            ],
            waiting=lambda: [Changes.of_message(body) for body in received(sqs, changes_url)],
            forget=lambda key: void(s3.delete_object(Bucket=BUCKET, Key=key)),
        )


def void(_: object) -> None:
    """Leave an answer alone."""


def received(sqs: Any, url: str) -> list[Any]:
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        bodies += [json.loads(message["Body"]) for message in messages]
    return bodies


@pytest.fixture(params=[in_memory, on_aws])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    with request.param() as made:
        yield made


# Pages of records


def test_a_page_comes_back_as_it_was(ports: Ports) -> None:
    page = (a_record(), a_record("2", deleted=True, merged_into="3", changed_at={"Phone": AT}, created_at=1))

    key = ports.records.put(page, now=AT)

    assert ports.records.get(key) == page
    assert ports.records.get(ports.records.put((), now=AT)) == ()


def test_every_page_has_a_key_of_its_own_that_sorts_by_time_and_tells_nothing(ports: Ports) -> None:
    now = [ports.records.put([a_record()], now=AT) for _ in range(20)]
    later = ports.records.put([a_record()], now=AT + 1)

    assert len(set(now)) == 20
    assert max(now) < later
    assert all(key.startswith(f"records/{AT}-") and "00Q" not in key for key in now)


def test_a_page_that_is_gone_is_a_key_error(ports: Ports) -> None:
    key = ports.records.put([a_record()], now=AT)
    ports.forget(key)

    for gone in (key, "records/never"):
        with pytest.raises(KeyError):
            ports.records.get(gone)


def test_whoever_sends_archived_requests_again_never_meets_a_page_of_records(ports: Ports) -> None:
    ports.records.put([a_record()], now=AT)
    request = ports.requests.put(REQUEST, "delivery_1")
    ports.records.put([a_record()], now=AT + 1)

    assert list(ports.requests.keys_since(0)) == list(ports.requests.keys_since(AT)) == [request]


# Queues


def test_wishes_arrive_in_the_queue_of_their_system_and_urgency(ports: Ports) -> None:
    wishes = [Wish(lead_id=f"lead_{n}", reason="ProfileChanged", urgent=n % 3 == 0) for n in range(25)]

    ports.out.send("salesforce", wishes)
    ports.out.send("marketo", wishes[:1])
    ports.out.send("marketo", ())

    assert set(ports.asked("salesforce")) == set(wishes)
    assert [wish.urgent for wish in ports.asked("marketo")] == [True]


def test_a_page_is_handed_over_as_a_reference(ports: Ports) -> None:
    changes = Changes(system="marketo", key="records/1", records=200)

    ports.changes.send(changes)

    assert ports.waiting() == [changes]


# What only the implementations on AWS can get wrong


class Sqs:
    """Takes batches; refuses what it is told to."""

    def __init__(self, refused: Sequence[str] = ()) -> None:
        self.batches: list[tuple[str, list[Any]]] = []
        self._refused = refused

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        self.batches.append((QueueUrl, Entries))
        failed = [{"Id": n, "Code": "InternalError", "SenderFault": False} for n in self._refused]
        return {"Successful": [], "Failed": failed} if failed else {"Successful": []}


def a_wish(n: int = 1, *, urgent: bool = False) -> Wish:
    return Wish(lead_id=f"lead_{n}", reason="reconciled", urgent=urgent)


def test_wishes_travel_in_tens_as_references() -> None:
    sqs = Sqs()
    out = SqsOutQueue(sqs, {("marketo", False): "out", ("marketo", True): "first"})  # type: ignore[arg-type]

    out.send("marketo", [a_wish(n) for n in range(21)] + [a_wish(urgent=True)])

    assert [(url, len(entries)) for url, entries in sqs.batches] == [("out", 10), ("out", 10), ("out", 1), ("first", 1)]
    assert json.loads(sqs.batches[0][1][3]["MessageBody"]) == {
        "lead_id": "lead_3",
        "reason": "reconciled",
        "urgent": False,
    }


def test_a_batch_that_was_taken_in_part_is_not_sent() -> None:
    out = SqsOutQueue(Sqs(refused=["1"]), {("marketo", False): "out"})  # type: ignore[arg-type]

    with pytest.raises(StoreUnavailable, match=r"1 of 3 not taken \(InternalError\)"):
        out.send("marketo", [a_wish(n) for n in range(3)])


def test_a_queue_without_an_address_is_named_before_anything_is_sent() -> None:
    sqs = Sqs()
    out = SqsOutQueue(sqs, {("marketo", False): "out"})  # type: ignore[arg-type]

    with pytest.raises(UnknownQueue, match="marketo-first"):
        out.send("marketo", [a_wish(), a_wish(urgent=True)])

    assert sqs.batches == []


@pytest.mark.parametrize("error", [
    ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "Any"),
    EndpointConnectionError(endpoint_url="aws"),
])  # fmt: skip
def test_an_aws_that_does_not_answer_is_a_store_that_is_unavailable(error: Exception) -> None:
    faults = Faults()
    client: Any = faults.wrap(Sqs(), "aws")
    faults.before(1, times=9, error=lambda: error)
    client.__dict__.update(
        dict.fromkeys(("put_object", "get_object", "send_message", "get_secret_value"), client.send_message_batch)
    )

    calls: list[Callable[[], object]] = [
        lambda: SqsOutQueue(client, {("marketo", False): "out"}).send("marketo", [a_wish()]),
        lambda: SqsChangesQueue(client, "url").send(Changes(system="marketo", key="k", records=1)),
        lambda: S3RecordArchive(client, BUCKET).put([a_record()], now=AT),
        lambda: S3RecordArchive(client, BUCKET).get("records/1"),
        vendor_credentials(client, "arn", MemoryClock()),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable):
            call()


# Credentials


class Secrets:
    def __init__(self, stored: str) -> None:
        self.stored = stored
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == "arn"
        self.reads += 1
        return {"SecretString": self.stored}


@pytest.mark.parametrize("stored", ["{}", "", "  "])
def test_no_credentials_are_an_empty_mapping(stored: str) -> None:
    assert vendor_credentials(Secrets(stored), "arn", MemoryClock())() == {}  # type: ignore[arg-type]


def test_credentials_are_read_at_first_use_and_again_after_five_minutes() -> None:
    secrets, clock = Secrets('{"client_id":"a"}'), MemoryClock()
    read = vendor_credentials(secrets, "arn", clock)  # type: ignore[arg-type]
    assert secrets.reads == 0
    first = read()
    secrets.stored = '{"client_id":"b"}'
    clock.advance(KEPT_FOR - 1)
    kept = read()
    clock.advance(1)

    assert (first, kept, read()) == ({"client_id": "a"}, {"client_id": "a"}, {"client_id": "b"})
    assert secrets.reads == 2


@pytest.mark.parametrize("stored", ["s3cret", '["s3cret"]', '{"client_secret": {"s3cret": 1}}', '{"s3cret'])
def test_credentials_nobody_can_read_are_named_and_never_quoted(stored: str) -> None:
    with pytest.raises(RemoteRefused) as caught:
        vendor_credentials(Secrets(stored), "arn", MemoryClock())()  # type: ignore[arg-type]

    assert caught.value.code == UNREADABLE
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
