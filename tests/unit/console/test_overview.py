"""The first page: money beside people, ranked by money, and what to do when no cost is known."""

import html
import re

import pytest

from shared.app.console import forms, overview
from shared.app.console.periods import ALL_TIME
from shared.contracts.reports import (
    CacLine,
    CacReport,
    ChannelLine,
    FunnelReport,
    KpiReport,
    PipelineLine,
    PipelineReport,
    RomiLine,
    RomiReport,
)
from shared.ports.lake import LakeBusy
from tests.unit.api.world import World, ann_and_bob
from tests.unit.console.browsing import Browser, console_of

HEAD = {"from_": None, "to": None, "generated_at": "2026-01-01T00:00:00Z"}
KEY_FIGURE = re.compile(r'<dt><a href="([^"]+)">([^<]+)</a></dt><dd><b>([^<]+)</b>')


@pytest.mark.parametrize("period", ["30", "90", "365", "all"])
def test_money_on_the_overview_is_that_of_the_reports(world: World, browser: Browser, period: str) -> None:
    body = browser.get(f"/console/overview?period={period}").body
    figures = {name: (html.unescape(address), value) for address, name, value in KEY_FIGURE.findall(body)}
    asked = dict(part.split("=") for part in figures["ROMI"][0].partition("?")[2].split("&"))
    asked.pop("period", None)

    romi, cac = (world.get(f"/api/reports/{name}", **asked)["total"] for name in ("romi", "cac"))
    ahead = world.get("/api/reports/pipeline")["total"]

    assert figures["ROMI"][1] == forms.percent(romi["romi"])
    assert figures["Revenue"][1] == forms.glance(romi["revenue"], "EUR")
    assert figures["Spend"][1] == forms.glance(romi["spend"], "EUR")
    assert figures["CAC"][1] == forms.glance(cac["cac"], "EUR")
    assert figures["Pipeline now"][1] == forms.glance(ahead["pipeline"], "EUR")


def test_every_key_figure_leads_to_its_report_with_the_same_period(browser: Browser) -> None:
    body = browser.get("/console/overview?period=90").body

    found = KEY_FIGURE.findall(body)

    assert len(found) == 12
    for address, name, _ in found:
        assert browser.get(html.unescape(address)).status == 200
        assert name == "Pipeline now" or "from=" in address
    assert 'aria-current="true">90 days' in body


def test_without_costs_it_says_so_and_how_to_bring_them_in(browser: Browser) -> None:
    without = Browser(console_of(ann_and_bob()))
    without.log_in()

    assert "leadspine costs import FILE" in without.get("/console/overview").body
    assert "leadspine costs import FILE" not in browser.get("/console/overview").body


def test_one_page_reads_the_books_once(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    read, asked = world.lake.opportunities, []
    monkeypatch.setattr(world.lake, "opportunities", lambda: asked.append(1) or read())

    browser.get("/console/overview")

    assert len(asked) == 1


def test_while_the_lake_is_rebuilt_it_says_so(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise LakeBusy

    monkeypatch.setattr(world.lake, "opportunities", busy)

    for page in ("overview", "reports/romi", "reports/romi/behind?open=revenue", "companies"):
        assert browser.get(f"/console/{page}").status == (200 if page == "companies" else 503)


def romi(label: str, spend: str, revenue: str) -> RomiLine:
    return RomiLine(label=label, spend=spend, spend_by_kind={}, revenue=revenue, opportunities=1, won=revenue,
                    won_opportunities=1, romi=None, unconverted=0)  # fmt: skip


def cac(label: str) -> CacLine:
    return CacLine(label=label, spend="0.00", companies=0, cac=None, unconverted=0)


def channel(name: str, leads: int) -> ChannelLine:
    return ChannelLine(channel=name, leads=leads, mql=0, sql=0, customers=1, conversion=None)


def test_channels_rank_by_money_not_by_leads() -> None:
    kpis = KpiReport(
        **HEAD, name="kpis", visitors=0, leads=450, companies=0, mql=0, sql=0, opportunities=0, customers=2,
        lead_to_mql=None, mql_to_sql=None, sql_to_customer=None, lead_to_customer=None, median_days_to_sql=None,
        touches=0, touches_per_lead=None, consent_share={},
        channels=[channel("Fair", 400), channel("Webinar", 50), channel("Direct", 1)],
    )  # fmt: skip
    none = PipelineLine(label="", open=0, pipeline="0.00", won=0, won_amount="0.00", lost=0, win_rate=None,
                        average_deal=None, unconverted=0)  # fmt: skip
    pipeline = PipelineReport(**HEAD, name="pipeline", by="month", currency="EUR", total=none, lines=[])
    lines = [
        romi("Fair", "5000.00", "10000.00"),
        romi("Webinar", "5000.00", "300000.00"),
        romi("Radio", "9.00", "0.00"),
    ]
    money = overview.Money(
        romi=RomiReport(**HEAD, name="romi", by="channel", currency="EUR", total=romi("", "0.00", "0.00"), lines=lines),
        cac=CacReport(**HEAD, name="cac", by="channel", currency="EUR", total=cac(""), lines=[cac("Fair")]),
        pipeline=pipeline,
        ahead=pipeline,
        spent=True,
    )
    funnel = FunnelReport(**HEAD, name="funnel", by="day", visitors=0, stages=[], side=[], cohorts=[])

    found = overview.overview(funnel, kpis, money, ALL_TIME).channels

    assert [one.name for one in found] == ["Webinar", "Fair", "Radio", "Direct"]
    assert [one.bar.share for one in found] == [100, 3.33, 0, 0]
    assert [[cell.text for cell in one.cells][4:] for one in found] == [
        ["50", "1"],
        ["400", "1"],
        ["0", "0"],
        ["1", "1"],
    ]
    assert found[2].cells[4].address == "", "nothing is behind a zero"
