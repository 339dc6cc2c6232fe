"""A small router for API Gateway HTTP API (payload 2.0): one table of routes is dispatch, permission and OpenAPI.

Not Powertools' resolver: with validation and OpenAPI it loads 130 modules more for the same dozen routes, and its
documentation of a route and the roles that may call it would be two lists.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel, ValidationError

from shared.contracts.api import NoQuery, ProblemView
from shared.domain.intake.problem import Problem
from shared.ports.failures import StoreUnavailable

MAX_BODY: Final = 16_384
"""Bytes of a request body, unless a route takes files. Questions are short."""
TITLES: Final = {
    400: "Bad request", 401: "Login needed", 403: "Not allowed", 404: "Not found", 405: "Method not allowed",
    409: "Conflict", 413: "Too large", 422: "Not usable", 500: "Internal error", 503: "Try again",
}  # fmt: skip
_HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
PARAMETER: Final = re.compile(r"\{(\w+)\}")

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A permitted request: path parameters, and query and body already validated as the route declares them."""

    path: Mapping[str, str]
    query: BaseModel
    body: BaseModel | None
    subject: str
    roles: frozenset[str]

    def asked(self, shape: type[M]) -> M:
        """The query or the body, whichever has this shape."""
        return cast("M", self.body if isinstance(self.body, shape) else self.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. ``name`` is its operationId, ``roles`` who may call it (any one of them)."""

    method: str
    path: str
    name: str
    summary: str
    roles: frozenset[str]
    answer: type[BaseModel] | None
    endpoint: Callable[[Call], BaseModel | Mapping[str, Any]]
    query: type[BaseModel] = NoQuery
    body: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    max_body: int = MAX_BODY
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the path; a parameter is an id as we give them out, one segment."""
        expression = PARAMETER.sub(r"(?P<\1>[A-Za-z0-9_.:~-]{1,160})", self.path)
        object.__setattr__(self, "pattern", re.compile(expression))


def get(
    path: str,
    name: str,
    summary: str,
    answer: type[BaseModel] | None,
    endpoint: Callable[[Call], Any],
    *,
    roles: frozenset[str],
    query: type[BaseModel] = NoQuery,
    errors: tuple[int, ...] = (),
) -> Route:
    """A question."""
    return Route(
        method="GET",
        path=path,
        name=name,
        summary=summary,
        roles=roles,
        answer=answer,
        endpoint=endpoint,
        query=query,
        errors=errors,
    )


def post(
    path: str,
    name: str,
    summary: str,
    answer: type[BaseModel],
    endpoint: Callable[[Call], Any],
    *,
    roles: frozenset[str],
    body: type[BaseModel] | None = None,
    errors: tuple[int, ...] = (),
) -> Route:
    """An action, or a question whose words must not stand in an address."""
    return Route(
        method="POST",
        path=path,
        name=name,
        summary=summary,
        roles=roles,
        answer=answer,
        endpoint=endpoint,
        body=body,
        errors=errors,
    )


Report = Callable[[str, Mapping[str, Any]], None]
"""Told what happened: a stable code and attributes without personal data."""


class _WrongMethod(Problem):
    def __init__(self, allow: str) -> None:
        super().__init__("API.METHOD_NOT_ALLOWED", status=405, detail=f"Use {allow}.")
        self.allow = allow


class Router:
    """Answers every event; no exception leaves it."""

    def __init__(self, routes: Sequence[Route], report: Report) -> None:
        self.routes = tuple(routes)
        self._report = report

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one API Gateway event (payload 2.0)."""
        name = "unknown"
        try:
            route, path = self._route(event)
            name = route.name
            answer = route.endpoint(_permitted(route, path, event))
        except Problem as problem:
            return self._refused(name, problem)
        except StoreUnavailable:
            return self._refused(name, Problem("API.TRY_AGAIN", status=503, detail="The store is busy; try again."))
        except Exception as error:
            # The text of an unknown exception may quote what it choked on, so only its type is told.
            self._report("API.FAILED", {"route": name, "status": 500, "error": type(error).__name__})
            return problem_response(Problem("API.INTERNAL", status=500, detail="It is our fault. Try again later."))
        self._report("API.ANSWERED", {"route": name, "status": 200})
        return _response(200, "application/json", _json(answer))

    def _refused(self, name: str, problem: Problem) -> dict[str, Any]:
        self._report("API.REFUSED", {"route": name, "status": problem.status, "problem": problem.code})
        return problem_response(problem)

    def _route(self, event: Mapping[str, Any]) -> tuple[Route, dict[str, str]]:
        method = str(event.get("requestContext", {}).get("http", {}).get("method", "GET")).upper()
        path = str(event.get("rawPath") or "/")
        found = [(route, match) for route in self.routes if (match := route.pattern.fullmatch(path))]
        for route, match in found:
            if route.method == method:
                return route, match.groupdict()
        if found:
            raise _WrongMethod(", ".join(sorted(route.method for route, _ in found)))
        raise Problem("API.NOT_FOUND", status=404, detail="There is nothing here.")


def _permitted(route: Route, path: dict[str, str], event: Mapping[str, Any]) -> Call:
    """Who asks comes from the authorizer, never from the request; without one nobody may do anything."""
    context = (event.get("requestContext", {}).get("authorizer") or {}).get("lambda") or {}
    subject = str(context.get("sub") or "")
    if not subject:
        raise Problem("API.UNAUTHORIZED", status=401, detail="Log in first.")
    roles = frozenset(str(context.get("roles") or "").replace(",", " ").split())
    if not roles & route.roles:
        raise Problem("API.FORBIDDEN", status=403, detail=f"This needs one of: {', '.join(sorted(route.roles))}.")
    query = _valid(lambda: route.query.model_validate(event.get("queryStringParameters") or {}), route.query)
    body = None
    if route.body is not None:
        shape, raw = route.body, _body(event, route.max_body)
        body = _valid(lambda: shape.model_validate_json(raw), shape)
    return Call(path=path, query=query, body=body, subject=subject, roles=roles)


def _valid(read: Callable[[], M], shape: type[M]) -> M:
    """A validated value, or a problem that names fields of ours and never repeats the input."""
    try:
        return read()
    except ValidationError as error:
        known = {model.alias or name for name, model in shape.model_fields.items()}
        said = set()
        for flaw in error.errors(include_input=False, include_url=False, include_context=False):
            place = flaw["loc"][0] if flaw["loc"] and flaw["loc"][0] in known else ""
            said.add(f"{place}: {_flaw(flaw['type'], flaw['msg'])}" if place else _flaw(flaw["type"], flaw["msg"]))
        raise Problem("API.BAD_REQUEST", status=400, detail="; ".join(sorted(said))) from None


def _flaw(kind: str, message: str) -> str:
    return {
        "extra_forbidden": "unknown field",
        "json_invalid": "not valid JSON",
        "model_type": "not a JSON object",
    }.get(kind, message.removeprefix("Value error, "))


def _body(event: Mapping[str, Any], max_body: int) -> bytes:
    raw = str(event.get("body") or "")
    too_large = Problem("API.TOO_LARGE", status=413, detail=f"At most {max_body} bytes.")
    if len(raw) > 2 * max_body:
        raise too_large
    try:
        body = base64.b64decode(raw, validate=True) if event.get("isBase64Encoded") else raw.encode()
    except (binascii.Error, ValueError):
        raise Problem("API.BAD_REQUEST", status=400, detail="not valid JSON") from None
    if len(body) > max_body:
        raise too_large
    return body


def problem_response(problem: Problem) -> dict[str, Any]:
    """RFC 9457."""
    view = ProblemView(
        type="about:blank",
        title=TITLES.get(problem.status, "Error"),
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
    )
    response = _response(problem.status, "application/problem+json", view.model_dump_json())
    if isinstance(problem, _WrongMethod):
        response["headers"]["allow"] = problem.allow
    return response


def _response(status: int, content_type: str, body: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {**_HEADERS, "content-type": content_type},
        "body": body,
        "isBase64Encoded": False,
    }


def _json(answer: BaseModel | Mapping[str, Any]) -> str:
    if isinstance(answer, BaseModel):
        return answer.model_dump_json(by_alias=True)

    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
