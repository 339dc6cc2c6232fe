"""API Gateway's events (payload 1.0 and 2.0) as requests, replies and problems as its responses. Decides nothing."""

import base64
import binascii
import json
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from shared.contracts.intake import InboundRequest, Reply
from shared.domain.intake.problem import Problem
from shared.ports.failures import StoreUnavailable

PROBLEM_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = "120"

Event = Mapping[str, Any]
Response = dict[str, Any]


def request_of(event: Event, now: int) -> InboundRequest:
    """The HTTP request in an event, with its body still as it travelled (transport compression not undone).

    Raises:
        Problem: INTAKE.BAD_ENCODING (400); the event says base64 and is not.
    """
    http = event.get("requestContext", {}).get("http", {})
    path = event.get("rawPath") or event.get("path") or http.get("path") or "/"
    return InboundRequest(
        method=str(http.get("method") or event.get("httpMethod") or "GET").upper(),
        path=path,
        source=_source(event, path),
        query=_query(event),
        headers=_headers(event),
        body=_body(event),
        received_at=now,
        ip=http.get("sourceIp") or event.get("requestContext", {}).get("identity", {}).get("sourceIp"),
    )


def serve(event: Event, now: int, handle: Callable[[InboundRequest], tuple[Reply, str]]) -> Response:
    """Answer one event: the reply of a use case, or the problem it ran into. Any other error is ours and is raised."""
    try:
        request = request_of(event, now)
    except Problem as problem:
        return _refuse(problem, "", now)
    try:
        reply, outcome = handle(request)
    except Problem as problem:
        return _refuse(problem, request.source, now)
    except StoreUnavailable:
        return _refuse(_not_now(), request.source, now)
    log_line("INTAKE", outcome=outcome, source=request.source, status=reply.status, now=now)
    return response_of(reply)


def response_of(reply: Reply) -> Response:
    """A reply as API Gateway wants it; both payload versions accept this shape."""
    headers = {"content-type": reply.content_type, "cache-control": "no-store", **reply.headers}
    return {"statusCode": reply.status, "headers": headers, "body": reply.body, "isBase64Encoded": False}


def problem_reply(problem: Problem) -> Reply:
    """A problem as application/problem+json (RFC 9457) with its stable code."""
    document = {
        "type": f"https://leadspine.dev/problems/{problem.code.lower().replace('.', '/').replace('_', '-')}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    extra = {503: {"retry-after": RETRY_AFTER_S}, 405: {"allow": "POST"}}.get(problem.status, {})
    return Reply(status=problem.status, body=json.dumps(document), content_type=PROBLEM_TYPE, headers=extra)


def log_line(code: str, *, outcome: str, source: str, status: int, now: int) -> None:
    """One line of JSON that is also a metric (CloudWatch embedded format). Never a body, a header or an address."""
    metric = {"Namespace": "Leadspine", "Dimensions": [["service", "outcome"]], "Metrics": [{"Name": "Requests"}]}
    line = {
        "_aws": {"Timestamp": now, "CloudWatchMetrics": [metric]},
        "service": "intake",
        "outcome": outcome,
        "Requests": 1,
        "code": code,
        "source": source[:64],
        "status": status,
    }
    sys.stdout.write(json.dumps(line) + "\n")


def _not_now() -> Problem:
    detail = "Nothing was kept. Send it again: the same event counts once, however often it comes."
    return Problem("INTAKE.TRY_AGAIN", status=503, detail=detail)


def _refuse(problem: Problem, source: str, now: int) -> Response:
    # An unknown source is whatever somebody typed into the address, maybe their own: it is not logged.
    known = "" if problem.code == "INTAKE.UNKNOWN_SOURCE" else source
    log_line(problem.code, outcome="refused", source=known, status=problem.status, now=now)
    return response_of(problem_reply(problem))


def _source(event: Event, path: str) -> str:
    named = (event.get("pathParameters") or {}).get("source")
    _, found, rest = path.partition("/in/")
    return unquote(named or (rest.partition("/")[0] if found else ""))


def _headers(event: Event) -> dict[str, str]:
    """Lower-case names. Of a name that came several times the values are joined, as HTTP allows."""
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items() if value is not None}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = ", ".join(map(str, values))
    return headers


def _query(event: Event) -> dict[str, tuple[str, ...]]:
    raw = event.get("rawQueryString")
    if raw is not None:
        found: dict[str, tuple[str, ...]] = {}
        for name, value in parse_qsl(str(raw)[:16_000], keep_blank_values=True):
            found[name] = (*found.get(name, ()), value)
        return found
    several = event.get("multiValueQueryStringParameters") or {}
    single = event.get("queryStringParameters") or {}
    return {name: (value,) for name, value in single.items()} | {
        name: tuple(values) for name, values in several.items()
    }


def _body(event: Event) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem("INTAKE.BAD_ENCODING", status=400, detail="The body is not valid base64.") from error
