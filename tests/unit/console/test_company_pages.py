"""Companies in the console: found by a form, shown whole, recorded by who was seen."""

import re

import pytest

from shared.app.console import forms
from tests.unit.api.world import World, signal
from tests.unit.console.browsing import Browser, console_of


def address(world: World, domain: str) -> str:
    (item,) = world.call("POST", "/api/companies/search", {"text": domain})[1]["items"]
    return f"/console/companies/{item['id']}"


def test_companies_are_listed_and_found_by_a_form(browser: Browser) -> None:
    everybody = browser.get("/console/companies").body
    found = browser.post("/console/companies", text="company13").body
    nobody = browser.post("/console/companies", text="nothing").body

    assert everybody.count('<tr><th scope="row">') == 17
    assert "Company 13 GmbH" in found
    assert "Company 12 GmbH" not in found
    assert "No company found" in nobody
    assert 'action="/console/companies"' in found
    assert "text=" not in found


def test_a_company_is_shown_whole(world: World, browser: Browser) -> None:
    body = browser.get(address(world, "company8.example")).body

    for shown in (
        "Company 8 GmbH", "company8.example", "Boris Petrov", "Igor Sokolov",
        "Touched, handed over to sales, then opened.", "First touch <b>2026-01-21</b>", "Accepted",
        forms.money("27425.00"),
    ):  # fmt: skip
        assert shown in body
    assert "Marketing</span>" in body


def test_seeing_a_company_is_recorded_as_seeing_its_people(world: World, browser: Browser) -> None:
    where = address(world, "company8.example")
    world.told.clear()

    body = browser.get(where).body

    ((code, told),) = world.told
    assert code == "CONSOLE.READ"
    assert told["people"] == list(dict.fromkeys(re.findall(r'<th scope="row"><a href="/console/leads/([^"]+)"', body)))
    assert "company8" not in str(told)


def test_pages_turn_by_a_form() -> None:
    world = World()
    for number in range(30):
        email = f"a@firm{number:02}.example"
        world.happen([signal(number, "form_submitted", email=email, company_domain=email[2:])])
    browser = Browser(console_of(world))
    browser.log_in()

    first = browser.get("/console/companies").body
    cursor = first.split('name="cursor" value="')[1].split('"')[0]
    second = browser.post("/console/companies", text="", cursor=cursor).body

    assert [body.count('<tr><th scope="row">') for body in (first, second)] == [25, 5]
    assert browser.post("/console/companies", text="firm", cursor=cursor).status == 400
    assert browser.post("/console/companies", text="x" * 400).status == 400


def test_an_empty_installation_says_when_a_company_shows() -> None:
    browser = Browser(console_of(World()))
    browser.log_in()

    assert "No companies yet" in browser.get("/console/companies").body
    assert browser.get("/console/companies/company_nothing").status == 404


def test_what_people_call_their_company_is_shown_as_text() -> None:
    world = World()
    evil = "<script>alert(1)</script>"
    profile = {"email": "eve@evil.example", "name": evil, "company": evil, "title": evil}
    world.happen(
        [signal(0, "form_submitted", email="eve@evil.example", profile=profile, company_domain="evil.example")]
    )
    browser = Browser(console_of(world))
    browser.log_in()

    for path in ("/console/companies", address(world, "evil.example"), "/console/reports/conversion/behind?open=leads"):
        body = browser.get(path).body
        assert "<script>alert" not in body
        assert "&lt;script&gt;" in body


@pytest.mark.parametrize("role", ["marketer", "sales", "privacy", "operator"])
def test_whoever_sees_leads_sees_companies(world: World, role: str) -> None:
    browser = Browser(console_of(world, roles=(role,)))
    assert browser.get("/console/companies").headers["location"] == "/console/login"
    browser.log_in()

    assert browser.get("/console/companies").status == 200
    assert browser.get(address(world, "company8.example")).status == 200
