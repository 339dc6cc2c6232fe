"""The end of `leadspine demo`: figures of the reports as sentences, with costs and without, and the picture of them."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from infra.cli import demo_summary
from infra.cli.demo_summary import Reports, extremes, figures, panel, sentences
from infra.cli.picture import draw, write
from tests.unit.api.world import World, ann_and_bob


def line(label: str, spend: str, revenue: str, **more: Any) -> dict[str, Any]:
    return {"label": label, "spend": spend, "revenue": revenue, "won": revenue, "romi": None, **more}


def reports(**changed: Any) -> Reports:
    """The golden figures: 1,200,000 spent, 3,000,000 returned, 150 %; 4.8 % of 5,000 leads bought."""
    total = line("", "1200000.00", "3000000.00", romi=1.5)
    given: dict[str, Any] = {
        "kpis": {"leads": 5000, "companies": 1, "mql": 1200, "sql": 400, "customers": 240,
                 "consent_share": {"ad.email": 0.8125, "processing": 1.0}},
        "conversion": {"total": {"lead_to_sale": 0.048}},
        "romi": {"currency": "EUR", "total": total, "lines": [
            line("Paid Search", "10000.00", "200000.00"), line("Webinar", "300000.00", "2700000.00"),
            line("Fair", "800000.00", "100000.00"), line("(none)", "90000.00", "0.00"),
        ]},
        "cac": {"total": {"companies": 60, "cac": "20000.00"}},
        "times": {"median_days": 85.13, "expected_median_days": 210},
        "handovers": {"total": {"waiting": 3, "overdue": 2}},
    }  # fmt: skip
    return Reports(**{**given, **changed})


def said(told: Reports) -> dict[str, str]:
    """By what it is about, as it is read on the screen."""
    return {about: Text.from_markup(words).plain for about, words in sentences(figures(told))}


def test_a_marketer_reads_people_money_time_channels_consent_and_what_sales_owes() -> None:
    assert said(reports()) == {
        "people": "5,000 people of 1 company came in; 1,200 became worth marketing's time (MQL), "
        "400 worth sales' (SQL), 240 bought (4.8% of all)",
        "money": "marketing spent 1,200,000 EUR and returned 3,000,000 EUR: ROMI 150%",
        "a customer": "cost 20,000 EUR to win (CAC; 60 new companies)",
        "time": "half of those who bought did so within 85 days; of all leads half will have bought after 210 days",
        "best": "Webinar: 300,000 EUR spent, 2,700,000 EUR returned",
        "worst": "Fair: 800,000 EUR spent, 100,000 EUR returned",
        "consent": "4,062 of 5,000 people may be mailed",
        "sales": "owes 5 answers, 2 overdue",
    }


def test_channels_rank_by_money_and_not_by_leads_or_percent() -> None:
    many, few = line("many leads", "10000.00", "50000.00", romi=4.0), line("few", "300000.00", "900000.00", romi=2.0)

    best, worst = extremes([many, few])

    assert best is not None
    assert worst is not None
    assert (best["channel"], best["return"], worst["channel"]) == ("few", "600000.00", "many leads")


def test_without_costs_it_says_so_and_calls_no_channel_the_worst() -> None:
    total = line("", "0.00", "267312.00", won="300000.00")
    romi = {
        "currency": "EUR",
        "total": total,
        "lines": [line("Email", "0.00", "200000.00"), line("Fair", "0", "67312")],
    }

    words = said(reports(romi=romi))

    assert words["money"] == (
        "marketing brought 267,312 EUR of 300,000 EUR won; what it cost is not known, so there is no ROMI: "
        "`leadspine costs import FILE`"
    )
    assert words["best"] == "Email: 200,000 EUR returned"
    assert "worst" not in words
    assert "a customer" not in words


def test_costs_that_belong_to_no_channel_are_no_channel() -> None:
    assert extremes([line("(none)", "10.00", "0.00"), line("Direct", "0.00", "0.00")]) == (None, None)


def test_a_share_keeps_its_tenth() -> None:
    romi = {**reports().romi, "total": line("", "1500000.00", "5000000.00", romi=2.333333)}

    assert said(reports(romi=romi))["money"].endswith("ROMI 233.3%")


def test_a_loss_is_a_negative_return() -> None:
    romi = {**reports().romi, "total": line("", "1000.00", "250.00", romi=-0.75)}

    assert said(reports(romi=romi))["money"].endswith("ROMI -75%")


def test_a_calm_sales_department_owes_nobody() -> None:
    assert said(reports(handovers={"total": {"waiting": 0, "overdue": 0}}))["sales"] == "owes nobody an answer"
    assert said(reports(handovers={"total": {"waiting": 1, "overdue": 0}}))["sales"] == "owes 1 answer, none overdue"


@pytest.mark.parametrize(
    ("made", "sales"), [(World, "owes nobody an answer"), (ann_and_bob, "owes 1 answer, none overdue")]
)
def test_it_is_read_from_the_reports_as_the_api_gives_them(
    made: Callable[[], World], sales: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = made()

    def fetch(name: str, *, by: str = "month") -> dict[str, Any]:
        answer: dict[str, Any] = world.get(f"/api/reports/{name}", by=by)
        return answer

    monkeypatch.setattr(demo_summary, "fetch_report", fetch)

    told = demo_summary.read_reports()
    words = said(told)

    assert figures(told)["leads"] == world.get("/api/reports/kpis")["leads"]
    assert words["time"] == "nobody has bought yet"
    assert words["sales"] == sales


def test_names_of_channels_are_no_markup() -> None:
    romi = {**reports().romi, "lines": [line("[red]Fair[/red]", "1.00", "2.00")]}
    out = io.StringIO()

    Console(file=out, width=80).print(panel(figures(reports(romi=romi))))

    assert "[red]Fair[/red]: 1" in out.getvalue()


def test_the_picture_is_the_same_twice_asks_nobody_for_fonts_and_has_a_name(tmp_path: Path) -> None:
    def picture() -> str:
        return draw("leadspine demo --leads 300", [panel(figures(reports()))], title="leadspine demo")

    write(tmp_path / "demo.svg", picture())

    svg = (tmp_path / "demo.svg").read_text(encoding="utf-8")
    assert svg == picture()
    assert set(re.findall(r"https?://[\w.]+", svg)) == {"http://www.w3.org", "https://www.textualize.io"}
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", svg)
    assert svg.startswith('<svg role="img" aria-label="leadspine demo" ')
    assert "150" in svg
    assert f"leadspine&#160;demo&#160;--leads&#160;{300}" in svg
