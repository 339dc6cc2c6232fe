"""The real handlers of the API and its authorizer, cold-started, on simulated AWS."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.duckdb.lake import ParquetLake
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.s3.lake import S3Objects
from shared.adapters.secrets.identity_key import IdentityKey
from shared.app.write_lake import read_fact
from shared.contracts.envelope import envelope
from shared.domain.lead.decide import decide
from shared.policies.compile import main as compile_policies
from shared.ports.operations import ParkedRecord
from shared.runtime.clients import client
from tests.unit.api.world import NOW, event, rules, signal

REGION = "eu-central-1"
QUEUES = ("signals", "lake", "remote-changes", "salesforce-out", "marketo-out", "messages", "mail-events")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    policies = tmp_path / "policies.json"
    compile_policies(policies)
    with mock_aws():
        client.cache_clear()
        database: Any = boto3.client("dynamodb", region_name=REGION)
        for table in ("leads", "ledger", "sync", "engagement", "ops"):
            keys = [("pk", "HASH"), ("sk", "RANGE")]
            database.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
                BillingMode="PAY_PER_REQUEST",
            )
        s3: Any = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
        secrets: Any = boto3.client("secretsmanager", region_name=REGION)
        queues: Any = boto3.client("sqs", region_name=REGION)
        token = json.dumps({"token": "service-token", "roles": ["operator", "marketer"]})
        for name, value in {
            "AWS_REGION": REGION,
            "LEADS_TABLE_NAME": "leads",
            "LEDGER_TABLE_NAME": "ledger",
            "OPS_TABLE_NAME": "ops",
            "SYNC_TABLE_NAME": "sync",
            "ENGAGEMENT_TABLE_NAME": "engagement",
            "LAKE_BUCKET_NAME": "lake",
            **{
                f"{name.replace('-', '_').upper()}_QUEUE_URL": queues.create_queue(QueueName=name)["QueueUrl"]
                for name in QUEUES
            },
            "IDENTITY_SECRET_ARN": secrets.create_secret(Name="identity", SecretString="identity")["ARN"],
            "API_TOKEN_SECRET_ARN": secrets.create_secret(Name="api", SecretString=token)["ARN"],
            "POLICIES_FILE": str(policies),
        }.items():
            monkeypatch.setenv(name, value)
        yield database
    client.cache_clear()


def handler_of(function: str) -> ModuleType:
    """A handler as a cold start loads it."""
    name = f"functions.{function}.handler"
    sys.modules.pop(name, None)
    return importlib.import_module(name)


def people_come_in() -> None:
    """One decision, committed to the tables and told to the lake."""
    store = DynamoLeadStore(
        client("dynamodb"),
        Tables("leads", "ledger", "keys"),
        identity=IdentityKey.fixed(b"identity"),
        clock=MemoryClock(NOW),
    )
    signals = [signal(n, anonymous="a1", attributes={"path": "/pricing"}) for n in range(3)]
    asked = signal(9, "form_submitted", email="ann@acme.example", phone="+48600100200", company_domain="acme.example")
    for batch in (signals, [asked]):
        known = store.load({i for s in batch for i in s.identifiers})
        decision = decide(known, batch, rules(), NOW + 600_000, f"seed-{len(batch)}")
        store.commit(decision)
        facts = [read_fact(json.dumps({"detail": envelope(fact)})) for fact in decision.facts]
        ParquetLake(S3Objects(client("s3"), "lake")).append(facts)


def test_one_person_through_every_route_of_the_deployed_api(aws: Any) -> None:
    people_come_in()
    record = ParkedRecord(
        parked_id="parked_1", code="X", reason="because", source="form", parked_at=NOW,
        redrive={"queue": "signals", "body": {"delivery_id": "d1"}},
    )  # fmt: skip
    DynamoParkedRecords(Table(client("dynamodb"), "ops")).park(record)
    serve = handler_of("serve_api").lambda_handler

    def call(method: str, path: str, body: Any = None, roles: str = "operator,marketer") -> Any:
        answer = serve(event(method, path, body, roles=roles), None)
        assert answer["statusCode"] == 200, answer
        return json.loads(answer["body"])

    (lead,) = call("POST", "/api/leads/search", {"email": "ann@acme.example"})["items"]
    assert [found["id"] for found in call("POST", "/api/leads/search", {"phone": "+48600100200"})["items"]] == [
        lead["id"]
    ]
    assert [found["id"] for found in call("POST", "/api/leads/search", {"text": "acme"})["items"]] == [lead["id"]]
    for part in ("", "/timeline", "/score", "/consents", "/company", "/sync"):
        assert call("GET", f"/api/leads/{lead['id']}{part}")
    assert call("GET", "/api/reports/funnel")["stages"][0]["count"] == 1
    assert call("GET", "/api/reports/kpis")["leads"] == 1
    assert call("GET", "/api/parked")["items"][0]["id"] == "parked_1"
    assert call("POST", "/api/parked/parked_1/redrive")["state"] == "redriven"
    assert [item["status"] for item in call("GET", "/api/sync")["items"]] == ["off", "off"]
    assert call("GET", "/api/sync/conflicts") == {"items": [], "cursor": None}
    assert call("POST", "/api/sync/dry-run", {"leads": [lead["id"]]})["people"] == 1
    assert call("POST", "/api/sync/dry-run", {})["people"] == 2, "the visitor without a name is looked at, too"
    assert call("POST", f"/api/leads/{lead['id']}/resync")["systems"] == ["salesforce", "marketo"]
    assert call("POST", "/api/sync/marketo/pause")["status"] == "paused"
    assert call("POST", "/api/sync/marketo/resume")["status"] == "off"
    assert call("GET", "/api/status")["status"] == "ok"
    assert call("GET", "/api/openapi.json")["openapi"] == "3.1.0"


def test_the_deployed_authorizer_knows_the_service_token_of_its_secret(aws: Any) -> None:
    authorize = handler_of("authorize_request").lambda_handler

    yes = authorize({"version": "2.0", "headers": {"authorization": "Bearer service-token"}}, None)
    no = authorize({"version": "2.0", "headers": {"authorization": "Bearer service-tokem"}}, None)

    assert yes == {"isAuthorized": True, "context": {"sub": "service", "roles": "marketer,operator"}}
    assert no == {"isAuthorized": False}


def test_a_deployment_without_its_variables_fails_at_once_and_names_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEADS_TABLE_NAME", "OPS_TABLE_NAME", "LAKE_BUCKET_NAME"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(Exception, match=r"LAKE_BUCKET_NAME.*LEADS_TABLE_NAME.*OPS_TABLE_NAME"):
        handler_of("serve_api")


LOADED = """
import json, sys
import functions.{function}.handler
print(json.dumps([name for name in {heavy} if name in sys.modules]))
"""


@pytest.mark.parametrize(
    ("function", "forbidden"),
    [
        ("serve_api", ["duckdb", "phonenumbers", "yaml", "jwt", "tldextract"]),
        ("authorize_request", ["duckdb", "pydantic", "jwt", "cryptography", "requests", "yaml"]),
        ("write_lake", ["phonenumbers", "yaml", "requests"]),
        ("build_reports", ["pydantic", "phonenumbers", "yaml", "requests"]),
    ],
)
def test_a_cold_start_loads_only_what_every_call_needs(aws: Any, function: str, forbidden: list[str]) -> None:
    code = LOADED.format(function=function, heavy=forbidden)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path.cwd())

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
