"""`python -m infra.bench [--json FILE] [--only NAME] [--quick]`: measures, prints, writes JSON.

A missed target is printed and no error: a machine that is busy or small says nothing about the code. What must hold on
every machine is in tests/performance.
"""

import argparse
import importlib
import json
import os
import platform
import sysconfig
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from infra.bench.results import Result
from infra.bench.show import show, show_targets
from infra.bench.timing import FULL, QUICK, Effort

BENCHES: Final = ("decisions", "scoring", "writes", "sync", "insights", "imports", "cost", "laptop")
"""Modules of this package with ``run(effort) -> Result``, in the order in which they run."""

WIDTH: Final = 132
"""Narrower tables would break their lines wherever the terminal is not one."""


def main() -> None:
    """Run the benches that were asked for."""
    arguments = _arguments()
    console = Console()
    console.width = max(console.width, WIDTH)
    about = machine()
    console.print(_about(about), highlight=False)
    effort = QUICK if arguments.quick else FULL
    effort = replace(effort, leads=arguments.leads or effort.leads, facts=arguments.facts or effort.facts)
    started = time.monotonic()
    results = [_run(name, effort, console) for name in arguments.only or BENCHES]
    show_targets(results, console)
    seconds = time.monotonic() - started
    if arguments.json:
        written = report(results, effort, seconds, about)
        arguments.json.write_text(json.dumps(written, ensure_ascii=False, indent=2) + "\n")
        console.print(f"\n{seconds:.0f} s, written to {arguments.json}", highlight=False)


def report(results: list[Result], effort: Effort, seconds: float, about: dict[str, Any]) -> dict[str, Any]:
    """Everything that was found, for JSON."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "quick": effort.quick,
        "machine": about,
        "benches": [result.plain() for result in results],
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "python": platform.python_version(),
        "optimised_build": "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS")),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _about(found: dict[str, Any]) -> str:
    build = "" if found["optimised_build"] else " (built without optimisation: an optimised build is faster)"
    load = ", ".join(map(str, found["load"]))
    return f"Python {found['python']}{build}, {found['processors']} processors, load {load} before the first bench"


def _run(name: str, effort: Effort, console: Console) -> Result:
    with console.status(f"measuring {name}"):
        result: Result = importlib.import_module(f"infra.bench.{name}").run(effort)
    show(result, console)
    return result


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description="Measure speed, write units and cost.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything to FILE")
    parser.add_argument(
        "--only", action="append", choices=BENCHES, metavar="NAME", help="one of: " + ", ".join(BENCHES)
    )
    parser.add_argument("--leads", type=int, metavar="N", help="leads of the generated lake")
    parser.add_argument("--facts", type=int, metavar="N", help="about how many facts of the generated lake")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs; not for publishing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
