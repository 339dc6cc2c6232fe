"""`leadspine costs import|list`: what marketing cost, through the API. Computes nothing itself."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.cli.api import ApiRefused, call
from infra.cli.exits import Status
from infra.cli.output import AsJson, print_json
from shared.domain.money.spreadsheet import harmless

app = typer.Typer(help="What marketing cost: import a file, list the rows.", no_args_is_help=True)
console = Console()
MAX_BYTES: Final = 8_000_000
ENCODINGS: Final = ("utf-8-sig", "cp1251")
"""Tried in this order; book-keeping programs in Russian write the second, which is hardly ever valid UTF-8."""
COLUMNS: Final = ("key", "date", "kind", "channel", "campaign", "amount", "currency", "value")


@app.command("import")
def import_costs(
    file: Annotated[Path, typer.Argument(help="CSV or JSON.", exists=True, dir_okay=False, readable=True)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and keep nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take in a file of costs. The same file twice is taken once; a corrected row replaces the one with its key.

    For marketers and operators; without costs there is no ROMI and no CAC. Columns: date, kind (media, licence, staff,
    content, other), amount, currency; also channel, campaign, key, note. Programs send the same file to POST /in/costs.

    Exit status: 0 all rows taken, 1 the file is not usable, 2 some rows refused.

    Example: leadspine costs import march.csv
    Example: leadspine costs import march.csv --dry-run
    """
    report = call("POST", "/api/costs", json={"content": read_text(file), "dry_run": dry_run})
    if as_json:
        print_json(report)
    else:
        show_import(report)
    if report["refused"]:
        raise typer.Exit(Status.USAGE)


@app.command("list")
def list_costs(
    start: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, included.")] = None,
    kind: Annotated[str | None, typer.Option(help="media, licence, staff, content or other.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV that no spreadsheet runs as formulas.")] = False,
    as_json: AsJson = False,
) -> None:
    """List costs by day.

    Example: leadspine costs list --from 2026-03-01 --to 2026-03-31 --csv > march.csv
    """
    items = list(all_costs({"from": start, "to": end, "kind": kind}))
    if as_json:
        print_json(items)
        return
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        # An amount below zero is a number, not a formula.
        writer.writerows(
            [item[name] if name in ("amount", "value") else harmless(item[name]) for name in COLUMNS] for item in items
        )
        return
    table = Table(*COLUMNS, box=None)
    for item in items:
        table.add_row(*(escape(str(item[name] if item[name] is not None else "–")) for name in COLUMNS))
    console.print(table if items else "there are no costs")


def read_text(file: Path) -> str:
    """The text of a file.

    Raises:
        ApiRefused: it is too large, or in no encoding that is known.
    """
    if file.stat().st_size > MAX_BYTES:
        raise ApiRefused(f"{file.name}: more than {MAX_BYTES} bytes; split it")
    raw = file.read_bytes()
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ApiRefused(f"{file.name}: save it as UTF-8")


def all_costs(asked: dict[str, str | None]) -> Iterator[dict[str, Any]]:
    """Costs, page after page."""
    params = {name: value for name, value in asked.items() if value}
    while True:
        page = call("GET", "/api/costs", params=params)
        yield from page["items"]
        if not page["cursor"]:
            return
        params["cursor"] = page["cursor"]


def show_import(report: dict[str, Any]) -> None:
    """Print what became of a file."""
    console.print(
        f"{report['rows']} rows taken: {report['new']} new, {report['replaced']} replaced, "
        f"{report['unchanged']} known already; {report['refused']} refused"
    )
    if not report["refusals"]:
        return
    table = Table("line", "field", "code", "reason", box=None)
    for refusal in report["refusals"]:
        table.add_row(str(refusal["line"]), refusal["field"], refusal["code"], escape(refusal["message"]))
    console.print(table)
