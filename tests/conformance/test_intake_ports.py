"""What every RawArchive, SignalQueue and SourceSecrets promises, held against memory and AWS."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.intake import MemoryRawArchive, MemorySignalQueue, MemorySourceSecrets
from shared.adapters.s3.raw_archive import S3RawArchive
from shared.adapters.secrets.source_secrets import KEPT_FOR, AwsSourceSecrets
from shared.adapters.sqs.signal_queue import SqsSignalQueue
from shared.contracts.intake import Delivery, InboundRequest
from shared.ports.failures import StoreUnavailable
from shared.ports.intake import RawArchive, SignalQueue, SourceSecrets

AT = 1_767_268_800_000
BUCKET = "raw"
REQUEST = InboundRequest(
    method="POST",
    path="/in/form",
    source="form",
    query={"map": ("a", "b")},
    headers={"content-type": "text/plain", "x-signature": "żółć"},
    body=b"\x00\xff\n{}\r\n",
    received_at=AT,
    ip="203.0.113.5",
)
DELIVERY = Delivery(delivery_id="dlv_1", source="form", archive_key="k", received_at=AT, correlation_id="cor_1")


@pytest.fixture(autouse=True)
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture(params=["memory", "s3"])
def archive(request: pytest.FixtureRequest) -> RawArchive:
    if request.param == "memory":
        return MemoryRawArchive()
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return S3RawArchive(client, BUCKET)


def put(archive: RawArchive, at: int, delivery_id: str = "dlv_1", **changes: Any) -> str:
    values = {name: getattr(REQUEST, name) for name in InboundRequest.__slots__}
    return archive.put(InboundRequest(**{**values, "received_at": at, **changes}), delivery_id)


def test_a_request_reads_back_byte_for_byte(archive: RawArchive) -> None:
    assert archive.get(archive.put(REQUEST, "dlv_1")) == REQUEST


def test_credentials_are_not_kept(archive: RawArchive) -> None:
    headers = {"Authorization".lower(): "Bearer s3cret", "cookie": "s3cret", "content-encoding": "gzip"}

    stored = archive.get(put(archive, AT, query={"token": ("s3cret",), "writekey": ("s3cret",)}, headers=headers))

    assert (stored.query, stored.headers) == ({}, {})


def test_a_request_that_is_gone_is_a_key_error(archive: RawArchive) -> None:
    with pytest.raises(KeyError):
        archive.get("requests/nothing")


def test_two_requests_of_one_instant_are_two_objects(archive: RawArchive) -> None:
    assert put(archive, AT, "dlv_1") != put(archive, AT, "dlv_2")
    assert len(list(archive.keys_since(0))) == 2


def test_keys_come_oldest_first_from_an_instant_on(archive: RawArchive) -> None:
    for at in (AT + 2, 5, AT, AT + 1):
        put(archive, at)

    assert [archive.get(key).received_at for key in archive.keys_since(AT)] == [AT, AT + 1, AT + 2]
    assert list(archive.keys_since(AT + 3)) == []


def test_a_key_holds_no_personal_data(archive: RawArchive) -> None:
    key = put(archive, AT, path="/in/anna@example.com", source="anna@example.com")

    assert key == "requests/1767268800000-dlv_1"


@pytest.mark.parametrize("kind", ["memory", "sqs"])
def test_a_delivery_arrives_as_it_was_sent(kind: str) -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="signals")["QueueUrl"]
    memory = MemorySignalQueue()
    queue: SignalQueue = memory if kind == "memory" else SqsSignalQueue(client, url)

    queue.send(DELIVERY)

    messages = client.receive_message(QueueUrl=url).get("Messages", [])
    received = memory.sent or [Delivery.of_message(json.loads(message["Body"])) for message in messages]
    assert received == [DELIVERY]


def test_a_delivery_of_a_later_version_is_still_read() -> None:
    assert Delivery.of_message({**DELIVERY.to_message(), "added_later": 1}) == DELIVERY


STORED = {"json": ["new", "old", ""], "form": "only", "meta": [], "odd": [1, None]}


@pytest.mark.parametrize("kind", ["memory", "aws"])
@pytest.mark.parametrize(("source", "expected"), [("json", ("new", "old")), ("meta", ()), ("nobody", ())])
def test_secrets_are_those_that_can_match_something(kind: str, source: str, expected: tuple[str, ...]) -> None:
    secrets: SourceSecrets
    if kind == "memory":
        secrets = MemorySourceSecrets({"json": ["new", "old", ""], "meta": []})
    else:
        secrets = aws_secrets(MemoryClock(AT))

    assert secrets.secrets_of(source) == expected


def aws_secrets(clock: MemoryClock, stored: dict[str, Any] | None = None) -> AwsSourceSecrets:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="sources", SecretString=json.dumps(stored or STORED))
    return AwsSourceSecrets(client, "sources", clock)


def test_one_secret_may_be_written_as_a_text_and_nonsense_is_none() -> None:
    secrets = aws_secrets(MemoryClock(AT))

    assert secrets.secrets_of("form") == ("only",)
    assert secrets.secrets_of("odd") == ()


def test_secrets_are_read_again_after_five_minutes() -> None:
    clock = MemoryClock(AT)
    secrets = aws_secrets(clock)
    assert secrets.secrets_of("form") == ("only",)
    boto3.client("secretsmanager").put_secret_value(SecretId="sources", SecretString='{"form": ["next"]}')

    clock.advance(KEPT_FOR - 1)
    assert secrets.secrets_of("form") == ("only",)
    clock.advance(1)
    assert secrets.secrets_of("form") == ("next",)


class Throttled:
    """A client that refuses everything for now."""

    def __getattr__(self, name: str) -> Any:
        from botocore.exceptions import ClientError

        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, name)

        return refuse


def test_what_aws_refuses_for_now_is_told_from_what_is_wrong() -> None:
    client: Any = Throttled()

    with pytest.raises(StoreUnavailable):
        S3RawArchive(client, BUCKET).put(REQUEST, "dlv_1")
    with pytest.raises(StoreUnavailable):
        S3RawArchive(client, BUCKET).get("k")
    with pytest.raises(StoreUnavailable):
        SqsSignalQueue(client, "url").send(DELIVERY)
    with pytest.raises(StoreUnavailable):
        AwsSourceSecrets(client, "arn", MemoryClock(AT)).secrets_of("form")
