"""What `leadspine sync` prints for people. Knows shapes of answers only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Answer = Mapping[str, Any]

console = Console()

_COLOURS: Final = {
    "ok": "green", "done": "green", "behind": "yellow", "busy": "yellow", "paused": "yellow", "off": "dim",
    "refused": "red", "stopped": "red", "create": "green", "update": "cyan", "stay": "dim",
}  # fmt: skip
_WHOLE: Final = frozenset(
    {"at", "system", "field", "status", "lag", "last run", "records", "calls", "used today", "waiting"}
)
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


def runs(told: Answer) -> None:
    """What a cycle brought, and what came of it."""
    table = _table("cycle", "system", "status", "records", "calls", "error")
    for answer in told["runs"]:
        counts = (str(answer.get(name, "")) for name in ("records", "calls", "error"))
        table.add_row(str(answer["cycle"]), answer["system"], _coloured(answer["status"]), *counts)
    console.print(table)
    found = told["conflicts"]
    console.print(f"{len(found)} conflict{'' if len(found) == 1 else 's'} judged")
    if found:
        conflicts(found)
    if not told["settled"]:
        console.print("[yellow]what follows from it is still going on[/]")


def status(items: Iterable[Answer]) -> None:
    """How it goes, per system."""
    table = _table("system", "status", "lag", "last run", "records", "used today", "waiting", "error")
    for item in items:
        table.add_row(
            item["system"],
            _coloured(item["status"]),
            _span(item["lag_s"]),
            _moment(item["finished_at"]) or "never",
            str(item["records"]),
            _budget(item),
            str(item["waiting"]),
            escape(item["error"]),
        )
    console.print(table)


def preflight(answers: Iterable[Answer]) -> None:
    """Findings, the bad ones recognisable without colours."""
    table = _table("system", "", "what", "detail")
    marks = {True: "[green]ok[/]", False: "[red]missing[/]", None: "[yellow]unknown[/]"}
    for answer in answers:
        for finding in answer.get("findings", ()):
            table.add_row(answer["system"], marks[finding["ok"]], escape(finding["subject"]), escape(finding["detail"]))
        if not answer.get("findings"):
            reason = "no credentials in its secret" if answer["status"] == "off" else str(answer.get("error", ""))
            table.add_row(answer["system"], marks[False], "connection", escape(reason))
    console.print(table)


def dry_run(result: Answer) -> None:
    """What would be written; who stays as they are is counted by reason."""
    table = _table("lead", "system", "would", "record", "field", "there", "would be", "rule")
    stays: dict[tuple[str, str], int] = {}
    for plan in result["items"]:
        if plan["action"] == "stay":
            why = (plan["system"], plan["reason"])
            stays[why] = stays.get(why, 0) + 1
            continue
        record = plan["remote_id"] or f"new {plan['object']}"
        head = (plan["lead_id"], plan["system"], _coloured(plan["action"]), record)
        for field in plan["fields"]:
            values = (escape(field[name]) for name in ("field", "remote", "value", "rule"))
            table.add_row(*head, *values)
            head = ("", "", "", "")
    console.print(table if result["writes"] else "nothing would be written")
    for (system, reason), count in sorted(stays.items()):
        console.print(f"[dim]{system}: {count} stay as they are ({escape(reason)})[/]")
    for lead_id in result["unknown"]:
        console.print(f"[red]no lead has the id {escape(lead_id)}[/]")


def resync(asked: Iterable[Answer], runs_: Sequence[Answer]) -> None:
    """What will be read again, and what the reading brought."""
    for one in asked:
        names = ", ".join(f"{record['system']} {record['remote_id']}" for record in one["records"])
        console.print(f"{one['lead_id']}  {names or 'has no records yet'}")
    for answer in runs_:
        console.print(f"{answer['system']}: {_coloured(answer['status'])}, {answer.get('records', 0)} read")
    if not runs_:
        console.print("[dim]the next cycle reads them; `leadspine sync run` starts one[/]")


def conflicts(items: Sequence[Answer]) -> None:
    """Who won which field, and why. Records are named by --json: their ids would push the values off the screen."""
    table = _table("at", "system", "field", "before", "here", "there", "holds", "why")
    for item in items:
        values = (escape(item[name]) for name in ("field", "base", "local", "remote", "value"))
        why = item["rule"] if item["rule"].startswith("owner:") else f"{item['rule']}: {item['winner']}"
        table.add_row(_moment(item["at"]), item["system"], *values, escape(why))
    console.print(table if items else "no conflicts")


def _table(*columns: str) -> Table:
    """Words that name things stay whole; values and reasons wrap."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column in _WHOLE, overflow="fold")
    return table


def _moment(time: str | None) -> str:
    """A time as people read it here: day and minute, UTC."""
    return time[5:16].replace("T", " ") if time else ""


def _coloured(word: str) -> str:
    colour = _COLOURS.get(word)
    return f"[{colour}]{word}[/]" if colour else escape(word)


def _budget(item: Answer) -> str:
    if not item["allowed"]:
        return str(item["used"])
    careful = "" if item["budget"] in ("normal", "") else f" [yellow]{escape(item['budget'])}[/]"
    return f"{item['used']}/{item['allowed']}{careful}"


def _span(seconds: int | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 2 * _MINUTE_S:
        return f"{seconds} s"
    return f"{seconds // _MINUTE_S} min" if seconds < 2 * _HOUR_S else f"{seconds // _HOUR_S} h"
