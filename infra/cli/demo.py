"""`leadspine demo`: a generated B2B world comes in through the public doors; then the funnel it made."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.cli.output import AsJson, print_json
from infra.cli.report import fetch_report, show_report
from infra.local.demo.laptop import LaptopDoors
from infra.local.demo.player import Played, play
from infra.local.demo.tables import Enquiry, World
from infra.local.demo.wire import Writer
from infra.local.demo.world import DEFAULT_LEADS, DEFAULT_SEED, generate
from infra.local.endpoints import Endpoints, read_endpoints
from infra.local.home import Home, find_home
from infra.local.keyring import ListedSource, configured_sources, listed, open_keyring

MOST_LEADS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Run:
    """What a demonstration did. ``seconds`` by phase."""

    world: World
    played: Played
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def total_s(self) -> float:
        """From the first to the last phase."""
        return round(sum(self.seconds.values()), 1)

    @property
    def rate(self) -> float:
        """Signals per second while playing, decisions included."""
        return round(self.played.signals / max(self.seconds["play"], 0.001), 1)


def demo(
    leads: Annotated[int, typer.Option(min=1, max=MOST_LEADS, help="How many people enquire.")] = DEFAULT_LEADS,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another world.")] = DEFAULT_SEED,
    as_json: AsJson = False,
) -> None:
    """Generate a B2B world with leadforge, play it through the public doors with its own dates, show the funnel."""
    home = find_home()
    endpoints = read_endpoints(home)
    console = Console(stderr=as_json)
    run = run_demo(home, endpoints, console, leads=leads, seed=seed)
    funnel, kpis = fetch_report("funnel"), fetch_report("kpis")
    if as_json:
        print_json(_summary(run, endpoints, funnel, kpis))
        return
    show_report(funnel, console)
    console.print()
    show_report(kpis, console)
    console.print(_closing(run, endpoints, home))


def run_demo(home: Home, endpoints: Endpoints, console: Console, *, leads: int, seed: int) -> Run:
    """Generate and play a world; returns when all of it is decided, published and in the lake.

    Raises:
        infra.local.demo.laptop.PlayFailed: a door refused, or something accepted is not processed.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "generate"), console.status(f"generating {leads} leads with leadforge"):
        world = generate(leads, seed)
    writer = Writer(sources_of(home, endpoints), world.people)
    with LaptopDoors(home) as doors:
        with _timed(seconds, "play"), _progress(console, sum(1 for _ in world.all_rows())) as tell:
            played = play(world, writer, doors, tell)
        with _timed(seconds, "drain"), console.status("waiting for the last facts to reach the lake"):
            doors.drain()
    return Run(world, played, seconds)


def sources_of(home: Home, endpoints: Endpoints) -> dict[str, ListedSource]:
    """Every way in by name, with its secret: what `leadspine sources --json` prints."""
    sources = configured_sources()
    return {source.name: source for source in listed(endpoints.api, open_keyring(home, sources), sources)}


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    seconds[phase] = round(time.monotonic() - started, 1)


@contextmanager
def _progress(console: Console, signals: int) -> Iterator[Callable[[int], None]]:
    """A bar of signals decided."""
    rate = TextColumn("[dim]{task.fields[rate]}")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate)
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("signals through the doors", total=signals, rate="")

        def tell(count: int) -> None:
            progress.advance(task, count)
            shown = progress.tasks[0]
            progress.update(task, rate=f"{shown.completed / max(shown.elapsed or 0, 0.001):.0f}/s")

        yield tell


def _summary(run: Run, endpoints: Endpoints, funnel: dict[str, Any], kpis: dict[str, Any]) -> dict[str, Any]:
    return {
        "leads": len(run.world.people),
        "enquiries": sum(isinstance(row, Enquiry) for row in run.world.all_rows()),
        "signals": run.played.signals,
        "requests": run.played.requests,
        "rounds": run.played.rounds,
        "seconds": {**run.seconds, "total": run.total_s},
        "signals_per_second": run.rate,
        "api": f"{endpoints.api}/api",
        "funnel": funnel,
        "kpis": kpis,
    }


def _closing(run: Run, endpoints: Endpoints, home: Home) -> Panel:
    table = Table.grid(padding=(0, 2))
    rows = [
        (
            "played",
            f"{run.played.signals:,} signals of {len(run.world.people):,} people in {run.played.requests:,} requests",
        ),
        ("took", f"{run.total_s:g} s, {run.rate:g} signals/s from the door to the decision"),
        ("API", f"{endpoints.api}/api   (OpenAPI: /api/openapi.json)"),
        ("token", f'"token" in {home.endpoints}'),
        ("next", "leadspine report kpis · leadspine status · leadspine down"),
    ]
    for name, value in rows:
        table.add_row(f"[bold]{name}[/]", value)
    return Panel(table, title="The cloud keeps running", expand=False, border_style="green")
