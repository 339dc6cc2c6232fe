"""The main path of each screen in a real browser: on a desktop and a phone, by day and by night."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.unit.api.world import World

LOOKS = pytest.mark.parametrize(
    "visit", [("desktop", "light"), ("desktop", "dark"), ("phone", "light")], indirect=True, ids="-".join
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@LOOKS
def test_every_screen_is_accessible_and_fits(visit: Visitor, world: World, request: pytest.FixtureRequest) -> None:
    look = request.node.callspec.id
    visit.go("login")
    assert visit.violations() == []
    visit.keep(f"login-{look}")
    visit.log_in()
    lead = world.search(email="ann@acme.example")["items"][0]["id"]

    for page in ("overview", "leads", f"leads/{lead}", "handovers", "sync", "operations"):
        visit.go(page)
        expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
        assert visit.page.evaluate(OVERFLOW) <= 0, f"{page} is wider than the window"
        assert visit.violations() == []
        visit.keep(f"{page.partition('/')[2][:4] or page}-{look}")


def test_the_overview_draws_its_trend_and_has_it_as_a_table(visit: Visitor) -> None:
    visit.log_in()
    trend = visit.page.locator("section[aria-labelledby=trend]")

    expect(trend.locator(".trend canvas")).to_be_visible()
    trend.locator(".trend .u-over").hover(position={"x": 600, "y": 120})
    expect(trend.locator(".legend b").nth(1)).to_have_text(re.compile(r"^\d+$"))
    visit.page.get_by_text("As a table").click()
    expect(visit.page.locator("#trend-table")).to_be_visible()
    visit.page.get_by_role("link", name="30 days").click()
    expect(visit.page).to_have_url(re.compile("period=30"))
    expect(trend.locator(".trend canvas")).to_be_visible()


def test_a_person_is_found_and_opened_without_a_reload(visit: Visitor) -> None:
    visit.log_in()
    visit.page.evaluate("window.stays = true")
    visit.page.get_by_role("link", name="Leads", exact=True).click()
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("ann@acme.example")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_role("link", name="Ann Smith").click()

    expect(visit.page.get_by_role("heading", name="Ann Smith")).to_be_visible()
    expect(visit.page.get_by_text("Page viewed: /pricing").first).to_be_visible()
    assert visit.page.evaluate("window.stays") is True
    assert visit.page.evaluate("document.activeElement.id") == "main", "the focus went to what is new"
    assert visit.page.title() == "Ann Smith · Leadspine"
    assert visit.page.evaluate("localStorage.length + sessionStorage.length") <= 1
    assert "Ann" not in visit.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


def test_lists_turn_their_pages(visit: Visitor) -> None:
    visit.log_in()
    visit.go("leads")
    first = visit.page.locator("tbody th").first.inner_text()
    visit.page.get_by_role("link", name="Next page").click()
    expect(visit.page.get_by_role("link", name="First page")).to_be_visible()

    assert visit.page.locator("tbody th").first.inner_text() != first
    visit.page.get_by_role("link", name="First page").click()
    expect(visit.page.locator("tbody th").first).to_have_text(first.replace("\n", ""))


def test_an_operator_pauses_and_resumes_by_keyboard(visit: Visitor, world: World) -> None:
    visit.log_in()
    visit.go("sync")
    visit.page.get_by_role("button", name="Pause Marketo").focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("button", name="Resume Marketo")).to_be_visible()
    assert world.sync.cycle("marketo").paused

    visit.page.get_by_role("button", name="Resume Marketo").click()
    expect(visit.page.get_by_role("button", name="Pause Marketo")).to_be_visible()
    assert not world.sync.cycle("marketo").paused


def test_a_parked_record_is_run_again(visit: Visitor) -> None:
    visit.log_in()
    visit.go("operations")
    visit.page.get_by_role("button", name="Run again parked_1").click()

    expect(visit.page.get_by_text("Nothing is parked.")).to_be_visible()


def test_hand_overs_are_chosen_by_state(visit: Visitor) -> None:
    visit.log_in()
    visit.page.get_by_role("link", name="Hand-overs").click()
    for state in ("Overdue", "Accepted", "Given back", "Waiting"):
        visit.page.get_by_role("link", name=state, exact=True).click()
        expect(visit.page.locator("[aria-current=true]")).to_have_text(state)


def test_everything_works_without_scripts(visit: Visitor) -> None:
    context = visit.page.context.browser
    assert context is not None
    plain = context.new_context(java_script_enabled=False)
    visitor = Visitor(plain.new_page(), visit.url)
    visitor.log_in()
    expect(visitor.page.locator(".trend svg").first).to_be_visible()
    visitor.go("leads")
    visitor.page.get_by_label("E-mail, telephone, name or company").fill("+48 600 100 200")
    visitor.page.get_by_role("button", name="Search").click()
    visitor.page.get_by_role("link", name="Ann Smith").click()
    expect(visitor.page.get_by_role("heading", name="Ann Smith")).to_be_visible()
    plain.close()


def test_a_wrong_token_is_said_and_logging_out_ends_it(visit: Visitor) -> None:
    visit.go("login")
    visit.page.get_by_label("Access token").fill("wrong")
    visit.page.get_by_role("button", name="Log in").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("opens nothing")
    visit.complaints.clear()  # the browser itself reports the 403

    visit.log_in()
    visit.page.get_by_role("button", name="Log out").click()
    expect(visit.page.get_by_role("heading", name="Log in")).to_be_visible()
    visit.go("leads")
    expect(visit.page).to_have_url(re.compile("/console/login$"))
