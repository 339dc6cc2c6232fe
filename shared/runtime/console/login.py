"""In and out: the service token for a session of a working day."""

import hmac
import json
from collections.abc import Callable
from typing import Final

from shared.app.console.session import LIFE, Session
from shared.contracts.api import MAX_CURSOR
from shared.ports.clock import Clock
from shared.runtime.console.web import HOME, LOGIN, Page, Redirect, Route, Visit

ROLES: Final = frozenset({"marketer", "sales", "privacy", "operator"})
NOBODY: Final[frozenset[str]] = frozenset()


class Logins:
    """``service_token`` reads its secret: ``{"token", "roles"}``. An empty one opens nothing."""

    def __init__(self, service_token: Callable[[], bytes], clock: Clock, nonce: Callable[[], str]) -> None:
        self._service_token, self._clock, self._nonce = service_token, clock, nonce

    def routes(self) -> tuple[Route, ...]:
        """The login, and the way out."""
        return (
            Route(method="GET", path="/console/?", name="home", roles=NOBODY, endpoint=lambda _: Redirect(to=HOME)),
            Route(method="GET", path=LOGIN, name="login", roles=NOBODY, endpoint=self._ask),
            Route(method="POST", path=LOGIN, name="enter", roles=NOBODY, endpoint=self._enter),
            Route(method="POST", path="/console/logout", name="leave", roles=NOBODY, endpoint=self._leave),
        )

    def _ask(self, visit: Visit) -> Page | Redirect:
        return Redirect(to=HOME) if visit.session.known else _login_page(wrong=False)

    def _enter(self, visit: Visit) -> Page | Redirect:
        roles = self._roles_of(visit.form.get("token", "").strip())
        if roles is None:
            return _login_page(wrong=True)
        until = self._clock.now() + LIFE
        session = Session(subject="service", roles=roles, until=until, nonce=self._nonce())
        return Redirect(to=HOME, session=session)

    def _leave(self, _: Visit) -> Redirect:
        return Redirect(to=LOGIN, leave=True)

    def _roles_of(self, token: str) -> frozenset[str] | None:
        held = json.loads(self._service_token())
        expected = str(held.get("token") or "")
        same = hmac.compare_digest(token[:MAX_CURSOR].encode(), expected.encode())
        return ROLES & frozenset(held.get("roles") or ()) if expected and same else None


def _login_page(*, wrong: bool) -> Page:
    return Page(template="login.html", title="Log in", values={"wrong": wrong}, status=403 if wrong else 200)
