"""Finding people in a real browser: by name, by filter, by a segment of the team; by keyboard, on a phone, at night."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.unit.api.world import World

LOOKS = pytest.mark.parametrize(
    "visit", [("desktop", "light"), ("desktop", "dark"), ("phone", "light")], indirect=True, ids="-".join
)
PHONE = pytest.mark.parametrize("visit", [("phone", "light")], indirect=True, ids="-".join)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SEARCH = "E-mail, telephone, name or company"


def check(visit: Visitor, name: str) -> None:
    assert visit.page.evaluate(OVERFLOW) <= 0, f"{name} is wider than the window"
    assert visit.violations() == []
    visit.keep(name)


def segment(world: World, name: str, **asked: str) -> str:
    """The address of a segment, made over the API."""
    listed = world.get("/api/segments")["items"]
    found = next((item for item in listed if item["name"] == name), None)
    if found is None:
        status, found = world.call("POST", "/api/segments", {"name": name, "filter": asked})
        assert status == 200
    return f"segments/{found['id']}"


@LOOKS
def test_the_list_its_filters_and_segments_are_accessible_and_fit(
    visit: Visitor, world: World, request: pytest.FixtureRequest
) -> None:
    look = request.node.callspec.id
    visit.log_in()
    visit.go("leads?channel=Email&company=many3&from=2025-09-01")
    visit.page.locator("summary", has_text="Filters").click()
    visit.page.locator("summary", has_text="Keep as a segment").click()
    check(visit, f"leads-chips-{look}")
    visit.go("leads?stage=advocate")
    check(visit, f"leads-empty-{look}")
    visit.go(segment(world, "E-mail people of many3", channel="Email", company="many3"))
    visit.page.locator("summary", has_text="Rename or delete").click()
    check(visit, f"segment-{look}")
    visit.go("segments")
    check(visit, f"segments-{look}")


@pytest.mark.parametrize("text", ["smith ann", "ANN SMITH", "Smith", "ann@acme.example", "+48 600 100 200"])
def test_a_person_is_found_by_what_people_know_of_them(visit: Visitor, text: str) -> None:
    visit.log_in()
    visit.go("leads")
    visit.page.keyboard.press("/")
    visit.page.keyboard.type(text)
    visit.page.keyboard.press("Enter")

    expect(visit.page.locator("tbody tr")).to_have_count(1)
    expect(visit.page.get_by_role("link", name="Ann Smith")).to_be_visible()
    expect(visit.page.locator(".count")).to_have_text("1 person found")
    expect(visit.page).to_have_url(re.compile("/console/leads$"))


def test_a_filter_is_chosen_shared_by_its_address_and_taken_off_again(visit: Visitor) -> None:
    visit.log_in()
    visit.go("leads")
    visit.page.locator("summary", has_text="Filters").click()
    visit.page.get_by_label("Channel of the first touch").select_option("Referral")
    visit.page.get_by_label("Company", exact=True).fill("many5")
    visit.page.get_by_role("button", name="Apply").click()

    expect(visit.page).to_have_url(re.compile(r"/console/leads\?channel=Referral&company=many5$"))
    count = visit.page.locator(".count b").inner_text()
    assert visit.page.locator("tbody tr").count() == int(count) > 0
    visit.page.reload()
    expect(visit.page.locator(".count b")).to_have_text(count)

    visit.page.get_by_role("link", name="Remove Company: many5").click()
    expect(visit.page.locator(".chips li")).to_have_count(2)
    assert int(visit.page.locator(".count b").inner_text()) > int(count)
    visit.page.get_by_role("link", name="Remove all").click()
    expect(visit.page).to_have_url(re.compile("/console/leads$"))
    expect(visit.page.locator(".chips")).to_have_count(0)


def test_text_is_looked_for_among_the_people_of_a_filter(visit: Visitor) -> None:
    visit.log_in()
    visit.go("leads?channel=Email")
    visit.page.get_by_label(SEARCH).fill("person 12")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("link", name="Person 12", exact=True)).to_be_visible()

    visit.page.get_by_label(SEARCH).fill("person 13")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_text("Nobody found.")).to_be_visible()
    expect(visit.page.get_by_role("link", name="Person 13", exact=True)).to_have_count(0)
    expect(visit.page.get_by_label("Channel of the first touch", exact=True)).to_have_value("Email")
    assert visit.violations() == []

    visit.page.get_by_role("button", name="Remove Channel of the first touch: Email").click()
    expect(visit.page.get_by_role("link", name="Person 13", exact=True)).to_be_visible()
    expect(visit.page.get_by_label(SEARCH)).to_have_value("person 13")


def test_pages_of_a_name_turn_and_show_nobody_twice(visit: Visitor) -> None:
    visit.log_in()
    visit.go("leads")
    visit.page.get_by_label(SEARCH).fill("Person")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("button", name="Next page")).to_be_visible()
    first = set(visit.page.locator("tbody th a").all_inner_texts())
    visit.page.get_by_role("button", name="Next page").click()
    expect(visit.page.get_by_role("button", name="First page")).to_be_visible()
    second = set(visit.page.locator("tbody th a").all_inner_texts())

    assert len(first) == 50
    assert len(first | second) == 60


def test_a_filter_is_kept_renamed_and_deleted_by_keyboard(visit: Visitor, world: World) -> None:
    visit.log_in()
    visit.go("leads?channel=Direct")
    count = visit.page.locator(".count b").inner_text()
    visit.page.locator("summary", has_text="Keep as a segment").focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.type("Direct visitors")
    visit.page.keyboard.press("Enter")

    expect(visit.page.get_by_role("heading", name="Direct visitors")).to_be_visible()
    expect(visit.page.locator(".count b")).to_have_text(count)
    visit.page.locator("summary", has_text="Rename or delete").click()
    visit.page.get_by_label("Name", exact=True).fill("People who came by themselves")
    visit.page.get_by_role("button", name="Rename").click()
    expect(visit.page.get_by_role("heading", name="People who came by themselves")).to_be_visible()

    visit.page.get_by_role("link", name="All segments").click()
    visit.page.get_by_role("link", name="People who came by themselves").click()
    visit.page.locator("summary", has_text="Rename or delete").click()
    visit.page.get_by_role("button", name="Delete the segment").click()
    expect(visit.page.get_by_role("heading", name="Segments")).to_be_visible()
    assert "People who came by themselves" not in [item["name"] for item in world.get("/api/segments")["items"]]


def test_a_name_that_is_taken_is_said_and_what_was_typed_stays(visit: Visitor, world: World) -> None:
    segment(world, "Taken", channel="Email")
    visit.log_in()
    visit.go("leads?channel=Direct")
    visit.page.locator("summary", has_text="Keep as a segment").click()
    visit.page.get_by_label("Name, for the whole team").fill("TAKEN")
    visit.page.get_by_role("button", name="Keep", exact=True).click()

    expect(visit.page.get_by_role("alert")).to_contain_text("There is a segment of that name")
    expect(visit.page.get_by_label("Name, for the whole team")).to_have_value("TAKEN")
    expect(visit.page.locator(".chips")).to_contain_text("Direct")
    visit.complaints.clear()  # the browser itself reports the 409


def test_a_filter_that_cannot_be_is_said_and_never_comes_into_the_address(visit: Visitor) -> None:
    visit.log_in()
    visit.go("leads")
    visit.page.locator("summary", has_text="Filters").click()
    visit.page.get_by_label("Company", exact=True).fill("ann@acme.example")
    visit.page.get_by_label("First touch from").fill("2026-02-02")
    visit.page.get_by_role("button", name="Apply").click()

    expect(visit.page.get_by_role("alert")).to_have_text("This cannot be asked for: Company.")
    expect(visit.page.get_by_label("First touch from")).to_have_value("2026-02-02")
    assert "acme" not in visit.page.url
    visit.complaints.clear()  # the browser itself reports the 400


@PHONE
def test_on_a_phone_people_are_cards_that_keep_the_words_of_their_columns(visit: Visitor) -> None:
    visit.log_in()
    visit.go("leads?company=acme")
    row = visit.page.get_by_role("row").filter(has_text="Ann Smith")

    expect(row.get_by_role("rowheader")).to_be_visible()
    boxes = [row.get_by_role("cell").nth(n).bounding_box() for n in range(7)]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert row.get_by_role("cell").first.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Company"'


def test_the_list_its_filters_and_segments_work_without_scripts(visit: Visitor, world: World) -> None:
    context = visit.page.context.browser
    assert context is not None
    plain = context.new_context(java_script_enabled=False)
    visitor = Visitor(plain.new_page(), visit.url)
    visitor.log_in()
    visitor.go("leads")
    visitor.page.locator("summary", has_text="Filters").click()
    visitor.page.get_by_label("Channel of the first touch").select_option("Email")
    visitor.page.get_by_role("button", name="Apply").click()
    expect(visitor.page).to_have_url(re.compile(r"/console/leads\?channel=Email$"))
    visitor.page.locator("summary", has_text="Keep as a segment").click()
    visitor.page.get_by_label("Name, for the whole team").fill("Without scripts")
    visitor.page.get_by_role("button", name="Keep", exact=True).click()
    expect(visitor.page.get_by_role("heading", name="Without scripts")).to_be_visible()
    plain.close()
    assert "Without scripts" in [item["name"] for item in world.get("/api/segments")["items"]]
