"""In and out: the service token, or an account of the user pool, for a session of a working day."""

import hmac
import json
from collections.abc import Callable
from typing import Final

from shared.app.console.session import LIFE, SERVICE, Session
from shared.contracts.api import MAX_CURSOR
from shared.ports.clock import Clock
from shared.runtime.console.login_account import BEGIN, FORGET, AccountLogin
from shared.runtime.console.web import HOME, LOGIN, Page, Redirect, Route, Visit, goal_of, spent_goal
from shared.runtime.roles import EVERYBODY

NOBODY: Final[frozenset[str]] = frozenset()


class Logins:
    """``service_token`` reads its secret: ``{"token", "roles"}``. An empty one opens nothing.

    Without ``account`` nobody has an account here, and the page asks for the token alone.
    """

    def __init__(
        self,
        service_token: Callable[[], bytes],
        clock: Clock,
        nonce: Callable[[], str],
        account: AccountLogin | None = None,
    ) -> None:
        self._service_token, self._clock, self._nonce, self._account = service_token, clock, nonce, account

    def routes(self) -> tuple[Route, ...]:
        """The login, and the way out."""
        return (
            Route(method="GET", path="/console/?", name="home", roles=NOBODY, endpoint=lambda _: Redirect(to=HOME)),
            Route(method="GET", path=LOGIN, name="login", roles=NOBODY, endpoint=self._ask),
            Route(method="POST", path=LOGIN, name="enter", roles=NOBODY, endpoint=self._enter),
            Route(method="POST", path="/console/logout", name="leave", roles=NOBODY, endpoint=self._leave),
            *(self._account.routes() if self._account else ()),
        )

    def _ask(self, visit: Visit) -> Page | Redirect:
        return Redirect(to=goal_of(visit)) if visit.session.known else self._login_page(wrong=False)

    def _enter(self, visit: Visit) -> Page | Redirect:
        roles = self._roles_of(visit.form.get("token", "").strip())
        if roles is None:
            return self._login_page(wrong=True)
        until = self._clock.now() + LIFE
        session = Session(subject=SERVICE, roles=roles, until=until, nonce=self._nonce())
        goal = goal_of(visit)
        return Redirect(to=goal, session=session, cookies=spent_goal(goal))

    def _leave(self, visit: Visit) -> Redirect:
        """Out of the console, and out of the pool where the login began there: else one click would lead back in."""
        return Redirect(to=FORGET if self._account and visit.session.of_the_pool else LOGIN, leave=True)

    def _roles_of(self, token: str) -> frozenset[str] | None:
        held = json.loads(self._service_token())
        expected = str(held.get("token") or "")
        same = hmac.compare_digest(token[:MAX_CURSOR].encode(), expected.encode())
        return EVERYBODY & frozenset(held.get("roles") or ()) if expected and same else None

    def _login_page(self, *, wrong: bool) -> Page:
        values = {"wrong": wrong, "begin": BEGIN if self._account else ""}
        return Page(template="login.html", title="Log in", values=values, status=403 if wrong else 200)
