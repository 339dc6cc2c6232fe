"""How reports on conversion, money, time, touches and hand-overs are printed: one table, the total below its lines."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.cli.output import print_json

Show = Callable[[Any], str]


def _count(value: Any) -> str:
    return "–" if value is None else f"{value:,}".replace(",", " ")


def _percent(value: Any) -> str:
    return "–" if value is None else f"{value:.1%}"


def _money(value: Any) -> str:
    return "–" if value is None else f"{Decimal(value):,.2f}".replace(",", " ")


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:g}"


COLUMNS: Final[Mapping[str, Sequence[tuple[str, str, Show]]]] = {
    "conversion": (
        ("leads", "leads", _count), ("mql", "MQL", _count), ("sql", "SQL", _count), ("customers", "customers", _count),
        ("lead_to_mql", "lead →\nMQL", _percent), ("mql_to_sql", "MQL →\nSQL", _percent),
        ("sql_to_customer", "SQL →\ncustomer", _percent), ("lead_to_sale", "lead →\nsale", _percent),
    ),
    "romi": (
        ("spend", "spend", _money), ("revenue", "revenue", _money), ("opportunities", "deals", _count),
        ("romi", "ROMI", _percent), ("won", "all\nwon", _money), ("unconverted", "not\nconverted", _count),
    ),
    "touchpoints": (("touches", "touches", _count), ("people", "people", _count)),
    "cac": (
        ("spend", "spend", _money), ("companies", "new\ncompanies", _count), ("cac", "CAC", _money),
        ("unconverted", "not\nconverted", _count),
    ),
    "pipeline": (
        ("open", "open", _count), ("pipeline", "pipeline", _money), ("won", "won", _count),
        ("won_amount", "won\namount", _money), ("lost", "lost", _count), ("win_rate", "win\nrate", _percent),
        ("average_deal", "average\ndeal", _money), ("unconverted", "not\nconverted", _count),
    ),
    "handovers": (
        ("handovers", "hand-overs", _count), ("waiting", "waiting", _count), ("overdue", "overdue", _count),
        ("accepted", "accepted", _count), ("rejected", "rejected", _count), ("in_time_share", "in\ntime", _percent),
        ("median_hours", "median\nhours", _number),
    ),
}  # fmt: skip
"""By report: field, heading (in two lines, where eighty columns need it), how it is written."""


TITLES: Final = {
    "conversion": "Conversion", "romi": "ROMI", "cac": "CAC", "time-to-sale": "Time to sale", "pipeline": "Pipeline",
    "handovers": "Hand-overs", "content": "Content", "touchpoints": "Touchpoints",
}  # fmt: skip


def show_money(answer: Mapping[str, Any], period: str, console: Console) -> None:
    """Print a report on a period, which is given in words."""
    title = f"{TITLES[answer['name']]} {period}"
    if answer["name"] == "time-to-sale":
        _show_times(answer, title, console)
    elif answer["name"] == "content":
        _show_content(answer, title, console)
    else:
        _show_lines(answer, title, console)


def show_behind(items: Sequence[Mapping[str, Any]], console: Console, *, as_json: bool) -> None:
    """Print the rows behind a figure."""
    if as_json:
        print_json(list(items))
        return
    table = _table("Behind the figure", "id", "kind", "date", "amount", "leads")
    for item in items:
        leads = ", ".join(item["lead_ids"])
        table.add_row(escape(item["id"]), item["kind"], item["date"] or "", _money(item["amount"]), leads)
    console.print(table if items else "nothing is behind this figure")


def _show_lines(answer: Mapping[str, Any], title: str, console: Console) -> None:
    columns = COLUMNS[answer["name"]]
    currency = f", {answer['currency']}" if "currency" in answer else ""
    table = _table(title + currency, answer["by"], *(heading for _, heading, _ in columns))
    for line in answer["lines"]:
        table.add_row(escape(line["label"]), *(show(line[field]) for field, _, show in columns))
    table.add_section()
    table.add_row("[bold]all", *(f"[bold]{show(answer['total'][field])}" for field, _, show in columns))
    console.print(table)


def _show_times(answer: Mapping[str, Any], title: str, console: Console) -> None:
    table = _table(title, "figure", "value")
    for label, value in (
        ("leads", _count(answer["leads"])),
        ("bought", _count(answer["customers"])),
        ("open", _count(answer["open"])),
        ("median days of those who bought", _number(answer["median_days"])),
        ("mean days of those who bought", _number(answer["mean_days"])),
        ("days until half of all leads buy (Kaplan-Meier)", _number(answer["expected_median_days"])),
    ):
        table.add_row(label, value)
    console.print(table)
    curve = _table("Expected to have bought", "within days", "share", "at risk", "bought")
    for step in answer["curve"]:
        curve.add_row(str(step["day"]), _percent(step["bought"]), _count(step["at_risk"]), _count(step["sold"]))
    if answer["curve"]:
        console.print(curve)


def _show_content(answer: Mapping[str, Any], title: str, console: Console) -> None:
    table = _table(f"{title}, {answer['currency']}", "companies that bought", "companies", "revenue", "average")
    regular = f"regular consumers (from {answer['regular_from']} touches)"
    for label, line in ((regular, answer["regular"]), ("others", answer["others"])):
        table.add_row(label, _count(line["companies"]), _money(line["revenue"]), _money(line["average"]))
    console.print(table)
    console.print(f"content effectiveness B/A: [bold]{_number(answer['effectiveness'])}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=escape(title), title_justify="left", box=None, header_style="bold", pad_edge=False)
    for position, column in enumerate(columns):
        # Numbers stay whole, whatever the width: half of an amount is another amount.
        table.add_column(
            column,
            justify="left" if position == 0 else "right",
            no_wrap=position > 0,
            min_width=0 if position else len(column),
        )
    return table
