"""What `leadspine demo` shows at its end, for people and as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from infra.cli.api import all_items, call
from infra.local.demo.second_act import SecondAct
from infra.local.demo.tables import Enquiry
from infra.local.endpoints import Endpoints

if TYPE_CHECKING:
    from infra.cli.demo import Run

CONFLICTS_SHOWN: Final = 12
DIFFERENCES_SHOWN: Final = 20


def show_second_act(act: SecondAct, console: Console) -> None:
    """What was done in the other systems, what became of it, and whether everything is equal."""
    for part in (_sync_table(act), _conflict_table(), _mail_table(act)):
        console.print(part)
        console.print()
    console.print(_equality(act))


def _sync_table(act: SecondAct) -> Table:
    table = _table("Synchronisation", "system", "status", "records read", "calls today", "waiting", "error")
    for item in call("GET", "/api/sync")["items"]:
        read = str(act.pulled.get(item["system"], 0))
        table.add_row(
            item["system"], item["status"], read, str(item["used"]), str(item["waiting"]), escape(item["error"] or "")
        )
    return table


def _conflict_table() -> Table:
    found = list(all_items("/api/sync/conflicts"))
    table = _table(f"{len(found)} conflicts judged", "system", "field", "before", "here", "there", "holds", "why")
    for item in found[:CONFLICTS_SHOWN]:
        values = (escape(str(item[name] or "")) for name in ("field", "base", "local", "remote", "value"))
        table.add_row(item["system"], *values, f"{item['rule']}: {item['winner']}")
    return table


def _mail_table(act: SecondAct) -> Table:
    table = _table("Mail", "what", "how many")
    for subject, count in sorted(act.mails.items()):
        table.add_row(escape(subject), str(count))
    return table


def _equality(act: SecondAct) -> Table | str:
    compared = act.comparison
    counts = ", ".join(f"{count:,} {kind} records" for kind, count in compared.records.items())
    head = f"{compared.people:,} people, {counts}, {compared.values:,} values compared"
    if not compared.differences:
        return f"[green]All systems are equal:[/] {head}; no value differs."
    table = _table(f"{len(compared.differences)} values differ ({head})", "person", "field", "record", "here", "there")
    for one in compared.differences[:DIFFERENCES_SHOWN]:
        table.add_row(*(escape(text) for text in (one.email, one.field, one.record, one.leadspine, one.remote)))
    return table


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)


def summary_of(
    run: "Run", endpoints: Endpoints, funnel: dict[str, Any], kpis: dict[str, Any], told: dict[str, Any]
) -> dict[str, Any]:
    """The same for programs; ``told`` are the figures of the summary."""
    act = run.second_act
    return {
        "leads": len(run.world.people),
        "enquiries": sum(isinstance(row, Enquiry) for row in run.world.all_rows()),
        "signals": run.played.signals,
        "requests": run.played.requests,
        "rounds": run.played.rounds,
        "seconds": {**run.seconds, "total": run.total_s},
        "signals_per_second": run.rate,
        "api": f"{endpoints.api}/api",
        "console": f"{endpoints.console}/",
        "funnel": funnel,
        "kpis": kpis,
        "summary": told,
        "sales": asdict(act.acts),
        "sync": {"cycles": act.rounds, "pulled": dict(act.pulled)},
        "mails": dict(act.mails),
        "equality": asdict(act.comparison),
    }


def played(run: "Run") -> Panel:
    """What was played, and how long it took."""
    people, acts = f"{len(run.world.people):,} people", run.second_act.acts
    return _panel(
        "What was played",
        [
            ("through the doors", f"{run.played.signals:,} signals of {people} in {run.played.requests:,} requests"),
            ("sales", f"{acts.answered} answers, {acts.converted} conversions, {acts.won} won, {acts.lost} lost"),
            ("marketers", f"{acts.corrected} corrections, {acts.disputed} disputed, {acts.unsubscribed} opt-outs"),
            ("took", f"{run.total_s:g} s, {run.rate:g} signals/s from the door to the decision"),
        ],
    )


def closing(endpoints: Endpoints, token_file: str) -> Panel:
    """Where to go on. ``token_file``: where the token is, as people see it from where they are."""
    return _panel(
        "The cloud keeps running",
        [
            ("console", f"[bold]{endpoints.console}/[/]"),
            ("log in with", f'"token" in {token_file}'),
            ("Salesforce", f"{endpoints.salesforce}/__sim__/"),
            ("Marketo", f"{endpoints.marketo}/__sim__/"),
            ("mailbox", endpoints.mailbox),
            ("API", f"{endpoints.api}/api   (OpenAPI: /api/openapi.json)"),
            ("next", "leadspine status · leadspine report romi --by channel · leadspine down"),
        ],
    )


def _panel(title: str, rows: list[tuple[str, str]]) -> Panel:
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        table.add_row(f"[bold]{name}[/]", value)
    return Panel(table, title=title, title_align="left", expand=False, border_style="green")
