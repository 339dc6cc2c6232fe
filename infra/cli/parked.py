"""`leadspine parked list|show|redrive`: what could not be processed, and running it again."""

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.cli.api import ApiRefused, all_items, call
from infra.cli.exits import Status
from infra.cli.output import AsJson, print_json

app = typer.Typer(help="Records that could not be processed.", no_args_is_help=True)
console = Console()


@app.command("list")
def list_parked(as_json: AsJson = False) -> None:
    """List what could not be processed and waits for somebody, newest first.

    Example: leadspine parked list
    """
    items = list(all_items("/api/parked"))
    if as_json:
        print_json(items)
        return
    for item in items:
        # One line each for the id, which is to be copied whole, and for the reason, which may be long.
        head = f"[bold]{escape(item['id'])}[/]  {item['code']}  from {item['source']}, attempt {item['attempts']}"
        console.print(head, f"  {escape(item['reason'])}", sep="\n", soft_wrap=True, highlight=False)
    if not items:
        console.print("nothing is parked")


@app.command()
def show(
    parked_id: Annotated[str, typer.Argument(help="Id of a record, as `parked list` prints it.")],
    as_json: AsJson = False,
) -> None:
    """Show one record with everything that is known about it.

    Example: leadspine parked show parked_01J9
    """
    record = _find(parked_id)
    if as_json:
        print_json(record)
        return
    table = Table.grid(padding=(0, 2))
    for name, value in record.items():
        table.add_row(f"[bold]{name}[/]", escape(str(value)))
    console.print(table)


def _find(parked_id: str) -> dict[str, Any]:
    for item in all_items("/api/parked"):
        if item.get("id") == parked_id:
            return item
    raise ApiRefused(f"no open record has the id {parked_id}; see `leadspine parked list`", code="PARKED.NOT_FOUND")


@app.command()
def redrive(
    parked_ids: Annotated[list[str] | None, typer.Argument(help="Ids of records.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every open record.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send records again to where they failed. Doing it twice applies them once.

    For operators, after the cause is removed. Exit status 1 when one of them was refused.

    Example: leadspine parked redrive parked_01J9
    Example: leadspine parked redrive --all
    """
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
        raise typer.Exit(Status.WRONG)


def _redrive(parked_id: str) -> dict[str, str]:
    try:
        call("POST", f"/api/parked/{quote(parked_id, safe='')}/redrive")
    except ApiRefused as refused:
        return {"parked_id": parked_id, "result": f"{refused} [{refused.code}]"}
    return {"parked_id": parked_id, "result": "redriven"}
