"""PutEvents: packed to its limits, single failures named by position."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from shared.adapters.eventbridge.fact_bus import MAX_ENTRIES, EventBridgeFactBus
from shared.contracts.envelope import envelope, wire_bytes
from shared.ports.outbox import MAX_FACT_BYTES
from tests.conformance.builders import a_fact


class Bus:
    """Notes every call; ``refuse`` are detail-ids that fail singly."""

    def __init__(self, refuse: tuple[str, ...] = (), error: Exception | None = None) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.refuse = refuse
        self.error = error

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        if self.error:
            raise self.error
        self.calls.append(Entries)
        failed = [any(f'"{event_id}"' in entry["Detail"] for event_id in self.refuse) for entry in Entries]
        results = [{"ErrorCode": "ThrottlingException"} if bad else {"EventId": "x"} for bad in failed]
        return {"FailedEntryCount": sum(failed), "Entries": results}


def facts(count: int, size: int = 0) -> list[dict[str, Any]]:
    return [envelope(a_fact(n=n, name="ProfileChanged", fields=["x" * size])) for n in range(count)]


def bus_of(client: Any) -> EventBridgeFactBus:
    return EventBridgeFactBus(client, "leadspine")


def test_ten_facts_go_in_one_call() -> None:
    client = Bus()

    assert bus_of(client).publish(facts(25)) == ()

    assert [len(call) for call in client.calls] == [10, 10, 5]
    entry = client.calls[0][0]
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("leadspine", "ProfileChanged", "leadspine")


def test_no_call_is_larger_than_the_bus_takes() -> None:
    client = Bus()

    assert bus_of(client).publish(facts(9, size=100_000)) == ()

    assert [len(call) for call in client.calls] == [2, 2, 2, 2, 1]


def test_facts_of_exactly_the_limit_go_alone_and_larger_ones_not_at_all() -> None:
    overhead = wire_bytes(facts(1)[0])
    fits, too_large = facts(1, MAX_FACT_BYTES - overhead)[0], facts(1, MAX_FACT_BYTES - overhead + 1)[0]
    client = Bus()

    failed = bus_of(client).publish([fits, too_large, *facts(2)])

    assert failed == (1,)
    assert [len(call) for call in client.calls] == [1, 2]


def test_single_failures_are_named_by_their_position_among_all_facts() -> None:
    client = Bus(refuse=("lead_1.1.3", "lead_1.1.17"))

    assert bus_of(client).publish(facts(25)) == (3, 17)


def test_a_throttled_call_fails_its_facts_only() -> None:
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "PutEvents")

    assert bus_of(Bus(error=throttled)).publish(facts(3)) == (0, 1, 2)


def test_a_bus_that_refuses_us_altogether_is_an_error() -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutEvents")

    with pytest.raises(ClientError):
        bus_of(Bus(error=denied)).publish(facts(1))


@mock_aws
def test_the_real_client_accepts_what_is_sent() -> None:
    client = boto3.client("events", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    client.create_event_bus(Name="leadspine")

    assert bus_of(client).publish(facts(MAX_ENTRIES + 1)) == ()
