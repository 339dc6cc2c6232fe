"""Whose API is asked: the laptop cloud's, or that of a deployment; never half of each, never a token in the clear."""

from pathlib import Path
from typing import Any

import pytest
import requests

from infra.cli.target import TOKEN_VARIABLE, URL_VARIABLE, find_target
from infra.local.endpoints import Endpoints, write_endpoints
from infra.local.home import Home
from tests.unit.cli.shell import leadspine


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes) -> list[tuple[str, Any]]:
    asked: list[tuple[str, Any]] = []

    def request(method: str, url: str, *, headers: dict[str, str], **_: Any) -> requests.Response:
        asked.append((f"{method} {url}", headers["authorization"]))
        response = requests.Response()
        response.status_code = status
        response._content = body
        return response

    monkeypatch.setattr(requests, "request", request)
    return asked


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, "https://leads.example/")
    monkeypatch.setenv(TOKEN_VARIABLE, "a-token")


def test_without_variables_it_is_the_laptop_cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path))
    write_endpoints(Home(tmp_path), Endpoints(api="http://127.0.0.1:1", aws="http://x", token="t", mailbox="http://x"))

    target = find_target()

    assert (target.api, target.token, target.laptop) == ("http://127.0.0.1:1", "t", True)


@pytest.mark.parametrize("url", ["https://leads.example", "https://leads.example/", "https://leads.example/api/"])
def test_the_environment_names_a_deployment(url: str, deployment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, url)
    asked = answering(monkeypatch, 200, b'{"items": [], "cursor": null}')

    assert leadspine("parked", "list").out == "nothing is parked\n"
    assert asked == [("GET https://leads.example/api/parked", "Bearer a-token")]


@pytest.mark.parametrize("url", ["http://leads.example", "ftp://leads.example", "leads.example"])
def test_a_token_is_never_sent_in_the_clear(url: str, deployment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, url)
    asked = answering(monkeypatch, 200, b"{}")

    answer = leadspine("sync", "status")

    assert (answer.status, asked) == (2, [])
    assert "https://" in answer.err
    assert "CLI.BAD_TARGET" in answer.err


def test_a_deployment_without_a_token_is_bad_usage(deployment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE)

    answer = leadspine("sync", "status")

    assert answer.status == 2
    assert TOKEN_VARIABLE in answer.err


@pytest.mark.parametrize(
    "arguments",
    [("sync", "run"), ("sync", "preflight"), ("sync", "resync", "lead_1", "--now"), ("demo",), ("import", "x.csv")],
)
def test_what_works_on_the_laptop_only_never_touches_a_deployment(
    arguments: tuple[str, ...], deployment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, 200, b"{}")

    answer = leadspine(*arguments)

    assert (answer.status, asked) == (2, [])
    assert f"unset {URL_VARIABLE}" in answer.err


def test_a_gateway_that_refuses_the_token_is_said_so(deployment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 403, b'{"message": "Forbidden"}')

    answer = leadspine("status")

    assert answer.status == 1
    assert "the token is not valid here [API.BAD_TOKEN]" in answer.err
    assert "a-token" not in answer.err


@pytest.mark.parametrize("body", [b"<html>", b""])
def test_what_is_no_api_is_no_answer(body: bytes, deployment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 502, body)

    answer = leadspine("report", "kpis")

    assert answer.status in (1, 3)
    assert len(answer.err.splitlines()) == 1


def test_a_deployment_that_does_not_answer_ends_with_3(deployment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def request(*_: Any, **__: Any) -> requests.Response:
        raise requests.ConnectionError("refused by 10.0.0.1")

    monkeypatch.setattr(requests, "request", request)

    answer = leadspine("status")

    assert answer.status == 3
    assert answer.err.endswith(f"is {URL_VARIABLE} right? [API.NO_ANSWER]\n")
