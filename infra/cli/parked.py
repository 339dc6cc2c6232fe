"""`leadspine parked list|show|redrive`: what could not be processed, and running it again."""

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.api import ApiRefused, all_items, call
from infra.cli.output import AsJson, print_json

app = typer.Typer(help="Records that could not be processed.", no_args_is_help=True)
console = Console()


@app.command("list")
def list_parked(as_json: AsJson = False) -> None:
    """List open records, newest first."""
    items = list(all_items("/api/parked"))
    if as_json:
        print_json(items)
        return
    table = Table("id", "code", "source", "attempts", "reason", box=None)
    for item in items:
        table.add_row(*(str(item.get(name, "")) for name in ("id", "code", "source", "attempts", "reason")))
    console.print(table if items else "nothing is parked")


@app.command()
def show(parked_id: str, as_json: AsJson = False) -> None:
    """Show one record with everything that is known about it."""
    record = _find(parked_id)
    if as_json:
        print_json(record)
        return
    table = Table.grid(padding=(0, 2))
    for name, value in record.items():
        table.add_row(f"[bold]{name}[/]", str(value))
    console.print(table)


def _find(parked_id: str) -> dict[str, Any]:
    for item in all_items("/api/parked"):
        if item.get("id") == parked_id:
            return item
    raise ApiRefused(f"no open record has the id {parked_id}")


@app.command()
def redrive(
    parked_ids: Annotated[list[str] | None, typer.Argument(help="ids of records")] = None,
    every: Annotated[bool, typer.Option("--all", help="every open record")] = False,
    as_json: AsJson = False,
) -> None:
    """Send records to where they failed again. Doing it twice applies them once."""
    chosen = [item["id"] for item in all_items("/api/parked")] if every else list(parked_ids or [])
    if not chosen and not every:
        raise typer.BadParameter("name the records, or use --all")
    results = [_redrive(parked_id) for parked_id in chosen]
    if as_json:
        print_json(results)
    else:
        for result in results:
            console.print(f"{result['parked_id']}  {result['result']}")
    if any(result["result"] != "redriven" for result in results):
        raise typer.Exit(1)


def _redrive(parked_id: str) -> dict[str, str]:
    try:
        call("POST", f"/api/parked/{quote(parked_id, safe='')}/redrive")
    except ApiRefused as refused:
        return {"parked_id": parked_id, "result": str(refused)}
    return {"parked_id": parked_id, "result": "redriven"}
