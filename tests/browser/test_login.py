"""The login at the pages of a user pool in a real browser, which holds strict cookies back between two sites."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext

from infra.console_assets import BROWSER
from shared.adapters.cognito.hosted_pages import post_form
from shared.app.console.login_attempt import AttemptKeys
from shared.app.console.session import SessionKeys
from shared.runtime.bootstrap.serve_console import assembled
from shared.runtime.console.login import Logins
from shared.runtime.console.login_account import ATTEMPT_COOKIE, AccountLogin
from tests.browser.conftest import AXE, WIDTHS, Visitor
from tests.browser.site import Site
from tests.unit.api.world import World, ann_and_bob
from tests.unit.console.identity_provider import UserPool

INSIDE = "/console/handovers"
HTML = {"content-type": "text/html; charset=utf-8"}
PAGE = "<!doctype html><html lang='en'><title>Sign in</title><h1>Sign in</h1>{}</html>"


@dataclass
class Company:
    """A console and the pool of its company: two sites, as 127.0.0.1 and localhost are for a browser."""

    console: Site
    accounts: Site
    pool: UserPool
    world: World


@pytest.fixture
def company() -> Iterator[Company]:
    world = ann_and_bob()
    pool = UserPool("", world.clock)
    accounts = Site(lambda event: answer_of(pool, event))
    pool.here = accounts.url.replace("127.0.0.1", "localhost")
    made: list[Any] = []
    numbers = iter(range(10_000))

    def nonce() -> str:
        return f"nonce-{next(numbers)}"

    def report(code: str, told: Mapping[str, Any]) -> None:
        world.told.append((code, told))

    keys = AttemptKeys(lambda: b"a secret of the console")
    account = AccountLogin(lambda: made[0], keys, world.clock, nonce=nonce, report=report)
    held = json.dumps({"token": "", "roles": []}).encode()
    console = Site(
        assembled(
            world.services,
            keys=SessionKeys(lambda: b"a secret of the console"),
            logins=Logins(lambda: held, world.clock, nonce, account),
            browser=BROWSER,
            report=report,
        )
    )
    pool.console = console.url
    made.append(pool.pages(post=post_form))
    yield Company(console, accounts, pool, world)
    console.close()
    accounts.close()


def answer_of(pool: UserPool, event: Mapping[str, Any]) -> dict[str, Any]:
    """The pool's own web site."""
    path, query = str(event["rawPath"]), dict(event.get("queryStringParameters") or {})
    if path == "/oauth2/authorize":
        away = pool.authorize(f"{pool.here}{path}?{urlencode(query)}")
        link = f"<a href='/away?{urlencode({'to': away})}'>Sign in as Ann</a>"
        return {"statusCode": 200, "headers": HTML, "body": PAGE.format(link)}
    if path == "/mail":
        return {
            "statusCode": 200,
            "headers": HTML,
            "body": PAGE.format(f"<a href='{pool.console}{INSIDE}'>Hand-over</a>"),
        }
    if path in ("/away", "/logout"):
        # As Cognito does: a redirect from its own site to ours.
        return {"statusCode": 302, "headers": {"location": query.get("to") or query["logout_uri"]}, "body": ""}
    if path == "/oauth2/token":
        form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
        status, body = pool.post(f"{pool.here}{path}", form)
        return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body.decode()}
    return {"statusCode": 404, "headers": HTML, "body": PAGE.format("Nothing here")}


class Traveller(Visitor):
    """A visitor who is led to other sites; remembers what was answered, in order."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        super().__init__(context.new_page(), url)
        self.context, self.answers = context, list[tuple[str, int]]()
        self.page.on("response", lambda answered: self.answers.append((answered.url, answered.status)))

    def sign_in(self) -> None:
        self.go("login")
        self.sign_in_here()

    def sign_in_here(self) -> None:
        self.page.get_by_role("link", name="Log in with your company account").click()
        self.page.get_by_role("link", name="Sign in as Ann").click()

    def held(self) -> set[str]:
        return {str(cookie.get("name")) for cookie in self.context.cookies()}


def travel(chromium: Chromium, company: Company, width: str = "desktop", scheme: Any = "light") -> Traveller:
    size = WIDTHS[width]
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    return Traveller(context, company.console.url)


@pytest.fixture
def traveller(chromium: Chromium, company: Company, request: pytest.FixtureRequest) -> Iterator[Traveller]:
    """Parametrised indirectly with (width, scheme)."""
    made = travel(chromium, company, *getattr(request, "param", ()))
    yield made
    made.context.close()


LOOKS = pytest.mark.parametrize(
    "traveller",
    [("desktop", "light"), ("phone", "light"), ("desktop", "dark")],
    indirect=True,
    ids="-".join,
)


def test_ann_goes_to_the_pages_of_her_company_and_comes_back_logged_in(traveller: Traveller, company: Company) -> None:
    traveller.sign_in()
    traveller.page.wait_for_url("**/console/overview")

    assert "leadspine_session" in traveller.held()
    assert ATTEMPT_COOKIE not in traveller.held()
    traveller.go("handovers")
    assert traveller.page.get_by_role("button", name="Log out").is_visible()
    assert "code=" not in traveller.page.url
    assert not [said for said in traveller.complaints if "Content Security Policy" in said]


def test_the_way_back_leaves_no_page_with_a_code_in_the_history(traveller: Traveller) -> None:
    traveller.sign_in()
    traveller.page.wait_for_url("**/console/overview")
    traveller.page.go_back()

    assert "code=" not in traveller.page.url


def test_a_link_in_a_mail_arrives_logged_in_and_stays_so(traveller: Traveller, company: Company) -> None:
    traveller.sign_in()
    traveller.page.wait_for_url("**/console/overview")
    traveller.page.goto(f"{company.pool.here}/mail")

    traveller.page.get_by_role("link", name="Hand-over").click()
    traveller.page.wait_for_url(f"**{INSIDE}")

    traveller.page.get_by_role("button", name="Log out").wait_for()


def test_a_link_in_a_mail_arrives_where_it_leads_after_a_login_too(traveller: Traveller, company: Company) -> None:
    traveller.page.goto(f"{company.pool.here}/mail")
    traveller.page.get_by_role("link", name="Hand-over").click()
    traveller.page.wait_for_url("**/console/login")

    traveller.sign_in_here()

    traveller.page.wait_for_url(f"**{INSIDE}")
    traveller.page.get_by_role("button", name="Log out").wait_for()
    assert traveller.held() == {"leadspine_session"}


def test_ann_logs_out_of_the_console_and_of_the_pool(traveller: Traveller, company: Company) -> None:
    traveller.sign_in()
    traveller.page.wait_for_url("**/console/overview")
    traveller.go("handovers")

    traveller.page.get_by_role("button", name="Log out").click()
    traveller.page.wait_for_url("**/console/login")

    assert [status for url, status in traveller.answers if url.startswith(f"{company.pool.here}/logout")] == [302]
    assert not [said for said in traveller.complaints if "Content Security Policy" in said]
    traveller.go("handovers")
    assert traveller.page.url.endswith("/console/login")


@LOOKS
def test_the_pages_of_the_login_are_readable_for_everybody(
    traveller: Traveller, company: Company, request: pytest.FixtureRequest
) -> None:
    look = request.node.callspec.id
    found: dict[str, list[str]] = {}

    def look_at(name: str) -> None:
        traveller.keep(f"login-{name}-{look}")
        found[name] = traveller.violations()
        assert traveller.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"

    assert AXE.is_file()
    traveller.go("login")
    look_at("offer")
    traveller.page.get_by_text("Log in with the service token").click()
    look_at("token")
    traveller.go("login/callback?state=made-up&code=c")
    look_at("refused")
    company.pool.groups = ()
    traveller.sign_in()
    traveller.page.get_by_role("heading", name="Your account has no role yet").wait_for()
    look_at("no-role")
    assert not any(found.values()), found


def test_a_keyboard_is_enough_to_log_in(traveller: Traveller) -> None:
    traveller.go("login")
    traveller.page.keyboard.press("Tab")
    traveller.page.keyboard.press("Tab")
    traveller.page.keyboard.press("Enter")

    traveller.page.get_by_role("heading", name="Sign in").wait_for()
