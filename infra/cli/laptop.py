"""`leadspine up`, `down`, `status` and `sources`: what they print. The steps are in `infra.local.cloud`."""

import errno
import signal
import time
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from infra.cli.output import print_json
from infra.local import cloud
from infra.local.cloud import CannotStart, Up
from infra.local.endpoints import Endpoints, read_endpoints
from infra.local.home import find_home
from infra.local.keyring import configured_sources, listed, open_keyring

console = Console()


def run_up(*, detach: bool, fresh: bool) -> None:
    """Start, print where everything is, and without ``detach`` stay until Ctrl-C."""
    home = find_home()
    started = time.monotonic()
    try:
        with console.status("starting") as spinner:
            result = cloud.up(home, fresh=fresh, say=spinner.update)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise CannotStart(f"the disk that holds {home.root} is full") from error
    _print_endpoints(result, time.monotonic() - started)
    if not detach and not result.already:
        console.print("Ctrl-C stops it; its state is kept.")
        _wait_for_interrupt()
        run_down()


def _wait_for_interrupt() -> None:
    ends = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    received = signal.sigwait(ends)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    console.print(f"\n{signal.Signals(received).name}: stopping")


def _print_endpoints(result: Up, seconds: float) -> None:
    title = "Leadspine runs already" if result.already else f"Leadspine is up, {seconds:.1f} s"
    table = Table.grid(padding=(0, 2))
    for name, value in _shown(result.endpoints):
        table.add_row(f"[bold]{name}[/]", value)
    console.print(Panel(table, title=title, expand=False, border_style="green"))


def _shown(endpoints: Endpoints) -> list[tuple[str, str]]:
    rows = [
        ("webhooks", f"{endpoints.api}/in/{{source}}   (leadspine sources)"),
        ("events", f"{endpoints.api}/v1/{{identify,track,page,…}}"),
        ("API", f"{endpoints.api}/api   (OpenAPI: /api/openapi.json)"),
        ("console", f"{endpoints.console}/   (log in with the API token)" if endpoints.console else ""),
        ("Salesforce", f"{endpoints.salesforce}   (people: /__sim__/)" if endpoints.salesforce else ""),
        ("Marketo", f"{endpoints.marketo}   (people: /__sim__/)" if endpoints.marketo else ""),
        ("sent mail", endpoints.mailbox),
        ("AWS", endpoints.aws),
        ("API token", endpoints.token),
    ]
    return [(name, value) for name, value in rows if value]


def run_down() -> None:
    """Stop and say whether there was anything to stop."""
    stopped = cloud.down(find_home())
    console.print("stopped; the state is kept" if stopped else "nothing was running")


def run_status(*, as_json: bool) -> None:
    """Print what runs. Exit status 0 either way: being down is an answer."""
    home = find_home()
    answer = cloud.status(home)
    answer["parked"] = _parked_count() if answer["running"] else None
    if as_json:
        print_json(answer)
    elif not answer["running"]:
        console.print(f"down ({home.root}); start it with: leadspine up")
    else:
        _print_status(answer)


def _parked_count() -> int | None:
    """Open parked records, from the API; None while the API cannot answer."""
    from infra.cli.api import ApiRefused, all_items

    try:
        return sum(1 for _ in all_items("/api/parked"))
    except ApiRefused:
        return None


def _print_status(answer: dict[str, Any]) -> None:
    processes, checkpoint = answer["processes"], answer["checkpoint"]
    workers: dict[str, int] = {}
    for worker in processes["workers"]:
        workers[worker["function"]] = workers.get(worker["function"], 0) + 1
    supervisor = processes["supervisor"]
    ports = answer["ports"]
    age_s = max(0, answer["now"] - checkpoint["taken_at"]) / 1000
    table = Table.grid(padding=(0, 2))
    rows = [
        ("engine", f"process {processes['engine']}, ports {ports['aws']} (AWS), {ports['api']} (API)"),
        ("supervisor", f"process {supervisor}" if supervisor else "gone; `leadspine up` starts one"),
        ("functions", ", ".join(f"{name} ×{count}" for name, count in sorted(workers.items())) or "none is warm"),
        ("clock", f"{answer['clock_offset_ms'] / 1000:+,.0f} s"),
        ("parked", "unknown" if answer["parked"] is None else str(answer["parked"])),
        ("checkpoint", f"{age_s:.0f} s ago, pause {checkpoint['pause_ms']} ms"),
        ("journal", f"{checkpoint['journal_bytes']:,} bytes since"),
    ]
    rows += [(name, _site_line(site)) for name, site in answer["sites"].items()]
    for name, value in rows:
        table.add_row(f"[bold]{name}[/]", value)
    console.print(table)
    console.print(_queue_table(answer["queues"]))


def _site_line(site: dict[str, Any]) -> str:
    """Where a simulator or the mailbox is, and what it holds."""
    if site["process"] is None:
        return "gone; it is started again"
    held = ", ".join(f"{count:,} {kind}" for kind, count in (site["records"] or {}).items())
    return f"{site['url']}   {held or 'does not answer'}"


def _queue_table(queues: dict[str, dict[str, int]]) -> Table:
    table = Table("queue", "waiting", "in flight", box=None)
    for name, depth in sorted(queues.items()):
        table.add_row(name, str(depth["waiting"]), str(depth["in_flight"]))
    return table


def run_sources(*, as_json: bool) -> None:
    """Print the ways in."""
    home = find_home()
    sources = configured_sources()
    found = listed(read_endpoints(home).api, open_keyring(home, sources), sources)
    if as_json:
        print_json([asdict(source) for source in found])
        return
    for source in found:
        console.print(f"[bold]{source.name}[/]  {source.scheme}", source.url, source.secret, sep="\n  ", soft_wrap=True)
