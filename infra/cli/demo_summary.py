"""What a demonstration came to, in sentences that a marketer understands at once. Every figure is one of a report.

Costs may be missing: then it says so instead of calling a return what is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from infra.cli.report import fetch_report

Answer = Mapping[str, Any]

NO_CHANNEL: Final = "(none)"
MAILING: Final = "ad.email"
"""The purpose that has to be agreed to before advertising is mailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The reports that the summary reads."""

    kpis: Answer
    conversion: Answer
    romi: Answer
    cac: Answer
    times: Answer
    handovers: Answer


def read_reports() -> Reports:
    """All of them, of all time.

    Raises:
        infra.cli.api.ApiRefused: the API does not answer.
    """
    return Reports(
        kpis=fetch_report("kpis"),
        conversion=fetch_report("conversion"),
        romi=fetch_report("romi", by="channel"),
        cac=fetch_report("cac"),
        times=fetch_report("time-to-sale"),
        handovers=fetch_report("handovers"),
    )


def figures(reports: Reports) -> dict[str, Any]:
    """The figures of the summary, for programs. Money is exact decimals as text; None where a figure is not known."""
    kpis, romi, handovers = reports.kpis, reports.romi["total"], reports.handovers["total"]
    best, worst = extremes(reports.romi["lines"])
    return {
        "leads": kpis["leads"],
        "companies": kpis["companies"],
        "mql": kpis["mql"],
        "sql": kpis["sql"],
        "customers": kpis["customers"],
        "lead_to_sale": reports.conversion["total"]["lead_to_sale"],
        "currency": reports.romi["currency"],
        "costs_known": Decimal(romi["spend"]) != 0,
        "spend": romi["spend"],
        "revenue": romi["revenue"],
        "won": romi["won"],
        "romi": romi["romi"],
        "new_companies": reports.cac["total"]["companies"],
        "cac": reports.cac["total"]["cac"],
        "median_days_to_sale": reports.times["median_days"],
        "expected_median_days": reports.times["expected_median_days"],
        "best_channel": best,
        "worst_channel": worst,
        "mailable": round(kpis["consent_share"].get(MAILING, 0.0) * kpis["leads"]),
        "waiting_for_sales": handovers["waiting"],
        "overdue": handovers["overdue"],
    }


def extremes(lines: Sequence[Answer]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The channels that returned most and least beyond their costs.

    Without costs only revenue can be compared, and no channel can be called the worst. One channel alone is the best.
    """
    named = [
        {"channel": line["label"], "spend": line["spend"], "revenue": line["revenue"],
         "return": str(Decimal(line["revenue"]) - Decimal(line["spend"]))}
        for line in lines
        if line["label"] != NO_CHANNEL and (Decimal(line["spend"]) or Decimal(line["revenue"]))
    ]  # fmt: skip
    ranked = sorted(named, key=lambda one: Decimal(one["return"]), reverse=True)
    best = ranked[0] if ranked else None
    costs_known = any(Decimal(one["spend"]) for one in ranked)
    return best, ranked[-1] if costs_known and len(ranked) > 1 else None


def sentences(told: Answer) -> Iterator[tuple[str, str]]:
    """What each figure is about, and the sentence."""
    yield "people", _people(told)
    yield "money", _money_made(told)
    if told["costs_known"] and told["cac"] is not None:
        companies = _count(told["new_companies"], "new company", "new companies")
        yield "a customer", f"cost {_money(told['cac'], told)} to win (CAC; {companies})"
    yield "time", _time(told)
    yield from _channels(told)
    yield "consent", f"{_number(told['mailable'])} of {_count(told['leads'], 'person', 'people')} may be mailed"
    yield "sales", _owed(told)


def panel(told: Answer) -> Panel:
    """The sentences as a box."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for about, sentence in sentences(told):
        table.add_row(f"[bold]{about}[/]", sentence)
    return Panel(table, title="What it came to", title_align="left", expand=False, border_style="cyan")


def _people(told: Answer) -> str:
    head = f"{_count(told['leads'], 'person', 'people')} of {_count(told['companies'], 'company', 'companies')} came in"
    share = "" if told["lead_to_sale"] is None else f" ({_percent(told['lead_to_sale'])} of all)"
    return (
        f"{head}; {_number(told['mql'])} became worth marketing's time (MQL), "
        f"{_number(told['sql'])} worth sales' (SQL), {_number(told['customers'])} bought{share}"
    )


def _money_made(told: Answer) -> str:
    if not told["costs_known"]:
        return (
            f"marketing brought [bold]{_money(told['revenue'], told)}[/] of {_money(told['won'], told)} won; what it "
            "cost is not known, so there is no ROMI: `leadspine costs import FILE`"
        )
    return (
        f"marketing spent {_money(told['spend'], told)} and returned {_money(told['revenue'], told)}: "
        f"[bold]ROMI {_percent(told['romi'])}[/]"
    )


def _time(told: Answer) -> str:
    if told["median_days_to_sale"] is None:
        return "nobody has bought yet"
    half = told["expected_median_days"]
    everybody = "" if half is None else f"; of all leads half will have bought after {half:.0f} days"
    return f"half of those who bought did so within {told['median_days_to_sale']:.0f} days{everybody}"


def _channels(told: Answer) -> Iterator[tuple[str, str]]:
    for about, name in (("best", "best_channel"), ("worst", "worst_channel")):
        one = told[name]
        if one:
            spent = f"{_money(one['spend'], told)} spent, " if told["costs_known"] else ""
            yield about, f"{escape(one['channel'])}: {spent}{_money(one['revenue'], told)} returned"


def _owed(told: Answer) -> str:
    waiting, overdue = told["waiting_for_sales"], told["overdue"]
    if not waiting and not overdue:
        return "owes nobody an answer"
    late = f", [bold red]{_number(overdue)} overdue[/]" if overdue else ", none overdue"
    return f"owes {_count(waiting + overdue, 'answer', 'answers')}{late}"


def _count(count: int, one: str, many: str) -> str:
    return f"{_number(count)} {one if count == 1 else many}"


def _number(count: int) -> str:
    return f"{count:,}"


def _money(amount: str, told: Answer) -> str:
    return f"{Decimal(amount):,.0f} {told['currency']}"


def _percent(value: float | None) -> str:
    """With the tenth, where there is one: 4.8% and 5% are not the same to who pays for it."""
    return "–" if value is None else f"{value * 100:,.1f}".removesuffix(".0") + "%"
