"""The three handlers on AWS as moto plays it: rows in, facts out, dead letters parked."""

import base64
import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.secrets.identity_key import IdentityKey
from shared.runtime import clients
from shared.runtime.settings import SettingsMissing
from tests.conformance.builders import AT, a_decision, a_lead
from tests.conformance.worlds import create_table

ENVIRONMENT = {
    "LEADS_TABLE_NAME": "leads",
    "OPS_TABLE_NAME": "ops",
    "BUS_NAME": "leadspine",
    "DEAD_LETTER_QUEUES": '{"Leadspine-SignalsDlq-X": "signals-dlq"}',
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "POWERTOOLS_METRICS_NAMESPACE": "Leadspine",
}


@dataclass
class Context:
    function_name: str = "f"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:1:function:f"
    aws_request_id: str = "r"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        clients.client.cache_clear()
        client = clients.client("dynamodb")
        for table in ("leads", "ledger", "keys", "ops"):
            create_table(client, table)
        clients.client("events").create_event_bus(Name="leadspine")
        yield client
    clients.client.cache_clear()


def handler(name: str) -> Any:
    return importlib.reload(importlib.import_module(f"functions.{name}.handler"))


def commit(client: Any, count: int) -> None:
    tables = Tables("leads", "ledger", "keys")
    store = DynamoLeadStore(client, tables, identity=IdentityKey.fixed(b"x"), clock=MemoryClock())
    for n in range(count):
        store.commit(a_decision(a_lead(f"lead_{n}"), pointers=()))


def outbox(client: Any) -> list[Any]:
    return [row for row in client.scan(TableName="leads")["Items"] if row["pk"]["S"].startswith("OUTBOX#")]


def stream_event(items: list[Any]) -> dict[str, Any]:
    def wire(value: dict[str, Any]) -> dict[str, Any]:
        return {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value

    images = [{name: wire(value) for name, value in item.items()} for item in items]
    return {
        "Records": [
            {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(n), "NewImage": image}}
            for n, image in enumerate(images)
        ]
    }


def test_the_relay_publishes_what_the_stream_brings_and_empties_the_outbox(dynamodb: Any) -> None:
    commit(dynamodb, 3)
    relay = handler("relay_outbox")

    first = relay.lambda_handler(stream_event(outbox(dynamodb)), Context())

    assert first == {"batchItemFailures": []}
    assert outbox(dynamodb) == []


def test_the_relay_reports_the_rows_that_the_bus_refused(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(dynamodb, 3)
    relay = handler("relay_outbox")
    deps = relay.collaborators()
    monkeypatch.setattr(type(deps.bus), "publish", lambda _, facts: tuple(range(len(facts))))
    monkeypatch.setattr("time.sleep", lambda _: None)
    event = stream_event(outbox(dynamodb))
    object.__setattr__(deps, "pause", lambda _: None)

    answer = relay.lambda_handler(event, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": str(n)} for n in range(3)]}
    assert len(outbox(dynamodb)) == 3


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_the_relay_reports_everything_when_the_bus_does_not_exist(dynamodb: Any) -> None:
    commit(dynamodb, 2)
    clients.client("events").delete_event_bus(Name="leadspine")
    relay = handler("relay_outbox")
    deps = relay.collaborators()

    def absent(*_: Any) -> Any:
        raise RuntimeError

    object.__setattr__(deps, "bus", type("Bus", (), {"publish": absent})())

    answer = relay.lambda_handler(stream_event(outbox(dynamodb)), Context())

    assert len(answer["batchItemFailures"]) == 2
    assert len(outbox(dynamodb)) == 2


def test_the_sweeper_publishes_what_is_older_than_two_minutes(dynamodb: Any) -> None:
    commit(dynamodb, 3)

    answer = handler("sweep_outbox").lambda_handler({}, Context())

    assert answer == {"rows": 3, "published": 3, "parked": 0, "failed": 0}
    assert outbox(dynamodb) == []


def test_the_drain_parks_dead_letters_under_the_names_of_the_catalog(dynamodb: Any) -> None:
    body = {"delivery_id": "d", "source": "typeform", "archive_key": "k", "received_at": AT, "correlation_id": "d"}
    records = [
        {"messageId": f"m{n}", "body": text, "eventSourceARN": "arn:aws:sqs:eu-central-1:1:Leadspine-SignalsDlq-X"}
        for n, text in enumerate((json.dumps(body), "not json"))
    ]

    answer = handler("drain_dead_letters").lambda_handler({"Records": records}, Context())

    assert answer == {"batchItemFailures": []}
    listed = [row for row in dynamodb.scan(TableName="ops")["Items"] if row["pk"]["S"] == "PARKED"]
    assert len(listed) == 2


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_dead_letter_that_cannot_be_parked_stays_in_its_queue(dynamodb: Any) -> None:
    dynamodb.delete_table(TableName="ops")
    record = {"messageId": "m", "body": "{}", "eventSourceARN": "arn:aws:sqs:eu-central-1:1:q"}

    answer = handler("drain_dead_letters").lambda_handler({"Records": [record]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}


@pytest.mark.parametrize("name", ["relay_outbox", "sweep_outbox", "drain_dead_letters"])
def test_a_function_that_was_not_told_its_tables_fails_at_import_and_names_them(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    handler(name)
    for variable in ("LEADS_TABLE_NAME", "OPS_TABLE_NAME", "BUS_NAME"):
        monkeypatch.delenv(variable)

    with pytest.raises(SettingsMissing, match="OPS_TABLE_NAME"):
        handler(name)
