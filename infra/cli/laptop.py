"""`leadspine up`, `down` and `sources`: what they print. The steps are in `infra.local.cloud`."""

import errno
import signal
import time
from dataclasses import asdict

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from infra.cli.output import print_json
from infra.local import cloud
from infra.local.cloud import CannotStart, Up
from infra.local.endpoints import Endpoints, read_endpoints
from infra.local.home import find_home
from infra.local.keyring import configured_sources, listed, open_keyring


def _console(*, as_json: bool) -> Console:
    """Words for people, where standard output is for a program, go to standard error."""
    return Console(stderr=as_json)


def run_up(*, detach: bool, fresh: bool, as_json: bool = False) -> None:
    """Start, print where everything is, and without ``detach`` stay until Ctrl-C."""
    home, console = find_home(), _console(as_json=as_json)
    started = time.monotonic()
    try:
        with console.status("starting") as spinner:
            result = cloud.up(home, fresh=fresh, say=spinner.update)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise CannotStart(f"the disk that holds {home.root} is full") from error
    seconds = time.monotonic() - started
    if as_json:
        print_json({"already": result.already, "seconds": round(seconds, 1), "endpoints": asdict(result.endpoints)})
    else:
        _print_endpoints(result, seconds, console)
    if not detach and not result.already:
        console.print("Ctrl-C stops it; its state is kept.")
        _wait_for_interrupt(console)
        console.print(_stopped(cloud.down(home)))


def _wait_for_interrupt(console: Console) -> None:
    ends = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    received = signal.sigwait(ends)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    console.print(f"\n{signal.Signals(received).name}: stopping")


def _print_endpoints(result: Up, seconds: float, console: Console) -> None:
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


def run_down(*, as_json: bool = False) -> None:
    """Stop and say whether there was anything to stop."""
    stopped = cloud.down(find_home())
    if as_json:
        print_json({"stopped": stopped})
    else:
        Console().print(_stopped(stopped))


def _stopped(stopped: bool) -> str:
    return "stopped; the state is kept" if stopped else "nothing was running"


def run_sources(*, as_json: bool) -> None:
    """Print the ways in."""
    home = find_home()
    sources = configured_sources()
    found = listed(read_endpoints(home).api, open_keyring(home, sources), sources)
    if as_json:
        print_json([asdict(source) for source in found])
        return
    console = Console()
    for source in found:
        console.print(f"[bold]{source.name}[/]  {source.scheme}", source.url, source.secret, sep="\n  ", soft_wrap=True)
