"""Logging in at the pages of the user pool: who gets in, and every way in which somebody does not."""

import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests

from infra.console_assets import BROWSER
from shared.app.console.login_attempt import ATTEMPT_LIFE, Attempt, AttemptKeys
from shared.app.console.session import LIFE, SessionKeys
from shared.runtime.bootstrap.serve_console import assembled
from shared.runtime.console.login import Logins
from shared.runtime.console.login_account import ATTEMPT_COOKIE, BACK, BEGIN, FORGET, AccountLogin
from shared.runtime.console.web import COOKIE, GOAL_COOKIE, HOME, LOGIN
from tests.browser.site import event_of
from tests.unit.api.world import World, ann_and_bob
from tests.unit.console.browsing import FORM_TOKEN, TOKEN
from tests.unit.console.identity_provider import ANN, CLIENT, UserPool, query_of

HOST = "console.example"
INSIDE = "/console/handovers"
"""A page behind the login."""
SECRET = b"a secret of the console"
LEADS_ON = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


@dataclass
class Surfer:
    """A browser that minds paths, ages and SameSite. ``elsewhere`` is a request that another site began."""

    console: Any
    jar: dict[str, tuple[str, str]] = field(default_factory=dict)

    def get(self, target: str, *, elsewhere: bool = False) -> dict[str, Any]:
        return self._send("GET", target, b"", elsewhere=elsewhere)

    def post(self, target: str, page: dict[str, Any], **fields: str) -> dict[str, Any]:
        """A form of a page."""
        found = FORM_TOKEN.search(page["body"])
        assert found
        return self._send("POST", target, urlencode({"form_token": found[1], **fields}).encode(), elsewhere=False)

    def _send(self, method: str, target: str, body: bytes, *, elsewhere: bool) -> dict[str, Any]:
        path = urlsplit(target).path
        sent = [
            f"{name}={value}"
            for name, (value, line) in self.jar.items()
            if path.startswith(line.split("Path=")[1].split(";")[0]) and not (elsewhere and "SameSite=Strict" in line)
        ]
        headers = {"host": HOST, "cookie": "; ".join(sent)}
        headers["sec-fetch-site"] = "cross-site" if elsewhere else "same-origin"
        answered: dict[str, Any] = self.console(event_of(method, target, headers, body))
        for line in answered.get("cookies", ()):
            name, _, value = line.partition(";")[0].partition("=")
            self.jar.pop(name, None)
            if "Max-Age=0" not in line:
                self.jar[name] = (value, line)
        return answered


@dataclass
class Setting:
    world: World
    pool: UserPool
    surfer: Surfer

    def begin(self) -> str:
        """Away to the pool and back: the address that the pool leads to."""
        return here(self.pool.authorize(self.surfer.get(BEGIN)["headers"]["location"]))

    def log_in(self) -> dict[str, Any]:
        return self.surfer.get(self.begin(), elsewhere=True)

    def told(self, code: str) -> list[dict[str, Any]]:
        return [dict(told) for named, told in self.world.told if named == code]


def here(url: str) -> str:
    return url.removeprefix(f"https://{HOST}")


def setting(token: str = TOKEN, **pool: Any) -> Setting:
    world = ann_and_bob()
    made = UserPool(f"https://{HOST}", world.clock, **pool)
    numbers = iter(range(10_000))

    def nonce() -> str:
        return f"nonce-{next(numbers)}"

    def report(code: str, told: Any) -> None:
        world.told.append((code, told))

    account = AccountLogin(lambda: pages, AttemptKeys(lambda: SECRET), world.clock, nonce=nonce, report=report)
    pages = made.pages()
    held = json.dumps({"token": token, "roles": ["operator"]}).encode()
    console = assembled(
        world.services,
        keys=SessionKeys(lambda: SECRET),
        logins=Logins(lambda: held, world.clock, nonce, account),
        browser=BROWSER,
        report=report,
    )
    return Setting(world, made, Surfer(console))


@pytest.fixture
def place() -> Setting:
    return setting()


def assert_refused(place: Setting, answered: dict[str, Any], code: str, status: int) -> None:
    assert answered["statusCode"] == status
    assert code in answered["body"]
    assert place.told("LOGIN.REFUSED")[-1]["problem"] == code
    assert place.surfer.get("/console/leads")["headers"].get("location") == LOGIN, "nobody got in"
    assert f'href="{BEGIN}"' in answered["body"], "the page offers another try"


def test_the_login_page_offers_the_company_account_and_keeps_the_token_for_emergencies(place: Setting) -> None:
    page = place.surfer.get(LOGIN)

    assert f'href="{BEGIN}"' in page["body"]
    assert "Log in with your company account" in page["body"]
    assert place.surfer.post(LOGIN, page, token=TOKEN)["headers"]["location"] == HOME
    assert place.surfer.get(INSIDE)["statusCode"] == 200


def test_the_pages_are_told_a_challenge_and_never_the_verifier(place: Setting) -> None:
    answered = place.surfer.get(BEGIN)
    asked = query_of(answered["headers"]["location"])
    verifier = AttemptKeys(lambda: SECRET).verifier(Attempt(state=asked["state"], until=0, goal=HOME))

    assert answered["headers"]["location"].startswith("https://pool.example/oauth2/authorize?")
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid email")
    assert asked["redirect_uri"] == f"https://{HOST}{BACK}"
    assert asked["code_challenge_method"] == "S256"
    assert 43 <= len(verifier) <= 128
    assert verifier not in json.dumps(answered)


def test_two_logins_share_neither_state_nor_nonce_nor_challenge(place: Setting) -> None:
    one, two = (query_of(place.surfer.get(BEGIN)["headers"]["location"]) for _ in range(2))

    assert not {one[name] for name in ("state", "nonce", "code_challenge")} & {
        two[name] for name in ("state", "nonce", "code_challenge")
    }


def test_the_cookie_of_a_login_comes_back_with_the_browser_and_is_kept_for_the_login_alone(place: Setting) -> None:
    (cookie,) = place.surfer.get(BEGIN)["cookies"]

    assert cookie.startswith(f"{ATTEMPT_COOKIE}=")
    for wanted in ("HttpOnly", "Secure", "SameSite=Lax", f"Path={LOGIN}", "Max-Age=600"):
        assert wanted in cookie


def test_who_logs_in_has_the_groups_that_are_roles_for_a_working_day(place: Setting) -> None:
    answered = place.log_in()

    assert answered["statusCode"] == 200
    assert place.told("LOGIN.DONE") == [{"subject": ANN, "roles": ["marketer"]}]
    assert place.surfer.get(INSIDE)["statusCode"] == 200
    assert place.surfer.get("/console/operations")["statusCode"] == 403, "a marketer is no operator"
    place.world.clock.advance(LIFE)
    assert place.surfer.get(INSIDE)["headers"]["location"] == LOGIN


def test_the_way_back_ends_on_our_own_page_since_a_strict_cookie_does_not_pass_a_redirect(place: Setting) -> None:
    answered = place.log_in()
    leads_on = LEADS_ON.search(answered["body"])

    assert "location" not in answered["headers"]
    assert leads_on
    assert leads_on[1] == HOME
    assert f'href="{HOME}"' in answered["body"], "for browsers that do not lead on by themselves"
    assert "SameSite=Strict" in place.surfer.jar[COOKIE][1]
    assert "Log out" not in place.surfer.get(INSIDE, elsewhere=True)["body"], "what a redirect would have led to"
    assert place.surfer.get(INSIDE)["statusCode"] == 200


def test_neither_cookies_nor_log_nor_page_hold_a_code_a_token_or_an_address(place: Setting) -> None:
    answered = place.log_in()
    kept = json.dumps([answered, place.surfer.jar, [list(told) for told in place.world.told]], default=str)

    assert not re.search(r"code-\d|eyJ|ann@acme|access_token", kept)


def test_the_cookie_of_a_login_is_spent_with_it(place: Setting) -> None:
    back = place.begin()
    place.surfer.get(back, elsewhere=True)

    assert ATTEMPT_COOKIE not in place.surfer.jar


def test_an_answer_works_once_even_for_a_browser_that_keeps_its_cookies() -> None:
    place = setting()
    back = place.begin()
    kept = dict(place.surfer.jar)
    place.surfer.get(back, elsewhere=True)

    place.surfer.jar = {}
    assert_refused(place, place.surfer.get(back, elsewhere=True), "LOGIN.UNKNOWN", 403)
    place.surfer.jar = kept
    assert_refused(place, place.surfer.get(back, elsewhere=True), "LOGIN.CODE_REFUSED", 403)


def test_an_answer_for_another_login_is_refused_and_does_not_end_the_one_under_way(place: Setting) -> None:
    other = place.begin()
    back = place.begin()

    assert_refused(place, place.surfer.get(other, elsewhere=True), "LOGIN.STATE", 403)
    for state in ("", "é", "nonce-0,nonce-1", "\ud800"):
        event = event_of(
            "GET", BACK, {"host": HOST, "cookie": f"{ATTEMPT_COOKIE}={place.surfer.jar[ATTEMPT_COOKIE][0]}"}
        )
        event["queryStringParameters"] = {"code": "code-1", "state": state}
        assert "LOGIN.STATE" in place.surfer.console(event)["body"]
    assert place.pool.asked == [], "the pool was not asked"
    assert place.surfer.get(back, elsewhere=True)["statusCode"] == 200
    assert place.surfer.get(INSIDE)["statusCode"] == 200


def test_a_stranger_cannot_be_logged_in_as_somebody_else(place: Setting) -> None:
    """A victim is led to the answer of the attacker's login: the attempt is in the attacker's browser."""
    back = place.begin()
    victim = Surfer(place.surfer.console)

    answered = victim.get(back, elsewhere=True)

    assert answered["statusCode"] == 403
    assert "cookies" not in answered


def test_a_stolen_code_is_worth_nothing_in_another_login(place: Setting) -> None:
    stolen = query_of(place.begin())["code"]
    mine = query_of(place.begin())["state"]

    answered = place.surfer.get(f"{BACK}?{urlencode({'code': stolen, 'state': mine})}", elsewhere=True)

    assert_refused(place, answered, "LOGIN.CODE_REFUSED", 403)


def test_a_login_of_more_than_ten_minutes_is_over(place: Setting) -> None:
    back = place.begin()
    place.world.clock.advance(ATTEMPT_LIFE)

    assert_refused(place, place.surfer.get(back, elsewhere=True), "LOGIN.EXPIRED", 403)
    assert place.pool.asked == []


@pytest.mark.parametrize("cookie", ["", "x", "A" * 60, "é", "A" * 5000, "of a session"])
def test_a_cookie_that_we_did_not_make_is_no_login(place: Setting, cookie: str) -> None:
    state = query_of(place.begin())["state"]
    if cookie == "of a session":
        page = place.surfer.get(LOGIN)
        place.surfer.post(LOGIN, page, token=TOKEN)
        cookie = place.surfer.jar.pop(COOKIE)[0]
    place.surfer.jar[ATTEMPT_COOKIE] = (cookie, f"Path={LOGIN}")

    answered = place.surfer.get(f"{BACK}?{urlencode({'code': 'c', 'state': state})}", elsewhere=True)

    assert_refused(place, answered, "LOGIN.UNKNOWN", 403)


def test_no_bit_of_an_attempt_can_be_changed() -> None:
    keys = AttemptKeys(lambda: SECRET)
    sealed = keys.seal(Attempt(state="state", until=1, goal=HOME))

    for place in range(len(sealed)):
        other = "A" if sealed[place] != "A" else "B"
        opened = keys.open(sealed[:place] + other + sealed[place + 1 :])
        assert opened is None or opened == keys.open(sealed), "spare bits of the last character say nothing"
    assert AttemptKeys(lambda: b"another secret").open(sealed) is None


def test_a_cancelled_login_says_so_and_repeats_nothing_of_what_it_was_told(place: Setting) -> None:
    state = query_of(place.begin())["state"]
    told = {"error": "access_denied", "error_description": "<b>ann@acme.example</b>", "state": state}

    answered = place.surfer.get(f"{BACK}?{urlencode(told)}", elsewhere=True)

    assert_refused(place, answered, "LOGIN.DENIED", 403)
    assert "ann@" not in answered["body"] + str(place.world.told)


def test_an_answer_without_a_code_is_refused(place: Setting) -> None:
    state = query_of(place.begin())["state"]

    assert_refused(place, place.surfer.get(f"{BACK}?state={state}", elsewhere=True), "LOGIN.NO_CODE", 400)


@pytest.mark.parametrize("code", ["x" * 3000, "кот"])
def test_a_code_that_no_pool_gives_out_is_not_sent_to_it(place: Setting, code: str) -> None:
    state = query_of(place.begin())["state"]

    answered = place.surfer.get(f"{BACK}?{urlencode({'code': code, 'state': state})}", elsewhere=True)

    assert_refused(place, answered, "LOGIN.CODE_REFUSED", 403)
    assert place.pool.asked == []


DOWN = {
    "silent": requests.ConnectTimeout("https://pool.example/?code=code-0"),
    "broken": (500, b"<html>"),
    "throttling": (429, b'{"error":"too_many_requests code-0"}'),
    "set up wrongly": (400, b'{"error":"invalid_client"}'),
    "leading elsewhere": (302, b""),
    "speaking HTML": (200, b"<html>"),
    "speaking lists": (200, b"[]"),
    "without an ID token": (200, b'{"access_token":"a"}'),
    "with an ID token that is no text": (200, b'{"id_token":7}'),
}


@pytest.mark.parametrize("how", DOWN)
def test_a_pool_that_does_not_answer_as_agreed_is_another_try_later(how: str) -> None:
    place = setting(answer=DOWN[how])

    answered = place.log_in()

    assert_refused(place, answered, "LOGIN.UNAVAILABLE", 503)
    assert "code-0" not in str(place.world.told) + answered["body"]


def test_keys_of_the_pool_that_cannot_be_had_are_another_try_later() -> None:
    place = setting(keys=b"<html>")

    assert_refused(place, place.log_in(), "LOGIN.UNAVAILABLE", 503)


FORGED: dict[str, dict[str, Any]] = {
    "another key": {"key": "k2"},
    "another pool": {"claims": {"iss": "https://evil.example"}},
    "another client": {"claims": {"aud": "client-2"}},
    "a list of clients": {"claims": {"aud": [CLIENT]}},
    "the nonce of another login": {"claims": {"nonce": "nonce"}},
    "no nonce": {"claims": {"nonce": None}},
    "a nonce that is no text": {"claims": {"nonce": 7}},
    "expired": {"claims": {"exp": 1_000}},
    "no expiry": {"claims": {"exp": None}},
    "from the future": {"claims": {"iat": 99_999_999_999}},
    "an access token": {"claims": {"token_use": "access", "client_id": CLIENT}},
    "about nobody": {"claims": {"sub": ""}},
    "groups that are no list": {"claims": {"cognito:groups": "operator"}},
}


@pytest.mark.parametrize("how", FORGED)
def test_an_id_token_that_is_not_for_this_login_opens_nothing(how: str) -> None:
    place = setting(**FORGED[how])

    assert_refused(place, place.log_in(), "LOGIN.TOKEN_REFUSED", 403)


@pytest.mark.parametrize("groups", [(), ("admins",), ("Marketer", "operator ")])
def test_somebody_without_a_role_learns_who_grants_one(groups: tuple[str, ...]) -> None:
    place = setting(groups=groups)

    answered = place.log_in()

    assert_refused(place, answered, "LOGIN.NO_ROLE", 403)
    assert "Roles are granted by" in answered["body"]
    assert f'href="{FORGET}"' in answered["body"], "or another account"
    assert COOKIE not in place.surfer.jar


def test_a_refused_answer_takes_no_session_from_whoever_has_one(place: Setting) -> None:
    """Any site can lead a browser here, and the browser then holds the session back."""
    place.log_in()

    place.surfer.get(f"{BACK}?state=made-up&code=c", elsewhere=True)

    assert place.surfer.get(INSIDE)["statusCode"] == 200


@pytest.mark.parametrize("page", [INSIDE, f"{INSIDE}?state=overdue", LOGIN])
def test_a_link_from_elsewhere_finds_the_session_and_does_not_end_it(place: Setting, page: str) -> None:
    """A link in a mail: the browser holds the session back, but not from the request that our own page makes."""
    place.log_in()

    answered = place.surfer.get(page, elsewhere=True)
    leads_on = LEADS_ON.search(answered["body"])

    assert leads_on
    assert leads_on[1] == page
    assert "cookies" not in answered
    assert place.surfer.get(INSIDE)["statusCode"] == 200


def test_a_stranger_who_follows_a_link_is_led_on_to_the_login(place: Setting) -> None:
    assert LEADS_ON.search(place.surfer.get(INSIDE, elsewhere=True)["body"])
    assert place.surfer.get(INSIDE)["headers"]["location"] == LOGIN


@pytest.mark.parametrize("asked", ["/console/leads/lead_ann", "/console/reports/romi?by=channel&from=2026-01-01"])
def test_whoever_followed_a_link_ends_at_its_page(place: Setting, asked: str) -> None:
    for elsewhere in (True, False):
        place.surfer.get(asked, elsewhere=elsewhere)
    assert place.surfer.get(LOGIN)["statusCode"] == 200

    found = LEADS_ON.search(place.log_in()["body"])

    assert found
    assert unescape(found[1]) == asked
    found = LEADS_ON.search(place.log_in()["body"])
    assert found
    assert found[1] == HOME, "a goal is reached once"


def test_the_token_leads_to_the_page_that_was_asked_for_too(place: Setting) -> None:
    place.surfer.get(INSIDE)

    entered = place.surfer.post(LOGIN, place.surfer.get(LOGIN), token=TOKEN)

    assert entered["headers"]["location"] == INSIDE
    assert GOAL_COOKIE not in place.surfer.jar


@pytest.mark.parametrize(
    "planted",
    [
        "https://evil.example",
        "//evil.example",
        "/console/../x?y=//",
        "/console\\@evil.example",
        "/consolex",
        "/console/a b",
        "x" * 5_000,
    ],
)
def test_a_planted_goal_leads_nowhere_else(place: Setting, planted: str) -> None:
    place.surfer.jar[GOAL_COOKIE] = (quote(planted, safe=""), f"Path={LOGIN}; SameSite=Strict")

    entered = place.surfer.post(LOGIN, place.surfer.get(LOGIN), token=TOKEN)

    assert entered["headers"]["location"] == HOME


def test_a_part_of_a_page_is_no_goal(place: Setting) -> None:
    headers = {"host": HOST, "sec-fetch-site": "same-origin", "hx-request": "true"}

    answered = place.surfer.console(event_of("GET", INSIDE, headers, b""))

    assert answered["headers"]["location"] == LOGIN
    assert GOAL_COOKIE not in str(answered.get("cookies", ""))


def test_logging_out_ends_the_session_and_leads_on_to_the_logout_of_the_pool(place: Setting) -> None:
    place.log_in()
    home = place.surfer.get(INSIDE)
    assert 'action="/console/logout" hx-boost="false"' in home["body"], "a page that leads on has to be loaded"

    answered = place.surfer.post("/console/logout", home)
    assert answered["headers"]["location"] == FORGET, "a form may not end at another site"
    page = place.surfer.get(FORGET)
    leads_on = LEADS_ON.search(page["body"])

    assert leads_on
    out = leads_on[1].replace("&amp;", "&")
    assert out.startswith("https://pool.example/logout?")
    assert query_of(out) == {"client_id": CLIENT, "logout_uri": f"https://{HOST}{LOGIN}"}
    assert place.surfer.get(INSIDE)["headers"]["location"] == LOGIN


def test_whoever_came_in_by_token_leaves_without_the_pool(place: Setting) -> None:
    page = place.surfer.get(LOGIN)
    place.surfer.post(LOGIN, page, token=TOKEN)

    answered = place.surfer.post("/console/logout", place.surfer.get(INSIDE))

    assert answered["headers"]["location"] == LOGIN


def test_nobody_who_is_logged_in_is_logged_out_of_the_pool_by_a_link(place: Setting) -> None:
    place.log_in()

    assert place.surfer.get(FORGET)["headers"]["location"] == HOME


def test_a_token_that_opens_nothing_keeps_its_form_in_sight(place: Setting) -> None:
    answered = place.surfer.post(LOGIN, place.surfer.get(LOGIN), token="wrong")

    assert answered["statusCode"] == 403
    assert "<details open>" in answered["body"]


def test_every_login_page_forbids_inline_code_and_other_sites(place: Setting) -> None:
    for page in (place.surfer.get(LOGIN), place.log_in(), setting(groups=()).log_in(), place.surfer.get(BACK)):
        policy = page["headers"]["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert page["headers"]["referrer-policy"] == "no-referrer", "the address of the way back has the code in it"
        assert " style=" not in page["body"]
        assert "<script>" not in page["body"]
