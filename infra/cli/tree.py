"""Every command of the command line, those included that it imports only when they are called."""

from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from infra.cli import main


def all_commands() -> Iterator[tuple[str, TyperCommand]]:
    """Each command with the words that call it, as its module wrote it, in alphabetical order."""
    found = list(_commands(typer.main.get_command(main.app), "leadspine"))
    for name in filter(main.is_there, main.LAZY):
        found += _commands(main.command_of(name), f"leadspine {name}")
    yield from sorted(found, key=lambda pair: pair[0])


def _commands(command: Any, path: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from _commands(child, f"{path} {name}")
    elif isinstance(command, TyperCommand) and not command.hidden:
        yield path, command
