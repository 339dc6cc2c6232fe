"""`leadspine report NAME`: the reports and what is behind their figures, read from the API. Computes nothing itself."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.api import call
from infra.cli.money_tables import show_behind, show_money
from infra.cli.output import AsJson, print_json

BAR: Final = 18
"""Columns: the funnel has to fit into eighty."""


class Name(StrEnum):
    """Reports there are."""

    FUNNEL = "funnel"
    KPIS = "kpis"
    TOUCHPOINTS = "touchpoints"
    CONVERSION = "conversion"
    ROMI = "romi"
    CAC = "cac"
    TIME_TO_SALE = "time-to-sale"
    PIPELINE = "pipeline"
    HANDOVERS = "handovers"
    CONTENT = "content"


class By(StrEnum):
    """What lines of a report have in common."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    CONTENT = "content"
    OWNER = "owner"
    KIND = "kind"


def report(
    name: Annotated[Name, typer.Argument(metavar="NAME", help=f"{', '.join(Name)}.")],
    *,
    start: Annotated[str | None, typer.Option("--from", help="First cohort date, YYYY-MM-DD (UTC).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last cohort date, YYYY-MM-DD, included.")] = None,
    by: Annotated[By, typer.Option(metavar="GROUP", help=f"What lines have in common: {', '.join(By)}.")] = By.MONTH,
    figure: Annotated[str | None, typer.Option("--open", help="List what is behind a figure, e.g. revenue.")] = None,
    line: Annotated[str | None, typer.Option(help="With --open: the label of the line; left out: the total.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a report on the leads whose first touch, or the money whose day, lies between two dates.

    For marketers and sales. docs/reference/metrics.md defines every figure; --open lists the leads, opportunities and
    costs behind one.

    Example: leadspine report funnel
    Example: leadspine report romi --from 2026-01-01 --by channel
    Example: leadspine report romi --by channel --open revenue --line "Paid Search"
    """
    if figure:
        behind = list(open_figure(name.value, figure, line, start=start, end=end, by=by.value))
        show_behind(behind, Console(), as_json=as_json)
        return
    answer = fetch_report(name.value, start=start, end=end, by=by.value)
    print_json(answer) if as_json else show_report(answer, Console())


def fetch_report(name: str, *, start: str | None = None, end: str | None = None, by: str = "month") -> dict[str, Any]:
    """A report from the running cloud.

    Raises:
        infra.local.endpoints.CloudIsDown: there is none.
        infra.cli.api.ApiRefused: the dates are wrong, or no answer.
    """
    asked = {key: value for key, value in (("from", start), ("to", end), ("by", by)) if value}
    return call("GET", f"/api/reports/{name}", params=asked)


def open_figure(
    name: str, figure: str, line: str | None, *, start: str | None, end: str | None, by: str
) -> Iterator[dict[str, Any]]:
    """Everything behind a figure, page after page.

    Raises:
        infra.local.endpoints.CloudIsDown, infra.cli.api.ApiRefused: as for fetch_report.
    """
    asked = {"from": start, "to": end, "by": by, "open": figure, "line": line}
    params = {key: value for key, value in asked.items() if value is not None}
    while True:
        page = call("GET", f"/api/reports/{name}/behind", params=params)
        yield from page["items"]
        if not page["cursor"]:
            return
        params["cursor"] = page["cursor"]


def show_report(answer: Mapping[str, Any], console: Console) -> None:
    """Print a report as tables with bars."""
    if answer["name"] == Name.FUNNEL:
        _show_funnel(answer, console)
    elif answer["name"] == Name.KPIS:
        _show_kpis(answer, console)
    else:
        show_money(answer, _period(answer), console)


def _show_funnel(answer: Mapping[str, Any], console: Console) -> None:
    console.print(funnel_table(answer))
    console.print(f"[dim]{answer['visitors']} visitors were seen and never became known[/dim]")


def funnel_table(answer: Mapping[str, Any]) -> Table:
    """How many people reached each stage, with bars."""
    table = _table(f"Funnel {_period(answer)}", "stage", "reached", "", "now", "to next", "of first", "days to next")
    widest = max((stage["count"] for stage in answer["stages"]), default=0)
    for stage in answer["stages"]:
        table.add_row(
            stage["stage"],
            str(stage["count"]),
            _bar(stage["count"], widest),
            str(stage["current"]),
            _percent(stage["conversion"]),
            _percent(stage["conversion_total"]),
            _number(stage["median_days"]),
        )
    for stage in answer["side"]:
        table.add_row(f"[dim]{stage['stage']}", str(stage["count"]), "", str(stage["current"]), "", "", "")
    return table


def _show_kpis(answer: Mapping[str, Any], console: Console) -> None:
    table = _table(f"Key figures {_period(answer)}", "figure", "value")
    for label, value in (
        ("leads", str(answer["leads"])),
        ("companies", str(answer["companies"])),
        ("MQL", str(answer["mql"])),
        ("SQL", str(answer["sql"])),
        ("opportunities", str(answer["opportunities"])),
        ("customers", str(answer["customers"])),
        ("lead → MQL", _percent(answer["lead_to_mql"])),
        ("MQL → SQL", _percent(answer["mql_to_sql"])),
        ("SQL → customer", _percent(answer["sql_to_customer"])),
        ("lead → customer", _percent(answer["lead_to_customer"])),
        ("median days to SQL", _number(answer["median_days_to_sql"])),
        ("touches per lead", _number(answer["touches_per_lead"])),
        *((f"consent {purpose}", _percent(part)) for purpose, part in answer["consent_share"].items()),
    ):
        table.add_row(label, value)
    console.print(table)
    channels = _table("By channel of the first touch", "channel", "leads", "", "MQL", "SQL", "customers")
    widest = max((line["leads"] for line in answer["channels"]), default=0)
    for line in answer["channels"]:
        counts = (str(line[name]) for name in ("mql", "sql", "customers"))
        channels.add_row(line["channel"], str(line["leads"]), _bar(line["leads"], widest), *counts)
    console.print(channels)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 or not column else "right")
    return table


def _bar(count: int, widest: int) -> str:
    """Eighths of a block, so that small differences are seen; something is never shown as nothing."""
    eighths = round(BAR * 8 * count / widest) if widest else 0
    if count:
        eighths = max(eighths, 1)
    return f"[cyan]{'█' * (eighths // 8)}{' ▏▎▍▌▋▊▉'[eighths % 8].strip()}[/cyan]"


def _period(answer: Mapping[str, Any]) -> str:
    dates: Sequence[str | None] = (answer["from"], answer["to"])
    return f"{dates[0] or '…'} – {dates[1] or '…'}" if any(dates) else "of all time"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
