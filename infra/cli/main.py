"""The `leadspine` command. Starts quickly: a command's code is imported when that command runs, not before."""

import importlib
import importlib.util
import keyword
import sys
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from infra.cli.output import AsJson

LAZY: Final = {
    "costs": "What marketing cost: import a file, list the rows.",
    "clock": "Show or advance the laptop cloud's time.",
    "demo": "Play a generated world: through the doors, in Salesforce and in Marketo.",
    "fixtures": "Check vendor fixtures against the real intake path.",
    "import": "Import leads or events from a CSV or JSON Lines file: checked, resumable, counted once.",
    "parked": "Records that could not be processed: list, show, redrive.",
    "policy": "Check the policies.",
    "report": "Print a report: funnel, kpis, conversion, romi, cac, time-to-sale, pipeline, handovers, content.",
    "sync": "Synchronisation with Salesforce and Marketo: run, status, conflicts and more.",
}
"""Commands that live in `infra/cli/<name>.py`: a Typer group called ``app``, or what `SINGLE` says."""

SINGLE: Final = frozenset({"demo", "import", "report"})
"""Commands without sub-commands: the function in `infra/cli/<name>.py` that is called like the command."""


class LazyGroup(TyperGroup):
    """Knows commands by name and imports them when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All commands that are there."""
        return [*super().list_commands(ctx), *filter(is_there, LAZY)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command, or for a lazy one what `--help` needs of it."""
        if cmd_name in LAZY:
            return TyperCommand(cmd_name, help=LAZY[cmd_name]) if is_there(cmd_name) else None
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command to run; a lazy one is imported now."""
        name, command, rest = super().resolve_command(ctx, args)
        if name not in LAZY:
            return name, command, rest
        return name, command_of(name), rest


def command_of(name: str) -> Any:
    """A lazy command, imported now."""
    module: Any = importlib.import_module(f"infra.cli.{_word(name)}")
    if name not in SINGLE:
        return typer.main.get_group(module.app)
    own = typer.Typer(add_completion=False)
    own.command(name)(getattr(module, _word(name)))
    return typer.main.get_command(own)


def is_there(name: str) -> bool:
    """Whether a lazy command has a module."""
    return importlib.util.find_spec(f"infra.cli.{_word(name)}") is not None


def _word(name: str) -> str:
    """What a command is called in Python, where `import` is taken."""
    return f"{name}_" if keyword.iskeyword(name) else name


app = typer.Typer(
    cls=LazyGroup,
    name="leadspine",
    help="Leadspine: the lead-lifecycle engine. `leadspine up` runs all of it on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="return when it runs, and leave it running")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="forget all state first")] = False,
) -> None:
    """Start the laptop cloud from the same template that AWS gets."""
    from infra.cli.laptop import run_up

    run_up(detach=detach, fresh=fresh)


@app.command()
def down() -> None:
    """Stop the laptop cloud; its state is kept."""
    from infra.cli.laptop import run_down

    run_down()


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show processes, ports, queues, parked records, clock and checkpoint."""
    from infra.cli.laptop import run_status

    run_status(as_json=as_json)


@app.command()
def sources(as_json: AsJson = False) -> None:
    """List every source with its URL, scheme and secret (laptop only)."""
    from infra.cli.laptop import run_sources

    run_sources(as_json=as_json)


def main() -> None:
    """Run the command line; expected failures are one line on standard error and exit status 1."""
    try:
        app(prog_name="leadspine")
    except Exception as error:
        if type(error).__name__ not in EXPECTED:
            raise
        sys.stderr.write(f"leadspine: {error}\n")
        raise SystemExit(1) from None


EXPECTED: Final = frozenset(
    {
        "AlreadyLocked", "ApiRefused", "BadDuration", "BuildError", "CannotStart", "CloudIsDown", "DeployFailed",
        "EngineSilent", "InvokeFailed", "PlayFailed", "PolicyErrors", "RemoteFailed", "SynthFailed", "UnusableFile",
    }
)  # fmt: skip
"""By name, because importing their modules would cost what laziness saved."""


if __name__ == "__main__":
    main()
