"""`leadspine sync …`: start a cycle, see how it goes and who won, check rights, look ahead. Decides nothing itself."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from infra.cli import sync_tables as show
from infra.cli.api import all_items, call
from infra.cli.exits import Status
from infra.cli.functions import invoke
from infra.cli.output import AsJson, print_json
from infra.cli.target import laptop_only

MOST_CYCLES: Final = 12
"""After so many cycles that still bring something, somebody keeps changing records."""

CALM_CYCLES: Final = 2
STALE_S: Final = 3
"""What was read while we wrote is read again, but not within two seconds of the write: one calm cycle proves little."""

BUSY_TRIES: Final = 5
SETTLE_TIMEOUT_S: Final = 300

app = typer.Typer(help="Synchronisation with Salesforce and Marketo.", no_args_is_help=True)


class System(StrEnum):
    """What can be synchronised with."""

    SALESFORCE = "salesforce"
    MARKETO = "marketo"


Systems = Annotated[list[System] | None, typer.Argument(help="salesforce, marketo; both when left out.")]
Leads = Annotated[list[str] | None, typer.Argument(help="Ids of leads.")]


@app.command()
def run(
    systems: Systems = None,
    *,
    until_quiet: Annotated[
        bool, typer.Option("--until-quiet", help="Repeat until a cycle brings nothing new.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until everything that follows is done, too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Pull what changed now, instead of at the next five minutes, and tell what came of it (laptop cloud).

    Exit status 1 when a system could not be read.

    Example: leadspine sync run --until-quiet
    Example: leadspine sync run marketo --no-wait
    """
    laptop_only("leadspine sync run")
    since = call("GET", "/api/status")["time"]
    chosen = _chosen(systems)
    runs: list[dict[str, Any]] = []
    settled = True
    calm = 0
    for cycle in range(1, (MOST_CYCLES if until_quiet else 1) + 1):
        answers = _each(chosen, {"command": "pull"})
        settled = _settle() if wait else False
        runs += [{"cycle": cycle, **answer} for answer in answers]
        calm = 0 if any(answer.get("records") for answer in answers) else calm + 1
        if not until_quiet or calm == CALM_CYCLES:
            break
        if calm:
            time.sleep(STALE_S)
    told = {
        "runs": runs,
        "settled": settled,
        "conflicts": list(_conflicts(since=since)),
        "systems": call("GET", "/api/sync")["items"],
    }
    print_json(told) if as_json else show.runs(told)
    if any(answer.get("error") for answer in runs[-len(chosen) :]):
        raise typer.Exit(Status.WRONG)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show per system how it goes: last cycle, lag, calls, budget, error.

    Example: leadspine sync status --json
    """
    items = call("GET", "/api/sync")["items"]
    print_json(items) if as_json else show.status(items)


@app.command()
def preflight(systems: Systems = None, as_json: AsJson = False) -> None:
    """Check that the sync users can do what the policy needs, and nothing they must not (laptop cloud).

    Exit status 1 when something is missing.

    Example: leadspine sync preflight salesforce
    """
    answers = _each(_chosen(systems), {"command": "preflight"})
    print_json(answers) if as_json else show.preflight(answers)
    if not all(answer.get("ok") for answer in answers):
        raise typer.Exit(Status.WRONG)


@app.command("dry-run")
def dry_run(
    lead_ids: Leads = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many of the newest people, without ids.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what would be written, field by field with its rule. Writes nothing.

    Exit status 1 when there is nobody with one of the ids.

    Example: leadspine sync dry-run --limit 20
    """
    result = call("POST", "/api/sync/dry-run", json={"leads": lead_ids or None, "limit": limit})
    print_json(result) if as_json else show.dry_run(result)
    if result["unknown"]:
        raise typer.Exit(Status.WRONG)


@app.command()
def resync(
    lead_ids: Annotated[list[str], typer.Argument(help="Ids of leads.")],
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Read the records at once, and wait for what follows (laptop cloud).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Have people's records read again and compared, changed or not. Doing it twice does no harm.

    Example: leadspine sync resync lead_01J9 --now
    """
    if now:
        laptop_only("leadspine sync resync --now")
    asked = [call("POST", f"/api/leads/{quote(lead_id, safe='')}/resync") for lead_id in lead_ids]
    runs = list(_read_now(asked)) if now else []
    settled = _settle() if now else None
    print_json({"leads": asked, "runs": runs, "settled": settled}) if as_json else show.resync(asked, runs)
    if any(answer.get("error") for answer in runs):
        raise typer.Exit(Status.WRONG)


@app.command()
def conflicts(
    lead: Annotated[str | None, typer.Option(help="Only those of one lead, by its id.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show fields that both sides had changed, who won and by which rule.

    Example: leadspine sync conflicts --limit 10
    """
    items = [item for item, _ in zip(_conflicts(lead=lead), range(limit), strict=False)]
    print_json(items) if as_json else show.conflicts(items)


@app.command()
def pause(systems: Systems = None, as_json: AsJson = False) -> None:
    """Stop reading and writing; positions and waiting changes are kept.

    Example: leadspine sync pause marketo
    """
    _switch(systems, "pause", as_json=as_json)


@app.command()
def resume(systems: Systems = None, as_json: AsJson = False) -> None:
    """Continue where it was paused.

    Example: leadspine sync resume marketo
    """
    _switch(systems, "resume", as_json=as_json)


def _switch(systems: Sequence[System] | None, how: str, *, as_json: bool) -> None:
    items = [call("POST", f"/api/sync/{system}/{how}") for system in _chosen(systems)]
    print_json(items) if as_json else show.status(items)


def _chosen(systems: Sequence[System] | None) -> list[str]:
    return [system.value for system in dict.fromkeys(systems or System)]


def _each(systems: Sequence[str], payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of the pull functions, in order; both run at once."""
    with ThreadPoolExecutor(max_workers=len(systems)) as pool:
        return list(pool.map(lambda system: _patiently(system, payload), systems))


def _patiently(system: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Run it, and again while the schedule's own run holds the lease."""
    answer: dict[str, Any] = {}
    for _ in range(BUSY_TRIES):
        answer = invoke(f"pull_{system}", payload)
        if answer.get("status") != "busy":
            break
        _settle()
    return answer


def _read_now(asked: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for system in System:
        wanted = sorted({r["remote_id"] for one in asked for r in one["records"] if r["system"] == system})
        if wanted:
            yield _patiently(system.value, {"command": "resync", "remote_ids": wanted})


def _settle() -> bool:
    """Wait until no function runs and every queue is empty; False when that takes too long.

    What was read is compared first, and only then are the batching windows of the writers cut short: a writer that is
    quicker than the comparison overwrites what somebody has just changed over there.
    """
    from infra.local.cloud import quiet, status
    from infra.local.home import find_home
    from infra.local.processes import wait_until

    home = find_home()

    def compared() -> bool:
        depth = status(home).get("queues", {}).get("remote-changes", {})
        return not any(depth.get(name) for name in ("waiting", "in_flight"))

    wait_until(compared, timeout_s=SETTLE_TIMEOUT_S, every_s=0.2)
    return quiet(home, timeout_s=SETTLE_TIMEOUT_S)


def _conflicts(*, lead: str | None = None, since: str = "") -> Iterator[dict[str, Any]]:
    """Verdicts, newest first, as long as they are not older than ``since``."""
    path = "/api/sync/conflicts" + (f"?lead={quote(lead, safe='')}" if lead else "")
    for item in all_items(path):
        if item["at"] < since:
            return
        yield item
