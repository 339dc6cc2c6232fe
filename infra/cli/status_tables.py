"""How `leadspine status` looks: one screen of eighty columns, in words; colours only repeat what the words say."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Answer = Mapping[str, Any]

_MARKS: Final = {
    "ok": "[green]ok[/]", "behind": "[yellow]behind[/]", "paused": "[yellow]paused[/]", "off": "[dim]off[/]",
    "refused": "[bold red]refused[/]",
}  # fmt: skip
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_LABEL: Final = 12
"""Columns of what a line is about."""


def show(answer: Answer, console: Console | None = None) -> None:
    """Print it."""
    out = console or Console(highlight=False)
    if not answer["running"]:
        out.print(f"[bold]down[/] ({escape(answer['home'])}); start it with: leadspine up", soft_wrap=True)
        return
    for line in _verdict(answer):
        out.print(line)
    out.print(_grid(_facts(answer)))
    if answer["sync"] is not None:
        out.print(_sync(answer["sync"]))
    if answer["conflicts"] is not None:
        count = answer["conflicts"]
        out.print(f"[dim]{count:,} conflict{'' if count == 1 else 's'} judged in the last day")
    out.print()
    if "queues" in answer:
        for part in _queues(answer["queues"]):
            out.print(part)
    if "processes" in answer:
        out.print(_grid(_machine(answer)))


def _verdict(answer: Answer) -> Iterator[str | Table]:
    """What somebody has to look at, first."""
    if not answer["attention"]:
        yield "[bold green]All is well.[/]\n"
        return
    count = len(answer["attention"])
    yield f"[bold yellow]{count} thing{'' if count == 1 else 's'} to look at[/]"
    listed = Table.grid(padding=(0, 1))
    for sentence in answer["attention"]:
        listed.add_row(" [yellow]![/]", escape(sentence))
    yield listed
    yield ""


def _facts(answer: Answer) -> Iterator[tuple[str, str]]:
    if "deployment" in answer:
        yield "deployment", answer["deployment"]
    else:
        yield "laptop", f"[green]up[/] since {_clock_time(answer['up_since'])}{_ago(answer['up_since'])}"
        yield from _addresses(answer)
    if answer["time"]:
        yield "clock", _moment(answer["time"]) + _moved(answer.get("clock_offset_ms"))
        yield "rules", f"version {escape(answer['policy_version'])}"
    if answer["people"]:
        yield "people", _people(answer["people"])
    if answer["handovers"]:
        yield "hand-overs", _handovers(answer["handovers"])
    if "reports_built" in answer:
        yield "reports", _built(answer["reports_built"])
    if answer["parked"] is not None:
        yield "parked", f"[bold red]{answer['parked']:,} records[/]" if answer["parked"] else "nothing"


def _handovers(told: Mapping[str, int]) -> str:
    if not told["handovers"]:
        return "none yet"
    late = f"[bold red]{told['overdue']:,} overdue[/]" if told["overdue"] else "none overdue"
    return f"{told['handovers']:,}, {told['waiting']:,} wait for sales, {late}"


def _addresses(answer: Answer) -> Iterator[tuple[str, str]]:
    endpoints = answer["endpoints"]
    if endpoints["console"]:
        yield "console", f"{endpoints['console']}/"
    yield "API", f"{endpoints['api']}/api"
    for name, site in answer["sites"].items():
        if site["process"] is None:
            yield name, "[bold red]gone[/]; it is started again"
            continue
        held = ", ".join(f"{count:,} {kind}" for kind, count in (site["records"] or {}).items() if count)
        yield name, f"{site['url']}  [dim]{held or ('empty' if site['records'] is not None else 'does not answer')}[/]"


def _people(people: Mapping[str, int]) -> str:
    line = (("leads", "leads"), ("mql", "MQL"), ("sql", "SQL"), ("opportunities", "deals"),
            ("customers", "customers"))  # fmt: skip
    steps = " → ".join(f"{people[name]:,} {word}" for name, word in line)
    return f"{steps}; {people['companies']:,} companies"


def _sync(systems: Iterable[Answer]) -> Table:
    table = _table("sync", "status", "lag", "backlog", "calls today", "error")
    for item in systems:
        used = f"{item['used']:,}" + (f" of {item['allowed']:,}" if item["allowed"] else "")
        lag = "–" if item["lag_s"] is None else _span(item["lag_s"])
        mark = _MARKS.get(item["status"], escape(item["status"]))
        table.add_row(item["system"], mark, lag, f"{item['waiting']:,}", used, escape(item["error"]))
    return table


def _queues(queues: Mapping[str, Mapping[str, int]]) -> Iterator[Table | str]:
    """Those that hold something; the others are counted."""
    table = _table("queues", "waiting", "in flight", "")
    empty = {True: 0, False: 0}
    for name, depth in sorted(queues.items()):
        dead = name.endswith("-dlq")
        if not depth["waiting"] and not depth["in_flight"]:
            empty[dead] += 1
            continue
        counts = (f"{depth['waiting']:,}", f"{depth['in_flight']:,}")
        table.add_row(name, *counts, "[bold red]dead letters[/]" if dead else "")
    if table.row_count:
        yield table
    yield f"[dim]empty queues: {empty[False]}; of dead letters: {empty[True]}\n"


def _machine(answer: Answer) -> Iterator[tuple[str, str]]:
    warm = answer["functions"]["warm"]
    yield "functions", f"{answer['functions']['deployed']} deployed, {len(warm)} warm in {sum(warm.values())} processes"
    processes, ports, checkpoint = answer["processes"], answer["ports"], answer["checkpoint"]
    watched = f"supervisor {processes['supervisor']}" if processes["supervisor"] else "[bold red]no supervisor[/]"
    yield "processes", f"engine {processes['engine']} on port {ports['aws']} (AWS), {watched}"
    age = _span(max(0, answer["now"] - checkpoint["taken_at"]) // 1000)
    yield "saved", f"{age} ago; {checkpoint['journal_bytes']:,} bytes of journal since"


def _built(built: Answer | None) -> str:
    if built is None:
        return "not built yet; they are complete all the same"
    return f"built {_span(built['age_s'])} ago"


def _grid(rows: Iterator[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=_LABEL, no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(f"[bold]{name}[/]", value)
    table.add_row()
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for position, column in enumerate(columns):
        numeric = column in ("lag", "backlog", "waiting", "in flight")
        table.add_column(
            column, min_width=_LABEL if position == 0 else None, justify="right" if numeric else "left",
            no_wrap=column != "error", overflow="fold",
        )  # fmt: skip
    return table


def _moment(time: str) -> str:
    return f"{time[:16].replace('T', ' ')} UTC"


def _clock_time(time: str | None) -> str:
    return _moment(time) if time else "an unknown time"


def _ago(time: str | None) -> str:
    if time is None:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()
    return f" ({_span(int(seconds))})"


def _moved(offset_ms: int | None) -> str:
    """How far the laptop's time is ahead; a deployment has real time only."""
    if offset_ms is None:
        return ""
    return f", [yellow]moved forward by {_span(offset_ms // 1000)}[/]" if offset_ms else ", not moved"


def _span(seconds: int) -> str:
    """A duration in its two greatest units."""
    parts = []
    for size, unit in _UNITS:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount} {unit}")
    return " ".join(parts[:2]) or "0 s"
