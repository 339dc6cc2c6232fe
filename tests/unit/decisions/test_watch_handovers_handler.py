"""The handler on AWS as moto plays it: a timer in, a fact in the outbox, no timer left."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from shared.adapters.dynamodb.items import unpack
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.secrets.identity_key import IdentityKey
from shared.domain.lead.decision import Timer
from shared.domain.lifecycle.model import Handover
from shared.policies.compile import main as compile_policies
from shared.runtime import clients
from tests.conformance.builders import AT, a_decision, a_lead
from tests.conformance.worlds import create_table
from tests.unit.state.test_handlers import Context


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    policies = tmp_path / "policies.json"
    compile_policies(policies)
    with mock_aws():
        clients.client.cache_clear()
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        secret = clients.client("secretsmanager").create_secret(Name="identity", SecretString="k" * 32)
        for name, value in {
            "LEADS_TABLE_NAME": "leads",
            "LEDGER_TABLE_NAME": "ledger",
            "IDENTITY_SECRET_ARN": secret["ARN"],
            "POLICIES_FILE": str(policies),
            "POWERTOOLS_METRICS_NAMESPACE": "Leadspine",
        }.items():
            monkeypatch.setenv(name, value)
        client = clients.client("dynamodb")
        for table in ("leads", "ledger"):
            create_table(client, table)
        yield client
    clients.client.cache_clear()


def test_an_overdue_hand_over_is_told_and_its_timer_is_gone(dynamodb: Any) -> None:
    store = DynamoLeadStore(
        dynamodb, Tables("leads", "ledger", ""), identity=IdentityKey.fixed(b"x"), clock=MemoryClock()
    )
    waiting = a_lead(handover=Handover("requested", AT, AT + 1000))
    store.commit(a_decision(waiting, facts=(), timers=(Timer(AT + 1000, "handover", "lead_1"),)))
    watch = importlib.reload(importlib.import_module("functions.watch_handovers.handler"))

    first, second = watch.lambda_handler({}, Context()), watch.lambda_handler({}, Context())

    assert first == {"timers": 1, "overdue": 1, "failed": 0}
    assert second == {"timers": 0, "overdue": 0, "failed": 0}
    rows = dynamodb.scan(TableName="leads")["Items"]
    (told,) = [row for row in rows if row["pk"]["S"].startswith("OUTBOX#")]
    (fact,) = unpack(told["body"]["B"])
    assert (fact["name"], fact["data"]) == ("HandoverOverdue", {"owner": None, "due": AT + 1000})
    head = store.get("lead_1")
    assert head is not None
    assert head.handover is not None
    assert head.handover.state == "overdue"
