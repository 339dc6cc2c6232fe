"""The deployed door of costs end to end: the handler on AWS (moto), and what lies in the lake afterwards."""

import base64
import hashlib
import hmac
import importlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.duckdb.costs import ParquetCosts
from shared.adapters.s3.lake import S3Objects
from shared.policies.compile import main as compile_policies
from shared.runtime import clients

KEY = b"the key of the door of costs"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
FILE = (
    "date;kind;channel;campaign;amount;currency;key\n"
    "09.03.2026;media;Paid Search;spring;1 250,50;EUR;r-1\n"
    "10.03.2026;media;Paid Search;spring;10;EUR;r-2\n"
)
Handler = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Handler]:
    with mock_aws():
        clients.client.cache_clear()
        place = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration=place)  # type: ignore[arg-type]
        secrets = json.dumps({"costs": [SECRET]})
        secret = boto3.client("secretsmanager").create_secret(Name="sources", SecretString=secrets)
        policies = tmp_path / "policies.json"
        compile_policies(policies)
        monkeypatch.setenv("LAKE_BUCKET_NAME", "lake")
        monkeypatch.setenv("SOURCES_SECRET_ARN", secret["ARN"])
        monkeypatch.setenv("POLICIES_FILE", str(policies))
        module = importlib.reload(importlib.import_module("functions.receive_costs.handler"))
        yield lambda event: dict(module.lambda_handler(event, None))
        clients.client.cache_clear()


def event(body: str, *, key: bytes = KEY) -> dict[str, Any]:
    stamp = str(int(time.time()))
    digest = hmac.new(key, f"msg_1.{stamp}.{body}".encode(), hashlib.sha256).digest()
    return {
        "version": "2.0",
        "rawPath": "/in/costs",
        "rawQueryString": "",
        "headers": {
            "content-type": "text/csv; charset=utf-8",
            "webhook-id": "msg_1",
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        },
        "requestContext": {"http": {"method": "POST", "path": "/in/costs", "sourceIp": "203.0.113.5"}},
        "body": body,
        "isBase64Encoded": False,
    }


def kept() -> list[tuple[str, str]]:
    costs = ParquetCosts(S3Objects(boto3.client("s3"), "lake")).costs()
    return [(cost.key, str(cost.amount)) for cost in costs]


def test_a_file_is_in_the_lake_when_it_is_answered_and_a_replay_changes_nothing(handler: Handler) -> None:
    first, replay = handler(event(FILE)), handler(event(FILE))

    assert (first["statusCode"], replay["statusCode"]) == (200, 200)
    assert json.loads(first["body"]) == {
        "rows": 2, "new": 2, "replaced": 0, "unchanged": 0, "refused": 0, "refusals": [],
    }  # fmt: skip
    assert json.loads(replay["body"])["unchanged"] == 2
    assert kept() == [("r-1", "1250.50"), ("r-2", "10.00")]


def test_a_corrected_row_replaces_the_one_with_its_key(handler: Handler) -> None:
    handler(event(FILE))

    answer = json.loads(handler(event(FILE.replace(";10;", ";11;")))["body"])

    assert (answer["replaced"], answer["unchanged"]) == (1, 1)
    assert ("r-2", "11.00") in kept()


def test_what_is_refused_leaves_nothing_and_says_why_without_repeating_it(
    handler: Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    forged, wrong = handler(event(FILE, key=b"another")), handler(event("date;kind;amont;currency\nx;y;z;q\n"))

    assert (forged["statusCode"], json.loads(forged["body"])["code"]) == (401, "INTAKE.BAD_SIGNATURE")
    assert (wrong["statusCode"], json.loads(wrong["body"])["code"]) == (422, "COSTS.UNKNOWN_COLUMN")
    assert kept() == []
    assert "spring" not in capsys.readouterr().out
