"""`leadspine fixtures check DIR`: recorded requests through the real doors, compared with what is expected of them."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from infra.cli.exits import Status
from infra.cli.fixture_compare import differences, sequence_differences
from infra.cli.fixture_run import Unsupported, play, play_sequence
from infra.cli.output import AsJson, print_json

PASS: Final = "pass"  # noqa: S105 - a verdict
FAIL: Final = "fail"
UNSUPPORTED: Final = "unsupported"


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one file: pass, fail or unsupported, and why."""

    file: str
    result: str
    why: str


app = typer.Typer(help="Check vendor fixtures against the real intake path.", no_args_is_help=True)


@app.callback()
def fixtures() -> None:
    """Check vendor fixtures against the real intake path."""


@app.command("check")
def check_command(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=True, help="A fixture, or a folder of them.")],
    as_json: AsJson = False,
) -> None:
    """Play recorded requests of vendors through the real doors, each with its own secret and its own clock.

    For whoever connects a vendor. Needs no running cloud. Exit status 1 when one of them fails.

    Example: leadspine fixtures check tests/fixtures/webhooks
    """
    results = check(directory)
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        for result in results:
            sys.stdout.write(f"{result.result:<11} {result.file}{'  ' + result.why if result.why else ''}\n")
        counts = {name: sum(r.result == name for r in results) for name in (PASS, FAIL, UNSUPPORTED)}
        sys.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()) + "\n")
    if any(result.result == FAIL for result in results):
        raise typer.Exit(Status.WRONG)


def check(directory: Path) -> list[Result]:
    """The verdict on every file of the shared fixture shape in a folder (or on one file), in order of their names."""
    root = directory if directory.is_dir() else directory.parent
    files = sorted(directory.rglob("*.json")) if directory.is_dir() else [directory]
    results = []
    for path in files:
        verdict = _check_file(path)
        if verdict is not None:
            results.append(Result(str(path.relative_to(root)), *verdict))
    return results


def _check_file(path: Path) -> tuple[str, str] | None:
    try:
        fixture = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        return FAIL, f"not a fixture: {type(error).__name__}"
    if not _is_fixture(fixture):
        return None
    try:
        why = _play_and_compare(fixture, path)
    except Unsupported as reason:
        return UNSUPPORTED, str(reason)
    except Exception as error:
        return FAIL, f"broke with {type(error).__name__}: {error}"
    return (FAIL, "; ".join(why)) if why else (PASS, "")


def _is_fixture(value: object) -> bool:
    """Reference tables (``rows``) and other files lie in the same folders: they are no requests."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("expected"), dict)
        and ("method" in value or "requests" in value)
    )


def _play_and_compare(fixture: Mapping[str, Any], path: Path) -> list[str]:
    if fixture.get("kind") == "sequence" or "requests" in fixture:
        return sequence_differences(fixture["expected"], play_sequence(fixture, path))
    return differences(fixture, play(fixture))
