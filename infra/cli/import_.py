"""`leadspine import FILE`: leads and events from CSV and JSON Lines, checked row by row, through the public door."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from infra.cli.exits import Status
from infra.cli.output import AsJson, print_json
from infra.cli.target import laptop_only
from infra.imports import memory
from infra.imports.encodings import UnusableFile
from infra.imports.files import CSV, InputFile, Rows, open_input
from infra.imports.items import Shaping
from infra.imports.laptop import LaptopSender, import_source
from infra.imports.refused import RefusedReport
from infra.imports.run import Importing, Sender, run_import
from infra.local.demo.laptop import LaptopDoors
from infra.local.endpoints import read_endpoints
from infra.local.home import Home, find_home
from shared.connectors.registry import connector_of
from shared.domain.instant import Instant
from shared.domain.intake.timestamps import read_time

_KIB_PER_UNIT: Final = 1 / 1024 if sys.platform == "darwin" else 1
"""macOS reports the peak memory in bytes, Linux in KiB."""


def import_(  # noqa: PLR0913 - the options of a command are its arguments
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines, with the fields of POST /in/json.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check every row; needs no running cloud.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="From the first row again; nothing counts twice.")] = False,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="COLUMN=FIELD for a column whose name nobody knows; repeatable.")
    ] = None,
    occurred_at: Annotated[str, typer.Option(help="When rows without a time of their own happened.")] = "",
    day_first: Annotated[bool, typer.Option("--day-first", help="03/04/2026 is the third of April.")] = False,
    id_prefix: Annotated[str, typer.Option(help="Put before every id: other files used the same ids.")] = "",
    encoding: Annotated[str | None, typer.Option(help="utf-8, cp1251, cp1250 …; recognised when left out.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="One character; recognised when left out.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where refused rows are listed; FILE.refused.csv when left out.")
    ] = None,
    with_values: Annotated[bool, typer.Option("--with-values", help="The report repeats the rows themselves.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import leads or events from a CSV or JSON Lines file (laptop cloud). The same file twice adds nothing.

    For marketers who bring a list or the history of another system. What happened more than a day ago starts no
    hand-over clock and sends nothing. An interrupted import goes on where it stopped.

    Exit status: 0 all rows taken, 1 nothing read, 2 some rows refused.

    Example: leadspine import leads.csv --dry-run
    Example: leadspine import leads.csv --map Kontakt=email --occurred-at 2026-03-01
    """
    if not dry_run:
        laptop_only("leadspine import")
    home = find_home()
    shaping = Shaping(
        renamed=_renamed(columns or []), id_prefix=id_prefix, day_first=day_first, occurred_at=_time(occurred_at)
    )
    console = Console(stderr=True)
    source = open_input(file, encoding=encoding, delimiter=_delimiter(delimiter))
    _check_columns(source, shaping)
    kept = memory.memory_of(home, source, shaping)
    start = memory.Progress() if dry_run or restart else kept.load()
    target = report or file.with_name(f"{file.name}.refused.csv")
    if target.resolve() == file.resolve():
        raise typer.BadParameter("--report names the imported file itself")
    _introduce(source, shaping, start, console)
    began = time.monotonic()
    done = start
    if not start.finished:
        with (
            _stoppable(console),
            nullcontext((None, _wall_clock)) if dry_run else _laptop(home) as (sender, now),
            RefusedReport(target, with_values=with_values, size=start.report_bytes) as refusals,
            _bar(source, console) as (rows, tell),
        ):
            done = run_import(
                rows,
                Importing(
                    source=import_source(),
                    parse=connector_of(import_source().vendor).parse,
                    now=now,
                    report=refusals,
                    shaping=shaping,
                    sender=sender,
                    remember=(lambda _: None) if dry_run else kept.save,
                    tell=tell,
                ),
                start,
            )
    told = _summary(file, source, start, done, seconds=time.monotonic() - began, dry_run=dry_run, report=target)
    print_json(told) if as_json else _show(told, Console())
    if done.refused or not done.rows:
        raise typer.Exit(Status.USAGE if done.rows else Status.WRONG)


def _renamed(pairs: list[str]) -> dict[str, str]:
    split = [pair.rpartition("=") for pair in pairs]
    if any(not (column.strip() and name.strip()) for column, _, name in split):
        raise typer.BadParameter("--map takes COLUMN=FIELD, for instance --map 'Kontakt=email'")
    return {column.strip(): name.strip() for column, _, name in split}


def _delimiter(text: str | None) -> str | None:
    named = {"tab": "\t", "\\t": "\t"}.get((text or "").lower(), text)
    if named is not None and len(named) != 1:
        raise typer.BadParameter("--delimiter takes one character, or tab")
    return named


def _time(text: str) -> str:
    """A time that the door can read, or none."""
    _, flags = read_time(text, _wall_clock())
    if {"time:unreadable", "time:implausible", "time:epoch0", "time:future"} & set(flags):
        raise typer.BadParameter("--occurred-at takes a past time, for instance 2026-03-01 or 2026-03-01T09:00:00Z")
    return text


def _wall_clock() -> Instant:
    return round(time.time() * 1000)


def _check_columns(source: InputFile, shaping: Shaping) -> None:
    """A header in which nothing names a person would refuse every row: say it once, and how to help.

    Raises:
        UnusableFile: there is no such column, or one that is to be renamed is not there.
    """
    missing = [name for name in shaping.renamed if name not in source.columns]
    if source.form == CSV and missing:
        raise UnusableFile(f"{source.path} has no column {missing[0]}; it has {', '.join(source.columns[:20])}")
    if source.form == CSV and not source.identifies(shaping.renamed):
        raise UnusableFile(
            f"{source.path}: no column is known to name a person (email, phone, anonymous_id, user_id, external_id); "
            f"say which one does: --map COLUMN=email. Columns: {', '.join(source.columns[:20])}"
        )


@contextmanager
def _stoppable(console: Console) -> Iterator[None]:
    """Ctrl-C is an ordinary way to stop: what was sent is remembered."""
    try:
        yield
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on from here.")
        raise typer.Exit(Status.STOPPED) from None


@contextmanager
def _laptop(home: Home) -> Iterator[tuple[Sender | None, Callable[[], Instant]]]:
    """The door of the running cloud, and its clock."""
    endpoints = read_endpoints(home)
    with LaptopDoors(home) as doors:
        yield LaptopSender(home, endpoints, import_source(), doors), doors.now


@contextmanager
def _bar(source: InputFile, console: Console) -> Iterator[tuple[Rows, Callable[[memory.Progress], None]]]:
    """The rows of the file, and a bar that follows their reading; without a terminal nothing is drawn."""
    rows = source.rows()
    shown = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("[dim]{task.fields[rows]}"),
        TimeElapsedColumn(), TextColumn("[dim]left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*shown, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(escape(source.path.name), total=source.size, rows="")
        first: list[tuple[float, int]] = []

        def tell(done: memory.Progress) -> None:
            now = time.monotonic()
            first.append((now, done.rows)) if not first else None
            rate = (done.rows - first[0][1]) / max(now - first[0][0], 0.001)
            words = f"{done.rows:,} rows" + (f", {rate:,.0f}/s" if rate else "")
            progress.update(task, completed=rows.position, rows=words)

        yield rows, tell


def _introduce(source: InputFile, shaping: Shaping, start: memory.Progress, console: Console) -> None:
    how = (
        f"{source.encoding}, delimiter {_NAMES.get(source.delimiter, source.delimiter)}"
        if source.columns
        else "JSON Lines"
    )
    console.print(f"[dim]{escape(source.path.name)}: {source.size:,} bytes, {how}", highlight=False)
    if start.finished:
        console.print("This file was imported before; --restart sends it again (nothing counts twice).")
    elif start.rows:
        console.print(f"Goes on after row {start.rows:,}.", highlight=False)
    if source.columns and not source.tells_time(shaping.renamed) and not shaping.occurred_at:
        console.print(
            "[yellow]No column says when: rows count as happening now, which starts hand-over clocks and messages.[/]\n"
            "[yellow]For history add --occurred-at 2026-01-31, or name the column: --map COLUMN=occurred_at.[/]"
        )


_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def _summary(
    file: Path,
    source: InputFile,
    start: memory.Progress,
    done: memory.Progress,
    *,
    seconds: float,
    dry_run: bool,
    report: Path,
) -> dict[str, Any]:
    rows = done.rows - start.rows
    return {
        "file": str(file),
        "form": source.form,
        "encoding": source.encoding,
        "dry_run": dry_run,
        "resumed_after": start.rows,
        "rows": done.rows,
        "taken": done.taken,
        "refused": done.refused,
        "undated": done.undated,
        "report": str(report) if done.refused else None,
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / max(seconds, 0.001)),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB_PER_UNIT / 1024),
    }


def _show(told: dict[str, Any], console: Console) -> None:
    verb = "would be taken" if told["dry_run"] else "taken"
    pace = f"{told['seconds']} s, {told['rows_per_second']:,} rows/s, at most {told['peak_mib']} MiB of memory"
    console.print(
        f"[bold]{told['taken']:,}[/] of {told['rows']:,} rows {verb}   [dim]{pace}", highlight=False, soft_wrap=True
    )
    if told["undated"]:
        console.print(f"{told['undated']:,} of them did not say when: they count as happening now", highlight=False)
    if told["refused"]:
        listed = f"[yellow]{told['refused']:,} refused[/]; which and why: {escape(told['report'])}"
        console.print(listed, highlight=False, soft_wrap=True)
