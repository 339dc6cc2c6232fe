"""Results as people read them."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from infra.bench.results import Figure, Result, Target


def show(result: Result, console: Console) -> None:
    """Print one result."""
    console.rule(f"[bold]{result.title}", align="left")
    if result.failure:
        console.print(f"[yellow]not measured:[/] {result.failure}\n", highlight=False)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column, right in (("", False), ("median", True), ("", False), ("worst … best", True), ("", False)):
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for figure in (figure for figure in result.figures if not figure.detail):
        table.add_row(figure.name, _number(figure.value), figure.unit, _spread(figure), f"[dim]{figure.ratio}[/]")
    console.print(table)
    for note in result.notes:
        console.print(f"[dim]{note}[/]", highlight=False)
    console.print()


def show_targets(results: Iterable[Result], console: Console) -> None:
    """Print all promises and whether they are kept."""
    console.rule("[bold]Targets", align="left")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("", "bench", "", "wanted", "reached"):
        table.add_column(column, justify="right" if column in ("wanted", "reached") else "left")
    for result in results:
        for target in result.targets:
            mark = "[green]✓[/]" if target.met else "[red]✗[/]"
            table.add_row(mark, result.name, target.name, _wanted(target), f"{_number(target.reached)} {target.unit}")
    console.print(table)


def _wanted(target: Target) -> str:
    return f"{'≥' if target.at_least else '≤'} {_number(target.wanted)} {target.unit}"


def _spread(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_number(figure.low)} … {_number(figure.high)}"


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"
