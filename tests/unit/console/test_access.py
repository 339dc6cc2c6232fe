"""Who gets in, who sees what, and what a browser is told it may do."""

import pytest

from shared.app.console.session import LIFE, SessionKeys
from tests.unit.api.world import ann_and_bob
from tests.unit.console.browsing import TOKEN, Browser, console_of

PAGES = ("overview", "leads", "companies", "reports", "handovers", "sync", "operations")
SCREENS = {
    "marketer": {"overview", "leads", "companies", "reports", "handovers", "sync"},
    "sales": {"overview", "leads", "companies", "reports", "handovers", "sync"},
    "privacy": {"overview", "leads", "companies", "reports", "handovers"},
    "operator": {"overview", "leads", "companies", "reports", "handovers", "sync", "operations"},
}


@pytest.fixture
def browser() -> Browser:
    return Browser(console_of(ann_and_bob()))


def test_without_a_login_every_page_leads_to_it(browser: Browser) -> None:
    for page in PAGES:
        answered = browser.get(f"/console/{page}")
        assert (answered.status, answered.headers["location"]) == (303, "/console/login")


@pytest.mark.parametrize("role", SCREENS)
def test_a_role_sees_its_screens_in_the_menu_and_no_other(role: str) -> None:
    browser = Browser(console_of(ann_and_bob(), roles=(role,)))
    browser.log_in()

    home = browser.get("/console/overview").body

    for page in PAGES:
        seen = page in SCREENS[role]
        assert (f'href="/console/{page}"' in home) == seen
        assert browser.get(f"/console/{page}").status == (200 if seen else 403)


@pytest.mark.parametrize("role", ["marketer", "sales", "privacy"])
def test_only_operators_pause(role: str) -> None:
    world = ann_and_bob()
    browser = Browser(console_of(world, roles=(role,)))
    browser.log_in()

    assert browser.post("/console/sync/marketo/pause").status == 403
    assert not world.sync.cycle("marketo").paused
    assert "Pause" not in browser.get("/console/sync").body


def test_a_wrong_token_opens_nothing_and_is_not_repeated(browser: Browser) -> None:
    for wrong in ("", "the token", TOKEN + "x", TOKEN * 500, "тайна"):
        browser.get("/console/login")
        answered = browser.post("/console/login", token=wrong)
        assert answered.status == 403
        assert not wrong or f">{wrong}" not in answered.body
        assert browser.get("/console/leads").status == 303


def test_an_empty_service_token_is_no_login() -> None:
    console = console_of(ann_and_bob())
    console._routes[2].endpoint.__self__._service_token = lambda: b'{"token": "", "roles": ["operator"]}'
    browser = Browser(console)
    browser.get("/console/login")

    assert browser.post("/console/login", token="").status == 403


def test_a_form_without_the_token_of_its_session_does_nothing(browser: Browser) -> None:
    other = Browser(browser.console)
    other.log_in()
    other.get("/console/sync")
    browser.log_in()

    for token in ("", "0" * 64, other.token):
        browser.token = token
        answered = browser.post("/console/sync/marketo/pause")
        assert answered.status == 403
        assert "CONSOLE.STALE_FORM" in answered.body


def test_a_login_from_elsewhere_has_no_form_token(browser: Browser) -> None:
    assert browser.post("/console/login", token=TOKEN).status == 403


def test_a_session_ends_by_itself_and_by_logging_out() -> None:
    world = ann_and_bob()
    browser = Browser(console_of(world))
    browser.log_in()
    assert browser.get("/console/leads").status == 200

    world.clock.advance(LIFE + 1)
    assert browser.get("/console/leads").status == 303

    browser.log_in()
    browser.get("/console/leads")
    assert browser.post("/console/logout").status == 303
    assert browser.get("/console/leads").status == 303


def test_no_bit_of_a_session_can_be_changed() -> None:
    world = ann_and_bob()
    browser = Browser(console_of(world, roles=("marketer",)))
    browser.log_in()
    keys, now = SessionKeys(lambda: b"a secret of the console"), world.clock.now()
    cookie = browser.cookies["leadspine_session"]
    session = keys.open(cookie, now)
    assert session is not None

    for place in range(0, len(cookie), 7):
        other = "A" if cookie[place] != "A" else "B"
        assert keys.open(cookie[:place] + other + cookie[place + 1 :], now) is None
    assert SessionKeys(lambda: b"another secret").open(cookie, now) is None
    for junk in ("", "x", "é", "=" * 10, "A" * 5000):
        assert keys.open(junk, now) is None


def test_the_cookie_is_for_this_site_alone() -> None:
    console = console_of(ann_and_bob())
    (local,) = Browser(console).log_in().cookies
    (away,) = Browser(console, host="console.example.com").log_in().cookies

    for wanted in ("HttpOnly", "SameSite=Strict", "Path=/console"):
        assert wanted in local
        assert wanted in away
    assert "Secure" in away
    assert "Secure" not in local, "a laptop has no TLS"


def test_every_answer_forbids_inline_code_frames_and_other_sites(browser: Browser) -> None:
    browser.log_in()
    for page in ("/console/overview", "/console/nothing", "/console/login"):
        headers = browser.get(page).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


def test_no_page_has_inline_style_script_or_another_site() -> None:
    world = ann_and_bob()
    browser = Browser(console_of(world))
    browser.log_in()
    (lead,) = world.search(email="ann@acme.example")["items"]

    for page in (*PAGES, f"leads/{lead['id']}", "nothing"):
        body = browser.get(f"/console/{page}").body
        assert " style=" not in body
        assert "<style" not in body
        assert "<script>" not in body
        assert " onclick=" not in body
        assert "http://" not in body
        assert "https://" not in body


def test_files_may_be_kept_for_ever_because_their_address_changes_with_them(browser: Browser) -> None:
    login = browser.get("/console/login").body
    for name in ("console.css", "console.js", "mark.svg", "htmx.min.js"):
        address = next(part for part in login.split('"') if part.endswith(f"/{name}"))
        answered = browser.get(address)
        assert answered.status == 200
        assert "immutable" in answered.headers["cache-control"]
        assert "content-security-policy" in answered.headers
    assert browser.get("/console/static/000000000000/console.css").status == 404
    assert browser.get("/console/static/../settings.py").status == 404
