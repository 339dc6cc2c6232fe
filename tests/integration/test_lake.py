"""Facts from the queue to the report, through the real handlers, on simulated AWS."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import duckdb
import pytest
from moto import mock_aws

from shared.adapters.duckdb.insights import ParquetInsights
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.table import Table
from shared.adapters.memory.lake import MemoryLake
from shared.adapters.s3.lake import S3Objects
from shared.domain.insights.metrics import Cohort
from shared.runtime.clients import client
from tests.unit.api.world import World, signal

REGION = "eu-central-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("LAKE_BUCKET_NAME", "lake")
    monkeypatch.setenv("OPS_TABLE_NAME", "ops")
    with mock_aws():
        client.cache_clear()
        s3: Any = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
        boto3.client("dynamodb", region_name=REGION).create_table(
            TableName="ops",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield s3
    client.cache_clear()


def handler_of(function: str) -> ModuleType:
    """A handler as a cold start loads it."""
    name = f"functions.{function}.handler"
    sys.modules.pop(name, None)
    return importlib.import_module(name)


def reports() -> ParquetInsights:
    return ParquetInsights(S3Objects(client("s3"), "lake"))


def rows_of(aws: Any, key: str, folder: Path, query: str = "SELECT * FROM facts") -> list[Any]:
    """What a query says about one file of the lake."""
    path = folder / key.replace("/", "_")
    path.write_bytes(aws.get_object(Bucket="lake", Key=key)["Body"].read())
    connection = duckdb.connect()
    connection.read_parquet(str(path)).create_view("facts")
    return connection.execute(query).fetchall()


def sqs_event(*bodies: Any) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:lake",
            }
            for number, body in enumerate(bodies)
        ]
    }


def bus_events() -> tuple[list[dict[str, Any]], MemoryLake]:
    """What the bus delivers for some people who browse, ask and come back, and the lake that should come of it."""
    world = World()
    delivered: list[dict[str, Any]] = []
    for n in range(12):
        world.happen([signal(n, anonymous=f"a{n % 4}", attributes={"path": "/pricing"})])
    for n in range(3):
        world.happen([signal(100 + n, "form_submitted", anonymous=f"a{n}", email=f"p{n}@acme.example",
                             company_domain="acme.example", consents={"ad.email": True})])  # fmt: skip
    for row in world.tables.outbox.values():
        delivered += [{"source": "leadspine", "detail-type": e["name"], "detail": dict(e)} for e in row.envelopes]
    return delivered, world.lake


def test_facts_of_the_queue_are_in_the_reports_at_once_and_after_a_build(aws: Any) -> None:
    events, expected = bus_events()
    write, build = handler_of("write_lake"), handler_of("build_reports")
    half = len(events) // 2

    first = write.lambda_handler(sqs_event(*events[:half]), None)
    built = build.lambda_handler({}, None)
    second = write.lambda_handler(sqs_event(*events[half - 3 :]), None)  # three of them for the second time

    assert first == second == {"batchItemFailures": []}
    assert built["outcome"] == "built"
    insights = reports()
    assert insights.rows() == expected.rows()
    assert insights.kpis(Cohort()) == expected.kpis(Cohort())
    assert insights.kpis(Cohort()).leads == 3
    (persons,) = aws.get_object(Bucket="lake", Key="athena/persons/files")["Body"].read().decode().splitlines()
    assert aws.head_object(Bucket="lake", Key=persons.removeprefix("s3://lake/"))
    assert build.lambda_handler({}, None)["facts"] == len(events) - half
    assert insights.rows() == expected.rows()


def test_a_poison_message_is_parked_and_its_neighbours_are_kept(aws: Any) -> None:
    events, _ = bus_events()
    stranger = {"detail": {**events[0]["detail"], "name": "SomethingElse"}}
    told = {**events[0]["detail"]["data"], "email": "canary@acme.example"}
    talkative = {"detail": {**events[0]["detail"], "data": told}}
    write = handler_of("write_lake")

    answer = write.lambda_handler(sqs_event("not json", "[]", "null", {}, stranger, talkative, *events), None)

    assert answer == {"batchItemFailures": []}
    records, _cursor = DynamoParkedRecords(Table(client("dynamodb"), "ops")).list()
    assert len(records) == 6
    assert {record.code for record in records} == {"LAKE.NOT_A_FACT"}
    assert len(reports().rows()) > 0


def test_no_personal_data_reaches_the_lake(aws: Any, tmp_path: Path) -> None:
    events, _ = bus_events()
    handler_of("write_lake").lambda_handler(sqs_event(*events), None)
    handler_of("build_reports").lambda_handler({}, None)
    seen = ""
    for item in aws.list_objects_v2(Bucket="lake")["Contents"]:
        key = item["Key"]
        body = aws.get_object(Bucket="lake", Key=key)["Body"].read()
        seen += key + (str(rows_of(aws, key, tmp_path)) if key.endswith(".parquet") else body.decode())

    assert "acme.example" in seen  # the company's domain is no personal data
    assert "p0@" not in seen
    assert "@" not in seen


def test_a_bucket_that_refuses_costs_the_good_messages_a_retry_only(aws: Any) -> None:
    events, _ = bus_events()
    write = handler_of("write_lake")
    aws.delete_bucket(Bucket="lake")

    answer = write.lambda_handler(sqs_event(*events[:3]), None)

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["m0", "m1", "m2"]


def test_facts_lie_by_the_day_of_their_recording_with_typed_columns(aws: Any, tmp_path: Path) -> None:
    events, _ = bus_events()
    handler_of("write_lake").lambda_handler(sqs_event(*events), None)
    (item,) = aws.list_objects_v2(Bucket="lake")["Contents"]
    columns = dict(row[:2] for row in rows_of(aws, item["Key"], tmp_path, "DESCRIBE facts"))

    assert item["Key"].startswith("facts/dt=2026-01-01/")
    assert columns == {
        "event_id": "VARCHAR", "name": "VARCHAR", "schema_version": "VARCHAR", "occurred_at": "TIMESTAMP",
        "recorded_at": "TIMESTAMP", "lead_id": "VARCHAR", "lead_version": "BIGINT", "correlation_id": "VARCHAR",
        "causation_id": "VARCHAR", "producer": "VARCHAR", "data": "VARCHAR",
    }  # fmt: skip
