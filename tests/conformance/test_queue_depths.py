"""What every QueueDepths promises, held against each implementation."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from shared.adapters.memory.operations import MemoryQueueDepths
from shared.adapters.sqs.queue_depths import SqsQueueDepths
from shared.ports.failures import StoreUnavailable
from shared.ports.operations import QueueDepth, QueueDepths
from tests.conformance.sync_worlds import CREDENTIALS

WANTED = (
    QueueDepth(name="signals", waiting=2, in_flight=1, delayed=1, dead_letters_to="signals-dlq"),
    QueueDepth(name="signals-dlq", waiting=1, in_flight=0, delayed=0),
)
NAMES = {"Stack-Signals-X": "signals", "Stack-SignalsDlq-Y": "signals-dlq"}


def sqs() -> tuple[Any, SqsQueueDepths]:
    """Queues with three messages of which one is being worked on, one that is delayed, and a dead one."""
    client: Any = boto3.client("sqs", **CREDENTIALS)
    dead = client.create_queue(QueueName="Stack-SignalsDlq-Y")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"5"}}'
    url = client.create_queue(QueueName="Stack-Signals-X", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    for _ in range(3):
        client.send_message(QueueUrl=url, MessageBody="{}")
    client.send_message(QueueUrl=url, MessageBody="{}", DelaySeconds=600)
    client.send_message(QueueUrl=dead, MessageBody="{}")
    client.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    return client, SqsQueueDepths(client, NAMES, beside=url)


@pytest.fixture(params=["memory", "sqs"])
def depths(request: pytest.FixtureRequest) -> Iterator[QueueDepths]:
    if request.param == "memory":
        yield MemoryQueueDepths(WANTED)
        return
    with mock_aws():
        yield sqs()[1]


def test_every_queue_tells_what_is_in_it_and_where_its_dead_letters_go(depths: QueueDepths) -> None:
    assert depths.depths() == WANTED
    assert [depth.held for depth in depths.depths()] == [4, 1]


def test_nothing_is_asked_where_no_queue_is_known() -> None:
    with mock_aws():
        client, _ = sqs()
        assert SqsQueueDepths(client, {}, beside="https://sqs.example/1/signals").depths() == ()


@pytest.mark.parametrize(("code", "wanted"), [("RequestThrottled", StoreUnavailable), ("AccessDenied", ClientError)])
def test_what_passes_can_be_asked_again_and_what_does_not_is_told(code: str, wanted: type[Exception]) -> None:
    class Refusing:
        def get_queue_attributes(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": code}}, "GetQueueAttributes")

    refusing: Any = Refusing()
    with pytest.raises(wanted):
        SqsQueueDepths(refusing, NAMES, beside="https://sqs.example/1/signals").depths()
