"""API Gateway's events as requests, and answers as its responses."""

import base64
import json
from typing import Any

import pytest

from shared.contracts.intake import InboundRequest, Reply
from shared.domain.intake.problem import Problem
from shared.ports.failures import StoreUnavailable
from shared.runtime.http import request_of, serve
from tests.unit.intake.builders import NOW

V2: dict[str, Any] = {
    "version": "2.0",
    "rawPath": "/in/tilda",
    "rawQueryString": "token=a%20b&tag=1&tag=2&empty=",
    "headers": {"Content-Type": "text/plain", "x-forwarded-for": "203.0.113.5, 10.0.0.1"},
    "cookies": ["a=1"],
    "requestContext": {"http": {"method": "post", "path": "/in/tilda", "sourceIp": "203.0.113.5"}},
    "body": base64.b64encode(b"\xff\x00").decode(),
    "isBase64Encoded": True,
}

V1: dict[str, Any] = {
    "path": "/in/tilda",
    "httpMethod": "POST",
    "headers": {"Content-Type": "x"},
    "multiValueHeaders": {"X-Forwarded-For": ["1.1.1.1", "2.2.2.2"]},
    "queryStringParameters": {"tag": "b"},
    "multiValueQueryStringParameters": {"tag": ["a", "b"]},
    "requestContext": {"identity": {"sourceIp": "203.0.113.5"}},
    "body": "a=ż",
    "isBase64Encoded": False,
}


def test_an_event_of_payload_2_is_read_whole() -> None:
    request = request_of(V2, NOW)

    assert (request.method, request.path, request.source, request.body) == ("POST", "/in/tilda", "tilda", b"\xff\x00")
    assert request.query == {"token": ("a b",), "tag": ("1", "2"), "empty": ("",)}
    assert request.headers["content-type"] == "text/plain"
    assert (request.ip, request.received_at) == ("203.0.113.5", NOW)


def test_an_event_of_payload_1_is_read_whole() -> None:
    request = request_of(V1, NOW)

    assert (request.source, request.body) == ("tilda", "a=ż".encode())
    assert request.query == {"tag": ("a", "b")}
    assert request.headers == {"content-type": "x", "x-forwarded-for": "1.1.1.1, 2.2.2.2"}


@pytest.mark.parametrize("missing", ["body", "headers", "requestContext", "rawQueryString"])
def test_an_event_may_lack_almost_anything(missing: str) -> None:
    event = {key: value for key, value in V2.items() if key != missing}

    assert request_of(event, NOW).source == "tilda"
    assert request_of({**V2, "body": None}, NOW).body == b""


def test_a_path_parameter_names_the_source() -> None:
    event = {**V2, "rawPath": "/stage/in/json-2/", "pathParameters": {"source": "json-2"}}

    assert request_of(event, NOW).source == "json-2"
    assert request_of({**V2, "rawPath": "/stage/in/json-2/"}, NOW).source == "json-2"


def test_a_reply_becomes_a_response() -> None:
    response = serve(V2, NOW, lambda _: (Reply(status=200, body="115", content_type="text/plain"), "greeted"))

    assert (response["statusCode"], response["body"], response["isBase64Encoded"]) == (200, "115", False)
    assert response["headers"]["content-type"] == "text/plain"


def test_a_problem_becomes_problem_json_with_its_code() -> None:
    def refuse(_: InboundRequest) -> tuple[Reply, str]:
        raise Problem("INTAKE.BAD_SIGNATURE", status=401, detail="Wrong.")

    response = serve(V2, NOW, refuse)

    assert response["statusCode"] == 401
    assert response["headers"]["content-type"] == "application/problem+json"
    document = json.loads(response["body"])
    assert (document["title"], document["status"]) == ("Unauthorized", 401)
    assert (document["code"], document["detail"]) == ("INTAKE.BAD_SIGNATURE", "Wrong.")


def test_a_store_that_refuses_for_now_asks_the_sender_to_come_again() -> None:
    def fail(_: InboundRequest) -> tuple[Reply, str]:
        raise StoreUnavailable("archive.put: SlowDown")

    response = serve(V2, NOW, fail)

    assert (response["statusCode"], json.loads(response["body"])["code"]) == (503, "INTAKE.TRY_AGAIN")
    assert int(response["headers"]["retry-after"]) > 0


def test_a_body_that_is_not_the_base64_it_claims_is_the_senders_problem() -> None:
    assert serve({**V2, "body": "%%%"}, NOW, lambda _: (Reply(status=200), "x"))["statusCode"] == 400


def test_our_own_errors_are_raised_so_that_alarms_see_them() -> None:
    def broken(_: InboundRequest) -> tuple[Reply, str]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        serve(V2, NOW, broken)


def test_one_line_is_logged_per_request_without_anything_personal(capsys: pytest.CaptureFixture[str]) -> None:
    def unknown(_: InboundRequest) -> tuple[Reply, str]:
        raise Problem("INTAKE.UNKNOWN_SOURCE", status=404, detail="There is no source of that name.")

    serve({**V2, "rawPath": "/in/anna@example.com"}, NOW, unknown)
    serve(V2, NOW, lambda _: (Reply(status=200), "accepted"))

    refused, accepted = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (refused["code"], refused["source"], refused["outcome"]) == ("INTAKE.UNKNOWN_SOURCE", "", "refused")
    assert (accepted["source"], accepted["outcome"], accepted["status"]) == ("tilda", "accepted", 200)
    assert "203.0.113.5" not in json.dumps([refused, accepted])
