"""`leadspine demo`: a generated B2B world comes in through the public doors, sales and marketers work with it.

Then it shows what the synchronisation did, whether all systems are equal, the funnel, and what it all came to.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from infra.cli.demo_summary import figures, panel, read_reports
from infra.cli.demo_tables import closing, played, show_second_act, summary_of
from infra.cli.exits import Status
from infra.cli.output import AsJson, print_json
from infra.cli.picture import draw, write
from infra.cli.report import fetch_report, funnel_table, show_report
from infra.cli.target import laptop_only
from infra.local.demo.laptop import LaptopDoors
from infra.local.demo.player import Played, play
from infra.local.demo.second_act import SecondAct, first_played_at, play_second_act
from infra.local.demo.tables import World
from infra.local.demo.today import happen_today, with_today
from infra.local.demo.wire import Writer
from infra.local.demo.world import DEFAULT_LEADS, DEFAULT_SEED, generate
from infra.local.endpoints import Endpoints, read_endpoints
from infra.local.home import Home, find_home
from infra.local.keyring import ListedSource, configured_sources, listed, open_keyring

MOST_LEADS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Run:
    """What a demonstration did. ``world`` holds all that came through the doors; ``seconds`` by phase."""

    world: World
    played: Played
    second_act: SecondAct
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
    svg: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Draw the funnel and the summary into this SVG file, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play a generated B2B world: people through the doors, sales in Salesforce, marketers in Marketo; sum it all up.

    For whoever wants to see the product at work within minutes. The laptop cloud has to be up. The same seed again
    changes no figure. Exit status 1 when the systems are not equal at the end.

    Example: leadspine demo
    Example: leadspine demo --leads 40 --seed 11 --json
    Example: leadspine demo --svg docs/demo.svg
    """
    laptop_only("leadspine demo")
    home = find_home()
    endpoints = read_endpoints(home)
    console = Console(stderr=as_json)
    run = run_demo(home, endpoints, console, leads=leads, seed=seed)
    funnel, reports = fetch_report("funnel"), read_reports()
    told = figures(reports)
    if as_json:
        print_json(summary_of(run, endpoints, funnel, dict(reports.kpis), told))
    else:
        show_second_act(run.second_act, console)
        console.print()
        console.print(played(run))
        console.print()
        show_report(funnel, console)
        console.print()
        console.print(panel(told))
        console.print(closing(endpoints, _seen_from_here(home.endpoints)))
    if svg:
        shown = (funnel_table(funnel), panel(told), closing(endpoints, ".leadspine/endpoints.json"))
        write(svg, draw(f"leadspine demo --leads {leads}", shown, title="leadspine demo"))
    if run.second_act.comparison.differences:
        raise typer.Exit(Status.WRONG)


def _seen_from_here(path: Path) -> str:
    """A path as people type it where they are."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def run_demo(home: Home, endpoints: Endpoints, console: Console, *, leads: int, seed: int) -> Run:
    """Generate and play a world; returns when all of it is decided, published and in the lake.

    Raises:
        infra.local.demo.laptop.PlayFailed: a door refused, or something accepted is not processed.
        infra.local.demo.remote.RemoteFailed: a simulator refused what a person did.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "generate"), console.status(f"generating {leads} leads with leadforge"):
        world = generate(leads, seed)
    writer = Writer(sources_of(home, endpoints), world.people)
    with LaptopDoors(home) as doors:
        today = happen_today(world, first_played_at(home, world, doors.now()))
        whole = with_today(world, today)
        with _timed(seconds, "play"), _progress(console, sum(1 for _ in whole.all_rows())) as tell:
            acted = play(world, writer, doors, tell) + play(today, writer, doors, tell)
        with _timed(seconds, "drain"), console.status("waiting for the last facts to reach the lake"):
            doors.drain()
        with _timed(seconds, "sales"), console.status("sales and marketers at work") as spinner:
            second_act = play_second_act(home, endpoints, world, spinner.update)
    return Run(whole, acted, second_act, seconds)


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
