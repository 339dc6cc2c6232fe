"""What every command shares: the `--json` option and how JSON is printed."""

import json
import sys
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]


def print_json(value: object) -> None:
    """JSON on standard output, for programs."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
