"""Tables and rows as files: whole, safe in a spreadsheet, written as the reader's language has it, and recorded."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.site import event_of
from tests.unit.api.world import World, signal
from tests.unit.console.browsing import Browser, console_of, rows_of
from tests.unit.console.earning import PAGES


def test_a_table_is_kept_as_csv_with_its_total(world: World, browser: Browser) -> None:
    world.told.clear()
    answered = browser.get("/console/reports/romi/csv?by=channel")
    romi = world.get("/api/reports/romi", by="channel")

    head, *lines, total = rows_of(answered)

    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    assert answered.headers["content-disposition"] == 'attachment; filename="leadspine-romi-lines-all-time.csv"'
    assert answered.headers["cache-control"] == "no-store"
    assert answered.body.startswith("\ufeff")
    assert head[:4] == ["Channel", "Spend (EUR)", "Revenue (EUR)", "ROMI (share of 1)"]
    assert [line[:3] for line in lines if line[0] != "Not known"] == [
        [line["label"], line["spend"], line["revenue"]] for line in romi["lines"] if line["label"] != "(none)"
    ]
    assert total[:4] == ["Total", romi["total"]["spend"], romi["total"]["revenue"], str(romi["total"]["romi"])]
    assert world.told[0][0] == "CONSOLE.SHOWN", "no person is in it"


@pytest.mark.parametrize(("name", "by"), PAGES)
def test_every_table_has_a_file_with_all_of_its_lines(browser: Browser, name: str, by: str) -> None:
    body = browser.get(f"/console/reports/{name}?by={by}").body

    files = [html.unescape(found) for found in re.findall(r'href="(/console/reports/[^"]+/csv\?[^"]+)"', body)]

    assert files
    for address in files:
        answered = browser.get(address)
        table = parse_qs(urlsplit(address).query)["table"][0]
        on_page = body.partition(f'id="table-{table}"')[2].partition("</section>")[0]
        assert len(rows_of(answered)) - 1 == len(re.findall(r'<tr><th scope="row">', on_page)), address


@pytest.mark.parametrize(
    ("language", "comma"), [("pl,en;q=0.5", True), ("en-GB", False), ("de-CH", False), ("", False)]
)
def test_decimals_follow_the_language_of_the_browser(browser: Browser, language: str, comma: bool) -> None:
    cookie = f"leadspine_session={browser.cookies['leadspine_session']}"
    headers = {"host": browser.host, "cookie": cookie, "accept-language": language}

    page = browser.console(event_of("GET", "/console/reports/romi", headers))["body"]
    file = browser.console(event_of("GET", "/console/reports/romi/csv", headers))["body"]

    assert ("decimals=comma" in page) == comma
    assert (";" in file) == comma


def test_a_link_to_a_file_says_how_numbers_are_written(browser: Browser) -> None:
    comma = browser.get("/console/reports/romi/csv?by=channel&decimals=comma").body
    point = browser.get("/console/reports/romi/csv?by=channel&decimals=point").body

    assert (
        comma.splitlines()[0] == "\ufeffChannel;Spend (EUR);Revenue (EUR);ROMI (share of 1);"
        "Won by marketing;All won (EUR);Won"
    )
    assert comma.replace(";", "|").replace(",", ".") == point.replace(",", "|")


def test_nothing_in_a_file_is_run_by_a_spreadsheet() -> None:
    world = World()
    evil = {"=cmd|' /C calc'!A0": "a", "+1+1": "b", "-20 % in spring": "c", "@SUM(A1)": "d"}
    for place, (campaign, name) in enumerate(evil.items()):
        email = f"{name}@evil.example"
        profile = {"email": email, "name": campaign, "company": campaign}
        world.happen([signal(place, "form_submitted", email=email, profile=profile, utm={"campaign": campaign},
                             company_domain="evil.example")])  # fmt: skip
    spent = "date,kind,channel,campaign,amount,currency,key\n2026-01-01,media,Email,-20 % in spring,-5.50,EUR,k\n"
    status, _ = world.call("POST", "/api/costs", {"dry_run": False, "content": spent})
    browser = Browser(console_of(world))
    browser.log_in()

    campaigns = rows_of(browser.get("/console/reports/conversion/csv?by=campaign"))
    people = rows_of(browser.get("/console/reports/conversion/behind/csv?open=leads"))
    costs = rows_of(browser.get("/console/reports/romi/csv?by=campaign"))

    assert status == 200
    assert {line[0] for line in campaigns[1:-1]} == {f"'{text}" for text in evil}
    assert {line[1] for line in people[1:]} == {f"'{text}" for text in evil}
    assert costs[1][:2] == ["'-20 % in spring", "-5.50"], "a number below zero is a number still"


def test_a_file_of_people_is_recorded_like_a_look_at_them(world: World, browser: Browser) -> None:
    world.told.clear()

    answered = browser.get("/console/reports/conversion/behind/csv?open=customers")

    ((code, told),) = world.told
    lines = rows_of(answered)[1:]
    assert code == "CONSOLE.READ"
    assert told["people"] == [line[0] for line in lines]
    assert {line[1] for line in lines} == {"Boris Petrov", "Julia Weber"}
    assert "example" not in str(told)


def test_opportunities_and_costs_are_files_too(browser: Browser) -> None:
    deals = rows_of(browser.get("/console/reports/romi/behind/csv?open=revenue&by=channel"))
    costs = rows_of(browser.get("/console/reports/romi/behind/csv?open=spend&by=channel"))

    assert [line[0] for line in deals[1:]] == sorted(line[0] for line in deals[1:])
    assert {line[6] for line in deals[1:]} == {"yes"}
    assert [line[0] for line in costs[1:]] == ["a1", "a2", "b1", "b2", "c1", "d1"]
    assert costs[1][1:6] == ["2026-01-10", "9000.00", "media", "Paid Search", "spring"]
