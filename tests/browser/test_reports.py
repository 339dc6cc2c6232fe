"""Overview, reports and companies in a real browser, on half a year of people, sales and costs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from shared.app.console.report_catalog import REPORTS
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.unit.api.world import World
from tests.unit.console.browsing import console_of
from tests.unit.console.earning import earning

LOOKS = pytest.mark.parametrize(
    "visit", [("desktop", "light"), ("desktop", "dark"), ("phone", "light")], indirect=True, ids="-".join
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
REST = (
    "overview",
    "reports",
    "companies",
    "reports/conversion?by=month",
    "reports/romi?by=month",
    "reports/conversion/behind?open=customers&by=channel",
    "reports/romi/behind?open=revenue&by=channel",
    "reports/romi/behind?open=spend&by=channel",
)


@pytest.fixture(scope="module")
def world() -> World:
    return earning()


@pytest.fixture(scope="module")
def site(world: World) -> Iterator[Site]:
    made = Site(console_of(world))
    yield made
    made.close()


def customer(world: World) -> str:
    """A company that bought."""
    return next(item["id"] for item in world.get("/api/companies")["items"] if item["stage"] == "customer")


@LOOKS
def test_every_screen_is_accessible_and_fits(visit: Visitor, world: World, request: pytest.FixtureRequest) -> None:
    look = request.node.callspec.id
    visit.log_in()

    for path in (*REST, *(f"reports/{name}" for name in REPORTS), f"companies/{customer(world)}"):
        visit.go(path)
        expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
        assert visit.page.evaluate(OVERFLOW) <= 0, f"{path} is wider than the window"
        assert visit.violations() == [], path
        name = re.sub(r"company_\w+", "one", path.partition("?")[0]).replace("/", "-")
        visit.keep(f"{name}-{path.partition('by=')[2]}-{look}")


def test_a_marketer_goes_from_money_to_the_people_behind_it(visit: Visitor) -> None:
    visit.log_in()
    visit.page.evaluate("window.stays = true")
    visit.page.get_by_role("link", name="ROMI", exact=True).click()
    expect(visit.page.get_by_role("heading", name="ROMI", level=1)).to_be_visible()

    visit.page.get_by_label("By", exact=True).select_option("campaign")
    visit.page.get_by_role("button", name="Show").click()
    row = visit.page.get_by_role("row", name="launch")
    expect(row).to_contain_text("32\N{NARROW NO-BREAK SPACE}000.00")
    row.get_by_role("link", name="27").first.click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Revenue launch")
    visit.page.get_by_role("link", name="Company 8 GmbH").click()
    expect(visit.page.get_by_text("Touched, handed over to sales, then opened.")).to_be_visible()
    visit.page.get_by_role("row", name="Boris Petrov").get_by_role("link").click()
    expect(visit.page.get_by_role("heading", name="Boris Petrov")).to_be_visible()
    assert visit.page.evaluate("window.stays") is True, "pages changed without a reload"


def test_lines_tell_their_values_under_the_pointer(visit: Visitor) -> None:
    visit.log_in()
    visit.go("reports/conversion?by=month")

    expect(visit.page.locator(".trend canvas")).to_be_visible()
    visit.page.locator(".trend .u-over").hover(position={"x": 500, "y": 120})
    expect(visit.page.locator(".legend b").nth(0)).to_have_text(re.compile(r"^2026-\d\d$"))
    expect(visit.page.locator(".legend b").nth(1)).to_have_text(re.compile(r"^\d+\.\d %$"))


def test_the_curve_of_the_time_to_sale_is_drawn_after_a_change_of_pages_too(visit: Visitor) -> None:
    visit.log_in()
    visit.page.get_by_role("link", name="Reports", exact=True).click()
    visit.page.get_by_role("link", name="Time to sale").click()

    expect(visit.page.locator(".trend canvas")).to_be_visible()
    visit.page.locator(".trend .u-over").hover(position={"x": 900, "y": 100})
    expect(visit.page.locator(".legend b").nth(0)).to_have_text(re.compile(r"^\d+$"))
    expect(visit.page.get_by_role("table").locator("tbody tr")).to_have_count(6)


def test_a_table_is_kept_as_a_file(visit: Visitor, tmp_path: Path) -> None:
    visit.log_in()
    visit.go("reports/romi?by=channel")
    with visit.page.expect_download() as kept:
        visit.page.get_by_role("link", name="CSV of ROMI").click()

    target = tmp_path / kept.value.suggested_filename
    kept.value.save_as(target)
    assert target.name == "leadspine-romi-lines-all-time.csv"
    assert target.read_text(encoding="utf-8-sig").splitlines()[0].startswith("Channel,Spend (EUR),Revenue (EUR)")
    expect(visit.page.get_by_role("heading", name="ROMI", level=1)).to_be_visible()


def test_reports_are_used_by_keyboard(visit: Visitor) -> None:
    visit.log_in()
    visit.go("reports")
    visit.page.get_by_role("link", name="Hand-overs").last.focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("heading", name="Hand-overs", level=1)).to_be_visible()
    visit.page.get_by_label("By", exact=True).focus()
    visit.page.keyboard.type("Mon")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    expect(visit.page).to_have_url(re.compile("by=month"))
    visit.page.get_by_role("table").get_by_role("link").first.focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page).to_have_url(re.compile("/behind"))


def test_a_company_is_found_by_its_domain(visit: Visitor) -> None:
    visit.log_in()
    visit.page.get_by_role("link", name="Companies", exact=True).click()
    expect(visit.page.get_by_role("heading", name="Companies", level=1)).to_be_visible()
    visit.page.wait_for_function("document.activeElement.id === 'main'")  # the page has settled
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("company13")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("tbody tr")).to_have_count(1)
    assert "company13" not in visit.page.url
    visit.page.get_by_role("link", name="Company 13 GmbH").click()

    expect(visit.page.get_by_role("heading", name="Company 13 GmbH", level=1)).to_be_visible()


def test_reports_work_without_scripts(visit: Visitor) -> None:
    context = visit.page.context.browser
    assert context is not None
    plain = context.new_context(java_script_enabled=False)
    visitor = Visitor(plain.new_page(), visit.url)
    visitor.log_in()
    visitor.go("reports/time-to-sale")
    expect(visitor.page.locator(".trend svg")).to_be_visible()
    visitor.go("reports/pipeline")
    visitor.page.get_by_label("By", exact=True).select_option("channel")
    visitor.page.get_by_role("button", name="Show").click()
    expect(visitor.page.get_by_role("columnheader", name="Channel")).to_be_visible()
    plain.close()


def test_a_lead_that_was_erased_while_its_page_was_open_is_a_page_that_says_so(visit: Visitor) -> None:
    visit.log_in()
    world = earning()
    gone = Site(console_of(world))
    visitor = Visitor(visit.page, gone.url)
    visitor.go("reports/conversion/behind?open=customers")
    visitor.page.evaluate("window.stays = true")
    world.tables.heads.clear()

    visitor.page.get_by_role("row", name="Boris Petrov").get_by_role("link").first.click()
    expect(visitor.page.get_by_role("heading", name="Not found")).to_be_visible()
    expect(visitor.page.get_by_role("alert")).to_contain_text("erased since that page was loaded")
    assert visitor.page.evaluate("window.stays") is True
    assert visitor.violations() == []
    visitor.keep("not-found-desktop-light")
    visitor.page.get_by_role("link", name="To the overview").click()
    expect(visitor.page.get_by_role("heading", name="Overview")).to_be_visible()
    assert [said for said in visitor.complaints if "404" not in said] == []
    visit.complaints.clear()  # the browser itself reports the 404
    visit.foreign.clear()  # two sites were visited on purpose
    gone.close()
