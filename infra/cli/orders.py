"""`leadspine orders import`: orders and payments of an ERP or of 1C, checked row by row, sent to POST /in/orders."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.cli.api import ApiRefused
from infra.cli.costs import read_text
from infra.cli.exits import Status
from infra.cli.output import AsJson, print_json
from infra.cli.target import laptop_only
from infra.imports.laptop import LaptopSender
from infra.local.demo.laptop import LaptopDoors
from infra.local.endpoints import read_endpoints
from infra.local.home import find_home
from infra.local.keyring import configured_sources
from shared.app.import_rows import body_of, item_bytes, judge_rows
from shared.connectors.registry import connector_of
from shared.contracts.intake import Source
from shared.domain.instant import Instant
from shared.domain.money.order_file import OrderRow, read_file
from shared.domain.money.table_file import BadFile, Refusal

app = typer.Typer(help="Orders and payments: import a file.", no_args_is_help=True)
console = Console()

SOURCE: Final = "orders"
ROWS_PER_REQUEST: Final = 50
REQUESTS_AT_ONCE: Final = 10
"""Between two lots the queue gets empty: live leads do not wait behind a file."""
SHOWN: Final = 1000

Judged = tuple[list[tuple[int, OrderRow]], list[Refusal]]


class Imported(NamedTuple):
    """What became of a file: rows that were taken, and refusals by line."""

    rows: int
    refused: list[Refusal]


@app.callback()
def orders() -> None:
    """Orders and payments: import a file."""


@app.command("import")
def import_orders(
    file: Annotated[Path, typer.Argument(help="CSV or JSON.", exists=True, dir_okay=False, readable=True)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check every row; needs no running cloud.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take in orders and payments of an ERP or of 1C (laptop cloud). The same file twice adds nothing.

    For whoever keeps the books: a paid order is revenue, and a later row about the same order holds. Columns: order,
    date or paid_on, and one of email, domain, customer; also amount, currency, state (open, won, lost), refunded,
    closed_on, updated, name, company, phone, note. UTF-8 or Windows-1251, any separator, 1250.50 or 1 250,50,
    2026-03-09 or 09.03.2026.

    Exit status: 0 all rows taken, 1 the file is not usable, 2 some rows refused.

    Example: leadspine orders import orders.csv
    Example: leadspine orders import orders.csv --dry-run
    """
    if not dry_run:
        laptop_only("leadspine orders import")
    try:
        read = read_file(read_text(file))
    except BadFile as bad:
        raise ApiRefused(f"{file.name}: {bad.detail}", code=bad.code) from bad
    done = _send(read.orders, list(read.refused), dry_run=dry_run)
    refused = sorted(done.refused)
    if as_json:
        refusals = [refusal._asdict() for refusal in refused[:SHOWN]]
        lines = len({refusal.line for refusal in refused})
        print_json({"rows": done.rows, "refused": lines, "dry_run": dry_run, "refusals": refusals})
    else:
        show(done.rows, refused, dry_run=dry_run)
    if refused:
        raise typer.Exit(Status.USAGE)


def order_source() -> Source:
    """The source whose door takes orders, as the policies have it."""
    return next(source for source in configured_sources() if source.name == SOURCE)


def judge(rows: Sequence[tuple[int, OrderRow]], source: Source, now: Instant) -> Judged:
    """The rows that the door will take, and the others with their lines: an address that is none, a day to come."""
    parse = connector_of(source.vendor).parse
    verdicts = judge_rows([item_of(row) for _, row in rows], source, parse=parse, received_at=now)
    good = [row for row, verdict in zip(rows, verdicts, strict=True) if not verdict.code]
    bad = [
        Refusal(line, "", verdict.code, verdict.reason)
        for (line, _), verdict in zip(rows, verdicts, strict=True)
        if verdict.code
    ]
    return good, bad


def item_of(row: OrderRow) -> bytes:
    """A row as the door takes it: what was read, so that the door has nothing left to guess."""
    said = {
        "order": row.order,
        "date": row.placed_on,
        "paid_on": row.closed_on if row.state == "won" else "",
        "closed_on": row.closed_on if row.state == "lost" else "",
        "updated": row.at,
        "email": row.email,
        "domain": row.domain,
        "customer": row.customer,
        "name": row.name,
        "company": row.company,
        "phone": row.phone,
        "amount": row.amount,
        "currency": row.currency,
        "state": row.state,
    }
    return item_bytes({name: text for name, text in said.items() if text or name in ("order", "date", "email")})


def show(rows: int, refused: Sequence[Refusal], *, dry_run: bool) -> None:
    """Print what became of a file."""
    verb = "would be taken" if dry_run else "taken"
    console.print(f"{rows} rows {verb}, {len({refusal.line for refusal in refused})} refused")
    if not refused:
        return
    table = Table("line", "field", "code", "reason", box=None)
    for refusal in refused[:SHOWN]:
        table.add_row(str(refusal.line), refusal.field, refusal.code, escape(refusal.message))
    console.print(table)


def _send(rows: Sequence[tuple[int, OrderRow]], refused: list[Refusal], *, dry_run: bool) -> Imported:
    """Send a lot when everything before it is decided, so that the rows count in the order of the file."""
    source, taken = order_source(), 0
    if dry_run:
        good, bad = _judged(rows, source, _now())
        return Imported(len(good), [*refused, *bad])
    home = find_home()
    with LaptopDoors(home) as doors:
        sender = LaptopSender(home, read_endpoints(home), source, doors)
        for lot in _chunks(rows, ROWS_PER_REQUEST * REQUESTS_AT_ONCE):
            good, bad = _judged(lot, source, doors.now())
            refused += bad
            sender.send([body_of([item_of(row) for _, row in part]) for part in _chunks(good, ROWS_PER_REQUEST)])
            sender.settle()
            taken += len(good)
    return Imported(taken, refused)


def _judged(rows: Sequence[tuple[int, OrderRow]], source: Source, now: Instant) -> Judged:
    parts = [judge(part, source, now) for part in _chunks(rows, ROWS_PER_REQUEST)]
    return [row for good, _ in parts for row in good], [refusal for _, bad in parts for refusal in bad]


def _chunks(rows: Sequence[tuple[int, OrderRow]], size: int) -> Iterator[list[tuple[int, OrderRow]]]:
    left = iter(rows)
    while chunk := list(islice(left, size)):
        yield chunk


def _now() -> Instant:
    """The laptop's own time: the cloud's clock may be elsewhere, and need not run."""
    return round(time.time() * 1000)
