"""The `leadspine` command. Starts quickly: a command's code is imported when that command runs, not before."""

import importlib
import importlib.util
import keyword
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from infra.cli.exits import ending_of
from infra.cli.helping import dressed, exit_statuses
from infra.cli.output import AsJson

LAZY: Final = {
    "clock": "Show or advance the laptop cloud's time.",
    "demo": "Play a generated B2B world through every door, and sum it up for a marketer.",
    "import": "Bring in leads or events from a file: checked, resumable, counted once.",
    "costs": "What marketing cost: import a file, list the rows.",
    "orders": "What was ordered and paid: import a file of an ERP or of 1C.",
    "report": "Funnel, conversions, ROMI, CAC, time to sale and more; what is behind a figure.",
    "sync": "Salesforce and Marketo: start a cycle, see how it goes, who won a conflict.",
    "parked": "Records that could not be processed: list, show, redrive.",
    "policy": "Check the rules before they go live.",
    "fixtures": "Check recorded requests of vendors against the real doors.",
}
"""Commands that live in `infra/cli/<name>.py`: a Typer group called ``app``, or what `SINGLE` says."""

SINGLE: Final = frozenset({"demo", "import", "report"})
"""Commands without sub-commands: the function in `infra/cli/<name>.py` that is called like the command."""

LAPTOP: Final = "The laptop cloud (developers)"
DAILY: Final = "Every day (marketers, sales, operators)"
RULES: Final = "Rules and doors (whoever changes them)"
PANELS: Final = {
    "clock": LAPTOP, "demo": LAPTOP,
    "import": DAILY, "costs": DAILY, "orders": DAILY, "report": DAILY, "sync": DAILY, "parked": DAILY,
    "policy": RULES, "fixtures": RULES,
}  # fmt: skip
"""Under which heading `--help` lists a lazy command: by whom it is for."""


class LazyGroup(TyperGroup):
    """Knows commands by name and imports them when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All commands that are there."""
        return [*super().list_commands(ctx), *filter(is_there, LAZY)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command, or for a lazy one what `--help` needs of it."""
        if cmd_name not in LAZY:
            return dressed(super().get_command(ctx, cmd_name))
        if not is_there(cmd_name):
            return None
        return TyperCommand(cmd_name, help=LAZY[cmd_name], rich_help_panel=PANELS.get(cmd_name))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command to run; a lazy one is imported now."""
        name, command, rest = super().resolve_command(ctx, args)
        if name not in LAZY:
            return name, command, rest
        return name, dressed(command_of(name)), rest


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
    help="Leadspine: the lead-lifecycle engine. `leadspine up` runs all of it on this machine.\n\n"
    "Start with `leadspine up --detach`, then `leadspine demo`, then `leadspine status`.\n\n"
    "Commands that ask the API ask a deployment when LEADSPINE_API (its URL) and LEADSPINE_TOKEN are set. "
    "LEADSPINE_HOME chooses another folder than .leadspine for the laptop cloud.",
    epilog=f"[bold]Exit status[/]  {exit_statuses()}.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command(rich_help_panel=LAPTOP)
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when it runs, and leave it running.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget all state first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start the laptop cloud from the same template that AWS gets.

    Prints where everything is; without --detach it stays until Ctrl-C. Running already is no error. The state of the
    last run is kept, also after a crash.

    Example: leadspine up --detach
    Example: leadspine up --fresh
    """
    from infra.cli.laptop import run_up

    run_up(detach=detach, fresh=fresh, as_json=as_json)


@app.command(rich_help_panel=LAPTOP)
def down(as_json: AsJson = False) -> None:
    """Stop the laptop cloud; its state is kept.

    Example: leadspine down
    """
    from infra.cli.laptop import run_down

    run_down(as_json=as_json)


@app.command(rich_help_panel=DAILY)
def status(as_json: AsJson = False) -> None:
    """Show the whole system at a glance: what runs, people, synchronisation, queues, and what needs attention.

    Being down is an answer, too: the exit status is 0. With LEADSPINE_API and LEADSPINE_TOKEN it shows that deployment,
    and ends with 3 when that does not answer.

    Example: leadspine status
    Example: leadspine status --json
    """
    from infra.cli.status import run_status

    run_status(as_json=as_json)


@app.command(rich_help_panel=LAPTOP)
def sources(as_json: AsJson = False) -> None:
    """List every way in of the laptop cloud with its URL, scheme and secret, for whoever connects a form or a vendor.

    Example: leadspine sources --json
    """
    from infra.cli.laptop import run_sources

    run_sources(as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. A failure that can be foreseen is one line on standard error and an exit status.

    Raises:
        SystemExit: always, unless nobody foresaw the failure.
    """
    try:
        outcome = app(arguments, prog_name="leadspine", standalone_mode=False)
    except Exception as error:
        ending = ending_of(error)
        if ending is None:
            raise
        sys.stderr.write(ending.line)
        raise SystemExit(int(ending.status)) from None
    raise SystemExit(outcome if isinstance(outcome, int) else 0)


if __name__ == "__main__":
    main()
