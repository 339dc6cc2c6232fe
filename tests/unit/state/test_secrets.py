"""The identity key and the queues: read once, kept for a while, honest about failures."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.secrets.identity_key import IdentityKey, secret_bytes
from shared.adapters.sqs.queues import SqsQueues
from shared.domain.identity.model import Identifier
from shared.ports.failures import UnknownQueue

CREDENTIALS: dict[str, Any] = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
}


class Secrets:
    def __init__(self) -> None:
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.reads += 1
        return {"SecretString": f"secret of {SecretId}"}


def test_the_secret_is_read_at_first_use_and_again_after_five_minutes() -> None:
    client, clock = Secrets(), MemoryClock()
    read = secret_bytes(client, "arn", clock)  # type: ignore[arg-type]
    untouched = client.reads

    first = [read(), read()]
    clock.advance(300_000)
    read()

    assert untouched == 0
    assert first == [b"secret of arn"] * 2
    assert client.reads == 2


@mock_aws
def test_digests_depend_on_the_secret_and_on_what_they_are_for() -> None:
    client = boto3.client("secretsmanager", **CREDENTIALS)
    client.create_secret(Name="identity", SecretString="from the manager")
    key, other = IdentityKey(secret_bytes(client, "identity", MemoryClock())), IdentityKey.fixed(b"other")
    email = Identifier("email", "ada@example.com")

    digests = {key.pointer(email), other.pointer(email), key.phone("ada@example.com"), key.weak_lead_id(email)[5:]}

    assert len(digests) == 4
    assert key.pointer(email) == IdentityKey.fixed(b"from the manager").pointer(email)
    assert key.weak_lead_id(email).startswith("lead_")
    assert len(key.weak_lead_id(email)) == 37


@mock_aws
def test_a_message_goes_to_the_queue_of_that_name() -> None:
    client = boto3.client("sqs", **CREDENTIALS)
    url = client.create_queue(QueueName="signals")["QueueUrl"]
    queues = SqsQueues(client, {"signals": url})

    queues.send("signals", {"delivery_id": "Ł"})

    (message,) = client.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == '{"delivery_id":"Ł"}'
    with pytest.raises(UnknownQueue):
        queues.send("lake", {})
