"""Requests of browsers: login, roles, form tokens, headers. One table of routes is dispatch, permission and menu.

Every answer says what a browser may do with it: nothing from elsewhere, no inline script or style, no frame, no cache.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from shared.app.console.session import LIFE, Session, SessionKeys
from shared.domain.intake.problem import Problem
from shared.ports.clock import Clock
from shared.ports.failures import StoreUnavailable
from shared.runtime.routing import MAX_BODY, PARAMETER, TITLES, Report

HOME: Final = "/console/overview"
LOGIN: Final = "/console/login"
COOKIE: Final = "leadspine_session"
TOKEN_FIELD: Final = "form_token"  # noqa: S105 (a field's name)
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST: Final = re.compile(r"^(.*?)(?::\d+)?$")

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
NO_STORE: Final = "no-store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A permitted request: path parameters, the query, and the fields of a form (the last of each name holds)."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    session: Session

    def asked(self, name: str) -> str:
        """A field of the form or the query, stripped; empty when it is not there."""
        return (self.form.get(name) or self.query.get(name) or "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a template shows. ``people`` are ids of the persons whose data it holds: the reading is recorded."""

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Look elsewhere. ``session`` replaces the one there was; ``leave`` ends it."""

    to: str
    session: Session | None = None
    leave: bool = False


Endpoint = Callable[[Visit], Page | Redirect]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A page or an action. ``roles`` is empty where no login is needed. ``menu`` is its name in the navigation."""

    method: str
    path: str
    name: str
    roles: frozenset[str]
    endpoint: Endpoint
    menu: str = ""
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the path; a parameter is an id as we give them out, one segment."""
        expression = PARAMETER.sub(r"(?P<\1>[A-Za-z0-9_.:~-]{1,160})", self.path)
        object.__setattr__(self, "pattern", re.compile(expression))


Render = Callable[[Page, Session, str, str], str]
"""(page, session, form token, path) → HTML."""

Serve = Callable[[str], dict[str, Any] | None]
"""A file of the console by its path, as a response; None when there is none."""


class Console:
    """Answers every event (payload 2.0); no exception leaves it."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        keys: SessionKeys,
        render: Render,
        files: Serve,
        clock: Clock,
        nonce: Callable[[], str],
        report: Report,
    ) -> None:
        self._routes, self._keys, self._render, self._files = tuple(routes), keys, render, files
        self._clock, self._nonce, self._report = clock, nonce, report

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The answer."""
        path = str(event.get("rawPath") or "/")
        found = self._files(path)
        if found is not None:
            return {**found, "headers": {**HEADERS, **found["headers"]}}
        session, fresh = self._session(event)
        try:
            return self._answer(event, path, session, fresh=fresh)
        except Problem as problem:
            return self._sorry(problem, session, path)
        except StoreUnavailable:
            busy = Problem("API.TRY_AGAIN", status=503, detail="The store is busy. Try again in a moment.")
            return self._sorry(busy, session, path)
        except Exception as error:
            # The text of an unknown exception may quote what it choked on, so only its type is told.
            self._report("CONSOLE.FAILED", {"status": 500, "error": type(error).__name__})
            ours = Problem("API.INTERNAL", status=500, detail="It is our fault. Try again later.")
            return self._page(_problem_page(ours), session, path)

    def _answer(self, event: Mapping[str, Any], path: str, session: Session, *, fresh: bool) -> dict[str, Any]:
        method = _method(event)
        route, parameters = self._route("GET" if method == "HEAD" else method, path)
        if route.roles and not session.known:
            return self._redirect(event, Redirect(to=LOGIN))
        if route.roles and not session.roles & route.roles:
            needed = ", ".join(sorted(route.roles))
            raise Problem("API.FORBIDDEN", status=403, detail=f"This page is for: {needed}.")
        form = _form(event) if method == "POST" else {}
        if method == "POST" and (fresh or not self._keys.is_ours(session, form.pop(TOKEN_FIELD, ""))):
            detail = "The form is too old, or it is not ours. Go back, load the page again, and send it once more."
            raise Problem("CONSOLE.STALE_FORM", status=403, detail=detail)
        query = {str(name): str(value) for name, value in (event.get("queryStringParameters") or {}).items()}
        answer = route.endpoint(Visit(path=parameters, query=query, form=form, session=session))
        if isinstance(answer, Redirect):
            self._report("CONSOLE.DONE", {"route": route.name, "subject": session.subject, "status": 303})
            return self._redirect(event, answer)
        told: dict[str, Any] = {"route": route.name, "subject": session.subject, "status": answer.status}
        if answer.people:
            # Who looked at whom: ids of ours, never what was shown.
            told["people"] = list(answer.people)
        self._report("CONSOLE.READ" if answer.people else "CONSOLE.SHOWN", told)
        response = self._page(answer, session, path)
        return self._with_cookie(response, event, session) if fresh else response

    def _route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        found = [(route, match) for route in self._routes if (match := route.pattern.fullmatch(path))]
        for route, match in found:
            if route.method == method:
                return route, match.groupdict()
        if found:
            raise Problem("API.METHOD_NOT_ALLOWED", status=405, detail="This address is used in another way.")
        raise Problem("API.NOT_FOUND", status=404, detail="There is nothing here.")

    def _session(self, event: Mapping[str, Any]) -> tuple[Session, bool]:
        """The session, and whether it was made just now: strangers get one, too, for the login form's token."""
        now = self._clock.now()
        held = self._keys.open(_cookie(event), now)
        if held is not None:
            return held, False
        return Session(subject="", roles=frozenset(), until=now + LIFE, nonce=self._nonce()), True

    def _sorry(self, problem: Problem, session: Session, path: str) -> dict[str, Any]:
        self._report("CONSOLE.REFUSED", {"status": problem.status, "problem": problem.code})
        return self._page(_problem_page(problem), session, path)

    def _page(self, page: Page, session: Session, path: str) -> dict[str, Any]:
        body = self._render(page, session, self._keys.form_token(session), path)
        headers = {**HEADERS, "content-type": "text/html; charset=utf-8", "cache-control": NO_STORE}
        return {"statusCode": page.status, "headers": headers, "body": body, "isBase64Encoded": False}

    def _redirect(self, event: Mapping[str, Any], redirect: Redirect) -> dict[str, Any]:
        headers = {**HEADERS, "location": redirect.to, "cache-control": NO_STORE}
        response = {"statusCode": 303, "headers": headers, "body": "", "isBase64Encoded": False}
        if redirect.leave:
            return self._with_cookie(response, event, None)
        return response if redirect.session is None else self._with_cookie(response, event, redirect.session)

    def _with_cookie(
        self, response: dict[str, Any], event: Mapping[str, Any], session: Session | None
    ) -> dict[str, Any]:
        """Set the session, or remove it. Only loopback may do without TLS: there is none on a laptop."""
        value = "" if session is None else self._keys.seal(session)
        age = 0 if session is None else max(0, (session.until - self._clock.now()) // 1000)
        secure = "" if _is_loopback(event) else "; Secure"
        cookie = f"{COOKIE}={value}; Path=/console; HttpOnly; SameSite=Strict; Max-Age={age}{secure}"
        return {**response, "cookies": [cookie]}


def _problem_page(problem: Problem) -> Page:
    title = TITLES.get(problem.status, "Error")
    values = {"code": problem.code, "detail": problem.detail, "again": problem.status == 503}
    return Page(template="problem.html", title=title, values=values, status=problem.status)


def _method(event: Mapping[str, Any]) -> str:
    return str(event.get("requestContext", {}).get("http", {}).get("method", "GET")).upper()


def _header(event: Mapping[str, Any], wanted: str) -> str:
    return next((str(v) for name, v in (event.get("headers") or {}).items() if name.lower() == wanted), "")


def _cookie(event: Mapping[str, Any]) -> str:
    """Our cookie; payload 2.0 has them in a list of their own, the laptop in the header."""
    sent = [*(event.get("cookies") or ()), *_header(event, "cookie").split(";")]
    pairs = (str(part).strip().partition("=") for part in sent)
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _is_loopback(event: Mapping[str, Any]) -> bool:
    match = _HOST.match(_header(event, "host"))
    return match is not None and match[1] in LOOPBACK


def _form(event: Mapping[str, Any]) -> dict[str, str]:
    raw = str(event.get("body") or "")
    if len(raw) > 2 * MAX_BODY:
        raise Problem("API.TOO_LARGE", status=413, detail=f"At most {MAX_BODY} bytes.")
    try:
        text = base64.b64decode(raw, validate=True).decode() if event.get("isBase64Encoded") else raw
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50))
    except (binascii.Error, ValueError):
        raise Problem("API.BAD_REQUEST", status=400, detail="This is not a form.") from None
