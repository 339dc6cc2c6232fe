"""What `--help` adds to a command's own words: its examples, ready to copy, and how it can end.

An example is a line of the docstring that begins with ``Example: leadspine``.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from typer.core import TyperGroup

from infra.cli.exits import MEANINGS, Status

_EXAMPLE: Final = re.compile(r"^[ \t]*Example: (leadspine .+?)[ \t]*$", re.MULTILINE)


def examples_of(text: str | None) -> tuple[str, ...]:
    """The examples in a command's docstring."""
    return tuple(_EXAMPLE.findall(text or ""))


def words_of(text: str | None) -> str:
    """The docstring without its examples, one line per paragraph: the terminal breaks lines where it ends."""
    paragraphs = re.split(r"\n\s*\n", _EXAMPLE.sub("", text or ""))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip())


def exit_statuses() -> str:
    """All exit statuses in one sentence."""
    return "; ".join(f"{status.value} {meaning}" for status, meaning in MEANINGS.items())


def dressed(command: Any) -> Any:
    """A command whose help ends with examples and exit statuses, or a group with all its commands. Twice is once.

    A group shows the first example of each of its commands.
    """
    if command is None or command.epilog:
        return command
    if isinstance(command, TyperGroup):
        examples = [example for child in command.commands.values() for example in examples_of(child.help)[:1]]
        for child in command.commands.values():
            dressed(child)
    else:
        examples = list(examples_of(command.help))
        command.help = words_of(command.help)
    command.epilog = _epilog(examples)
    return command


def _epilog(examples: Sequence[str]) -> str:
    """Rich markup; brackets of an example are its own."""
    shown = [f"  [cyan]$ {example.replace('[', chr(92) + '[')}[/]" for example in examples]
    usual = ", ".join(f"{status.value} {_SHORT[status]}" for status in _SHORT)
    head = "[bold]Example[/]" if len(shown) == 1 else "[bold]Examples[/]"
    lines = [head, *shown, ""] if shown else []
    return "\n".join([*lines, f"[bold]Exit status[/]  {usual}"])


_SHORT: Final = {
    Status.DONE: "done",
    Status.WRONG: "something is wrong",
    Status.USAGE: "bad input",
    Status.UNREACHABLE: "the cloud is not up",
}
