"""Reports in the console: their figures are those of the API, and every one of them opens down to its rows."""

import html
import re
from decimal import Decimal

import pytest

from shared.app.console import forms
from shared.app.console.report_catalog import REPORTS
from shared.domain.intake.signal import Signal
from tests.unit.api.world import World, signal
from tests.unit.console.browsing import Browser, console_of, rows_of
from tests.unit.console.earning import PAGES, PEOPLE, earning

FIGURE = re.compile(r'<a href="(/console/reports/[^"]+/behind\?[^"]+)">([^<]+)</a>')
ROW = re.compile(r'<tr><th scope="row">')
PRICED_ROW = re.compile(r'<tr><th scope="row">.*?<td class="n">([^<]+)</td>')


def number(text: str) -> Decimal:
    """A figure as it was before it was written for people."""
    return Decimal(text.replace("\N{NARROW NO-BREAK SPACE}", "").replace("\N{MINUS SIGN}", "-"))


def test_the_list_has_every_report(browser: Browser) -> None:
    body = browser.get("/console/reports").body

    for name, report in REPORTS.items():
        assert f'href="/console/reports/{name}"' in body
        assert report.tells in body


@pytest.mark.parametrize(("name", "by"), PAGES)
def test_every_figure_of_every_report_opens_the_rows_that_it_counts(browser: Browser, name: str, by: str) -> None:
    answered = browser.get(f"/console/reports/{name}?by={by}")
    assert answered.status == 200

    for address, text in FIGURE.findall(answered.body):
        opened = browser.get(html.unescape(address))
        assert opened.status == 200, address
        if "." in text:
            assert sum(map(number, PRICED_ROW.findall(opened.body))) == number(text), address
        elif text.isdigit() and name != "content":
            assert len(ROW.findall(opened.body)) == int(text), address


def test_the_figures_are_those_of_the_api(world: World, browser: Browser) -> None:
    romi, cac = world.get("/api/reports/romi", by="channel"), world.get("/api/reports/cac", by="channel")
    times = world.get("/api/reports/time-to-sale")

    body = browser.get("/console/reports/romi").body
    assert f"<b>{forms.glance(romi['total']['revenue'], 'EUR')}</b>" in body
    assert f"<b>{forms.percent(romi['total']['romi'])}</b>" in body
    for line in romi["lines"]:
        assert forms.money(line["spend"]) in body
    assert f"<b>{forms.glance(cac['total']['cac'], 'EUR')}</b>" in browser.get("/console/reports/cac").body
    assert f"<b>{times['median_days']}</b>" in browser.get("/console/reports/time-to-sale").body


def test_every_report_says_what_its_figures_mean(browser: Browser) -> None:
    for name, report in REPORTS.items():
        body = html.unescape(browser.get(f"/console/reports/{name}").body)
        for column in report.columns:
            assert f"<dt>{column.name}</dt><dd>{column.means}</dd>" in body


def test_a_period_narrows_the_figures_and_their_rows(world: World, browser: Browser) -> None:
    asked = "from=2026-02-01&to=2026-02-28&by=month"
    leads = world.get("/api/reports/conversion", **{"from": "2026-02-01", "to": "2026-02-28"})["total"]["leads"]

    body = browser.get(f"/console/reports/conversion?{asked}").body
    opened = browser.get(f"/console/reports/conversion/behind?open=leads&{asked}").body

    assert 0 < leads < PEOPLE
    assert f"<b>{leads}</b>" in body
    assert len(ROW.findall(opened)) == leads
    assert "2026-02-01 to 2026-02-28" in opened


def test_people_behind_a_figure_are_named_and_recorded(world: World, browser: Browser) -> None:
    world.told.clear()

    body = browser.get("/console/reports/conversion/behind?open=customers").body

    ((code, told),) = world.told
    ids = [item["id"] for item in world.get("/api/reports/conversion/behind", open="customers")["items"]]
    assert "Boris Petrov" in body
    assert code == "CONSOLE.READ"
    assert told["people"] == ids
    assert "Boris" not in str(told)


def test_rows_turn_their_pages(world: World, browser: Browser) -> None:
    many = earning()
    for number_ in range(90):
        many.happen([_came(number_)])
    reader = Browser(console_of(many))
    reader.log_in()

    first = reader.get("/console/reports/conversion/behind?open=leads&by=channel").body
    following = re.search(r'href="([^"]+)">Next page', first)
    assert following is not None
    second = reader.get(html.unescape(following[1])).body

    listed = [set(re.findall(r'<th scope="row"><a href="/console/leads/([^"]+)"', body)) for body in (first, second)]
    assert [len(one) for one in listed] == [100, PEOPLE + 90 - 100]
    assert not listed[0] & listed[1]
    assert "Next page" not in second
    assert reader.get("/console/reports/conversion/behind?open=leads&cursor=forged").status == 400


def _came(number_: int) -> Signal:
    email = f"more{number_}@many.example"
    return signal(400_000 + number_, "form_submitted", email=email, profile={"email": email}, channel="Email")


def test_owners_are_called_by_their_names_and_asked_for_by_their_ids() -> None:
    world = earning()
    world.sync.name_owners({"005Anna": "Anna Sales"})
    browser = Browser(console_of(world))
    browser.log_in()

    body = browser.get("/console/reports/handovers?by=owner").body
    opened = browser.get("/console/reports/handovers/behind?open=accepted&by=owner&line=005Anna").body
    file = rows_of(browser.get("/console/reports/handovers/csv?by=owner"))

    assert '<th scope="row">Anna Sales</th>' in body
    assert "line=005Anna" in body
    assert "Anna Sales" in opened
    assert {"Anna Sales", "005Marek"} <= {line[0] for line in file}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("nothing", 404),
        ("kpis", 404),
        ("nothing/csv", 404),
        ("nothing/behind?open=leads", 404),
        ("romi?by=owner", 400),
        ("romi?from=2026-02-30", 400),
        ("romi?from=2026-02-01&to=2026-01-01", 400),
        ("romi/csv?table=nothing", 404),
        ("romi/behind?open=nothing", 400),
        ("romi/behind", 400),
        ("funnel/behind?open=count", 404),
        ("conversion?page=99", 200),
        ("conversion?page=-1", 200),
        ("conversion?page=x", 200),
        ("conversion?period=nothing", 200),
    ],
)
def test_what_does_not_make_sense_is_said(browser: Browser, address: str, status: int) -> None:
    answered = browser.get(f"/console/reports/{address}")

    assert answered.status == status
    assert answered.headers["content-type"].startswith("text/html")


def test_a_report_without_anything_says_so() -> None:
    browser = Browser(console_of(World()))
    browser.log_in()

    for name in REPORTS:
        assert "Nothing falls into this time" in browser.get(f"/console/reports/{name}").body


@pytest.mark.parametrize("role", ["marketer", "sales", "privacy", "operator"])
def test_whoever_may_ask_the_api_may_see_reports(world: World, role: str) -> None:
    browser = Browser(console_of(world, roles=(role,)))
    assert browser.get("/console/reports/romi").headers["location"] == "/console/login"
    browser.log_in()

    assert browser.get("/console/reports/romi").status == 200
    assert browser.get("/console/reports/romi/csv").status == 200


def test_a_lead_that_was_erased_while_its_page_was_open_is_a_page_that_says_so() -> None:
    world = earning()
    browser = Browser(console_of(world))
    browser.log_in()
    stale = browser.get("/console/reports/conversion/behind?open=customers").body
    leads = re.findall(r'<th scope="row"><a href="/console/leads/([^"]+)"', stale)
    companies = re.findall(r'href="(/console/companies/[^"]+)"', stale)

    for lead_id in list(world.tables.heads):
        del world.tables.heads[lead_id]
        world.tables.history.pop(lead_id, None)

    for address in (f"/console/leads/{leads[0]}", f"/console/leads/{leads[0]}/timeline", companies[0]):
        answered = browser.get(address)
        assert answered.status == 404
        assert "There is nothing here" in answered.body
        assert "erased since that page was loaded" in answered.body
    again = browser.get("/console/reports/conversion/behind?open=customers")
    assert again.status == 200
    assert again.body.count("no longer here") == len(leads)
    assert "Boris" not in again.body
    assert "no longer here" in browser.get("/console/reports/conversion/behind/csv?open=customers").body
    assert browser.get("/console/reports/romi/behind?open=revenue").status == 200
    assert browser.get("/console/companies").status == 200
