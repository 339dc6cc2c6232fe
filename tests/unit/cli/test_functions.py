"""Invoking a function of the running cloud: its answer, or one line that says which function failed."""

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.cli.functions import InvokeFailed, invoke
from infra.local.deploy import Deployment
from infra.local.endpoints import CloudIsDown, Endpoints, write_endpoints
from infra.local.home import Home


class FakeLambda:
    """Answers with what it was given."""

    def __init__(self, body: bytes, error: str | None = None, refuse: bool = False) -> None:
        self._body, self._error, self._refuse = body, error, refuse
        self.asked: dict[str, Any] = {}

    def client(self, service: str, **given: Any) -> "FakeLambda":
        assert (service, given["endpoint_url"]) == ("lambda", "http://aws")
        return self

    def invoke(self, **given: Any) -> dict[str, Any]:
        if self._refuse:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke")
        self.asked = given
        answer: dict[str, Any] = {"Payload": io.BytesIO(self._body)}
        return answer | ({"FunctionError": self._error} if self._error else {})


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.prepare()
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path))
    write_endpoints(home, Endpoints(api="http://x", aws="http://aws", token="t", mailbox="http://x"))
    functions = {"pull_marketo": "Leadspine-PullMarketo-X"}
    deployed = Deployment(digest="d", stack="Leadspine", outputs={}, api_id=None, functions=functions)
    home.deployed.write_text(json.dumps(asdict(deployed)))
    return home


def played(monkeypatch: pytest.MonkeyPatch, fake: FakeLambda) -> FakeLambda:
    monkeypatch.setattr(boto3.session, "Session", lambda: fake)
    return fake


def test_the_answer_of_the_deployed_function_comes_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = played(monkeypatch, FakeLambda(b'{"status": "done"}'))

    assert invoke("pull_marketo", {"command": "pull"}) == {"status": "done"}
    assert fake.asked == {"FunctionName": "Leadspine-PullMarketo-X", "Payload": b'{"command": "pull"}'}


@pytest.mark.parametrize(
    ("fake", "says"),
    [
        (FakeLambda(b'{"errorType": "StoreUnavailable", "errorMessage": "ann@acme.example"}', "Unhandled"),
         "StoreUnavailable"),
        (FakeLambda(b"null"), "no answer"),
        (FakeLambda(b"<html>"), "did not answer"),
        (FakeLambda(b"", refuse=True), "ClientError"),
    ],
)  # fmt: skip
def test_a_failure_names_the_function_and_never_its_message(
    home: Home, monkeypatch: pytest.MonkeyPatch, fake: FakeLambda, says: str
) -> None:
    played(monkeypatch, fake)

    with pytest.raises(InvokeFailed, match=says) as failed:
        invoke("pull_marketo", {})
    assert "pull_marketo" in str(failed.value)
    assert "acme" not in str(failed.value)


def test_what_is_not_deployed_is_named(home: Home) -> None:
    with pytest.raises(InvokeFailed, match="pull_hubspot is not deployed"):
        invoke("pull_hubspot", {})


def test_without_a_cloud_it_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path))

    with pytest.raises(CloudIsDown, match="leadspine up"):
        invoke("pull_marketo", {})
