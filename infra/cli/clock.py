"""`leadspine clock show` and `leadspine clock advance DURATION`."""

import time
from typing import Annotated

import typer

from infra.cli.output import AsJson, print_json
from infra.local.clock import parse_duration, read_offset
from infra.local.home import find_home

app = typer.Typer(help="Show or advance the laptop cloud's time.", no_args_is_help=True)


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show the laptop cloud's time and how far it is from real time.

    Example: leadspine clock show
    """
    offset = read_offset(find_home().clock)
    _print(offset, as_json=as_json)


@app.command()
def advance(
    duration: Annotated[str, typer.Argument(help="How far: 90s, 15m, 36h, 3d, 2w or 1d12h.")],
    as_json: AsJson = False,
) -> None:
    """Move the whole laptop cloud's time forward: schedules fire (once each), TTL, delays and time-outs pass.

    For whoever wants to see what happens when sales does not answer for two days. Time never goes back.

    Example: leadspine clock advance 36h
    """
    by_ms = parse_duration(duration)
    from infra.local.cloud import advance as advance_cloud

    _print(advance_cloud(find_home(), by_ms), as_json=as_json)


def _print(offset_ms: int, *, as_json: bool) -> None:
    now_ms = int(time.time() * 1000) + offset_ms
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_ms / 1000))
    if as_json:
        print_json({"now": stamp, "now_ms": now_ms, "offset_ms": offset_ms})
    else:
        typer.echo(f"{stamp}  (real time {offset_ms / 1000:+,.0f} s)")
