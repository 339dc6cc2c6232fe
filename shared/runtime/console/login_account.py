"""A login at the pages of the user pool: away with a state, back with a code, in with the roles of the groups.

The session's cookie is strict, and a browser holds strict cookies back on every hop of a redirect that another site
began. So the way back ends on a page of ours, which leads on: from there the next request is our own.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from shared.app.console.login_attempt import ATTEMPT_LIFE, Attempt, AttemptKeys, challenge
from shared.app.console.session import LIFE, Session
from shared.domain.instant import SECOND
from shared.ports.clock import Clock
from shared.ports.login import LoginPages, LoginRefused, LoginUnavailable
from shared.runtime.console.browsers import Cookie
from shared.runtime.console.web import HOME, LOGIN, Page, Redirect, Route, Visit, goal_of, spent_goal
from shared.runtime.roles import EVERYBODY
from shared.runtime.routing import Report

BEGIN: Final = f"{LOGIN}/cognito"
BACK: Final = f"{LOGIN}/callback"
FORGET: Final = f"{LOGIN}/forget"
ATTEMPT_COOKIE: Final = "leadspine_login"
NOBODY: Final[frozenset[str]] = frozenset()


class Refusal(NamedTuple):
    """Why a login ended without a session. ``detail`` is for the person, and repeats nothing of what was sent."""

    code: str
    status: int
    detail: str


UNKNOWN: Final = Refusal(
    "LOGIN.UNKNOWN",
    403,
    "No login is under way in this browser: it is finished already, took too long, or cookies are blocked here.",
)
EXPIRED: Final = Refusal("LOGIN.EXPIRED", 403, "The login took more than ten minutes.")
STATE: Final = Refusal(
    "LOGIN.STATE", 403, "This answer belongs to another login than the last one of this browser, maybe in another tab."
)
DENIED: Final = Refusal("LOGIN.DENIED", 403, "The login page let nobody in: the login was cancelled or not allowed.")
NO_CODE: Final = Refusal("LOGIN.NO_CODE", 400, "The login page sent nothing that proves a login.")
CODE_REFUSED: Final = Refusal("LOGIN.CODE_REFUSED", 403, "This login was used already, or it is too old.")
TOKEN_REFUSED: Final = Refusal("LOGIN.TOKEN_REFUSED", 403, "What came back does not prove who you are.")
UNAVAILABLE: Final = Refusal("LOGIN.UNAVAILABLE", 503, "The login cannot be checked at the moment.")
NO_ROLE: Final = Refusal("LOGIN.NO_ROLE", 403, "")

_REFUSED: Final = {"code": CODE_REFUSED, "token": TOKEN_REFUSED}


class AccountLogin:
    """Sends people to the login pages and takes them in when they are back.

    ``pages`` is a function: what verifies a login loads a crypto library, which no other page needs. ``state`` and
    ``nonce`` make texts that nobody can guess.
    """

    def __init__(
        self,
        pages: Callable[[], LoginPages],
        keys: AttemptKeys,
        clock: Clock,
        *,
        nonce: Callable[[], str],
        report: Report,
    ) -> None:
        self._pages, self._keys, self._clock = pages, keys, clock
        self._nonce, self._report = nonce, report

    def routes(self) -> tuple[Route, ...]:
        """Away, back, and out."""
        return (
            Route(method="GET", path=BEGIN, name="loginBegin", roles=NOBODY, endpoint=self._begin),
            Route(method="GET", path=BACK, name="loginBack", roles=NOBODY, endpoint=self._back),
            Route(method="GET", path=FORGET, name="loginForget", roles=NOBODY, endpoint=self._forget),
        )

    def _begin(self, visit: Visit) -> Redirect:
        attempt = Attempt(state=self._nonce(), until=self._clock.now() + ATTEMPT_LIFE, goal=goal_of(visit))
        proof, nonce = challenge(self._keys.verifier(attempt)), self._keys.nonce(attempt)
        away = self._pages().login_url(state=attempt.state, nonce=nonce, challenge=proof)
        return Redirect(to=away, cookies=(_attempt_cookie(self._keys.seal(attempt), ATTEMPT_LIFE // SECOND),))

    def _back(self, visit: Visit) -> Page:
        attempt = self._keys.open(visit.cookies.get(ATTEMPT_COOKIE, ""))
        # Whoever cannot name the attempt must not end it either: any site can lead a browser here.
        if attempt is None:
            return self._refused(UNKNOWN)
        if not attempt.is_about(visit.query.get("state", "")):
            return self._refused(STATE)
        spent = (_attempt_cookie("", 0),)
        if attempt.until <= self._clock.now():
            return self._refused(EXPIRED, cookies=spent)
        if "error" in visit.query:
            return self._refused(DENIED, cookies=spent)
        return self._entered(attempt, visit.query.get("code", ""), spent)

    def _entered(self, attempt: Attempt, code: str, spent: tuple[Cookie, ...]) -> Page:
        """A page that leads on with a session, or says why there is none."""
        if not code:
            return self._refused(NO_CODE, cookies=spent)
        verifier, nonce = self._keys.verifier(attempt), self._keys.nonce(attempt)
        try:
            subject, groups = self._pages().person(code, verifier=verifier, nonce=nonce)
        except LoginRefused as refused:
            return self._refused(_REFUSED[refused.what], reason=refused.reason, cookies=spent)
        except LoginUnavailable as unavailable:
            return self._refused(UNAVAILABLE, reason=str(unavailable), cookies=spent)
        roles = EVERYBODY & frozenset(groups)
        if not roles:
            return self._refused(NO_ROLE, subject=subject, cookies=spent)
        session = Session(subject=subject, roles=roles, until=self._clock.now() + LIFE, nonce=self._nonce())
        self._report("LOGIN.DONE", {"subject": subject, "roles": sorted(roles)})
        label = "To the overview" if attempt.goal == HOME else "To the page you asked for"
        values = {"heading": "You are logged in", "next": attempt.goal, "label": label}
        return Page(
            template="login_next.html",
            title="Logged in",
            values=values,
            session=session,
            cookies=(*spent, *spent_goal(attempt.goal)),
            forms=False,
        )

    def _forget(self, visit: Visit) -> Page | Redirect:
        """Leads on to the pool's logout. Not a redirect: a form that led here may not end at another site."""
        if visit.session.known:
            return Redirect(to=HOME)
        values = {
            "heading": "You are logged out",
            "next": self._pages().logout_url(),
            "label": "Log out of the company account, too",
        }
        return Page(template="login_next.html", title="Logged out", values=values, forms=False)

    def _refused(self, why: Refusal, *, reason: str = "", subject: str = "", cookies: tuple[Cookie, ...] = ()) -> Page:
        told = {"problem": why.code, "status": why.status, "reason": reason, "subject": subject}
        self._report("LOGIN.REFUSED", {name: value for name, value in told.items() if value})
        values = {"code": why.code, "detail": why.detail, "begin": BEGIN, "forget": FORGET, "roles": sorted(EVERYBODY)}
        template = "login_no_role.html" if why is NO_ROLE else "login_refused.html"
        title = "No role yet" if why is NO_ROLE else "Not logged in"
        return Page(template=template, title=title, values=values, status=why.status, cookies=cookies, forms=False)


def _attempt_cookie(value: str, age_s: int) -> Cookie:
    return Cookie(name=ATTEMPT_COOKIE, value=value, path=LOGIN, same_site="Lax", age_s=age_s)
