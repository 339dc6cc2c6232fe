"""Requests of browsers: login, roles, form tokens, headers. One table of routes is dispatch, permission and menu.

Every answer says what a browser may do with it: nothing from elsewhere, no inline script or style, no frame, no cache.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from shared.app.console.session import LIFE, Session, SessionKeys
from shared.domain.intake.problem import Problem
from shared.ports.clock import Clock
from shared.ports.failures import StoreUnavailable
from shared.runtime.console.browsers import Cookie, cookies_of, form_of, header_of, is_led_here, method_of, with_cookies
from shared.runtime.routing import PARAMETER, TITLES, Report

HOME: Final = "/console/overview"
LOGIN: Final = "/console/login"
COOKIE: Final = "leadspine_session"
TOKEN_FIELD: Final = "form_token"  # noqa: S105 (a field's name)
GOAL_COOKIE: Final = "leadspine_goal"
"""The page that somebody asked for before the login."""
_GOAL: Final = re.compile(r"(?!.*\.\.)/console/[A-Za-z0-9_.~/-]{1,200}(\?[A-Za-z0-9_.~%&=+-]{0,600})?", re.ASCII)
_GOAL_AGE_S: Final = 600

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
    cookies: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    """What the browser would rather read, as it says it (``pl``, ``de-CH``); empty when it does not say."""

    def asked(self, name: str) -> str:
        """A field of the form or the query, stripped; empty when it is not there."""
        return (self.form.get(name) or self.query.get(name) or "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a template shows. ``people`` are ids of the persons whose data it holds: the reading is recorded.

    ``session`` replaces the one there was. A page without forms (``forms``) gives strangers no session, so it cannot
    take that of somebody whose browser held it back because another site led here.
    """

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    status: int = 200
    session: Session | None = None
    cookies: tuple[Cookie, ...] = ()
    forms: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Look elsewhere. ``session`` replaces the one there was; ``leave`` ends it."""

    to: str
    session: Session | None = None
    leave: bool = False
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to keep; its name has letters, digits, dots and dashes only. ``people`` is as of a page."""

    name: str
    content_type: str
    content: str
    people: tuple[str, ...] = ()


Endpoint = Callable[[Visit], Page | Redirect | Download]


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
        method = method_of(event)
        route, parameters = self._route("GET" if method == "HEAD" else method, path)
        query = {str(name): str(value) for name, value in (event.get("queryStringParameters") or {}).items()}
        if fresh and method == "GET" and (route.roles or path == LOGIN) and is_led_here(event):
            return self._page(_own_way(path, query), session, path)
        if route.roles and not session.known:
            # A part of a page, or a form, is nothing to come back to.
            whole = method == "GET" and not header_of(event, "hx-request")
            goal = _goal_cookie(_address(path, query)) if whole else ()
            return self._redirect(event, Redirect(to=LOGIN, cookies=goal))
        if route.roles and not session.roles & route.roles:
            needed = ", ".join(sorted(route.roles))
            raise Problem("API.FORBIDDEN", status=403, detail=f"This page is for: {needed}.")
        form = form_of(event) if method == "POST" else {}
        if method == "POST" and (fresh or not self._keys.is_ours(session, form.pop(TOKEN_FIELD, ""))):
            detail = "The form is too old, or it is not ours. Go back, load the page again, and send it once more."
            raise Problem("CONSOLE.STALE_FORM", status=403, detail=detail)
        cookies = cookies_of(event)
        language = header_of(event, "accept-language").partition(",")[0].partition(";")[0].strip()
        visit = Visit(path=parameters, query=query, form=form, session=session, cookies=cookies, language=language)
        answer = route.endpoint(visit)
        if isinstance(answer, Redirect):
            self._report("CONSOLE.DONE", {"route": route.name, "subject": session.subject, "status": 303})
            return self._redirect(event, answer)
        status = answer.status if isinstance(answer, Page) else 200
        told: dict[str, Any] = {"route": route.name, "subject": session.subject, "status": status}
        if answer.people:
            # Who looked at whom: ids of ours, never what was shown.
            told["people"] = list(answer.people)
        self._report("CONSOLE.READ" if answer.people else "CONSOLE.SHOWN", told)
        if isinstance(answer, Download):
            return _download(answer)
        response = self._page(answer, session, path)
        kept = answer.session or (session if fresh and answer.forms else None)
        ours = () if kept is None else (self._session_cookie(kept),)
        return with_cookies(response, event, (*ours, *answer.cookies))

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
        held = self._keys.open(cookies_of(event).get(COOKIE, ""), now)
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
        changed = redirect.leave or redirect.session is not None
        ours = (self._session_cookie(None if redirect.leave else redirect.session),) if changed else ()
        return with_cookies(response, event, (*ours, *redirect.cookies))

    def _session_cookie(self, session: Session | None) -> Cookie:
        """What sets the session, or removes it."""
        value = "" if session is None else self._keys.seal(session)
        age = 0 if session is None else max(0, (session.until - self._clock.now()) // 1000)
        return Cookie(name=COOKIE, value=value, path="/console", same_site="Strict", age_s=age)


def _download(file: Download) -> dict[str, Any]:
    headers = {
        **HEADERS,
        "content-type": file.content_type,
        "content-disposition": f'attachment; filename="{file.name}"',
        "cache-control": NO_STORE,
    }
    return {"statusCode": 200, "headers": headers, "body": file.content, "isBase64Encoded": False}


def goal_of(visit: Visit) -> str:
    """The page to go to after the login: the one that was asked for, if it is one of ours, else the overview."""
    asked = unquote(visit.cookies.get(GOAL_COOKIE, ""))
    return asked if _GOAL.fullmatch(asked) else HOME


def spent_goal(goal: str) -> tuple[Cookie, ...]:
    """Forgets the page that was asked for, when somebody goes there."""
    return () if goal == HOME else (Cookie(name=GOAL_COOKIE, value="", path=LOGIN, same_site="Strict", age_s=0),)


def _goal_cookie(address: str) -> tuple[Cookie, ...]:
    """Remembers the page that somebody without a session asked for; the overview is where everybody goes anyway."""
    if address == HOME or not _GOAL.fullmatch(address):
        return ()
    value = quote(address, safe="")
    return (Cookie(name=GOAL_COOKIE, value=value, path=LOGIN, same_site="Strict", age_s=_GOAL_AGE_S),)


def _address(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _own_way(path: str, query: Mapping[str, str]) -> Page:
    """Leads to the same address once more, this time as a request of our own, with the cookie. Sets none itself."""
    values = {"heading": "One moment", "next": _address(path, query), "label": "Go on"}
    return Page(template="login_next.html", title="One moment", values=values)


def _problem_page(problem: Problem) -> Page:
    title = TITLES.get(problem.status, "Error")
    values = {"code": problem.code, "detail": problem.detail, "again": problem.status == 503}
    return Page(template="problem.html", title=title, values=values, status=problem.status)
