"""Every command of `leadspine`, whoever wrote it: help with an example that works, JSON, exit statuses."""

import shlex

import pytest
from typer.core import TyperArgument, TyperCommand, TyperOption

from infra import reference
from infra.cli import main
from infra.cli.exits import MEANINGS, codes
from infra.cli.helping import examples_of, words_of
from infra.cli.tree import all_commands
from tests.unit.cli.shell import leadspine

COMMANDS = dict(all_commands())
READING = ("clock show", "costs list", "parked list", "parked show", "report", "sources", "status", "sync conflicts",
           "sync dry-run", "sync status")  # fmt: skip


def options_of(command: TyperCommand) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


def test_the_commands_are_there() -> None:
    assert {f"leadspine {name}" for name in READING} <= set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_examples_of_itself_with_options_that_it_has(path: str) -> None:
    command = COMMANDS[path]
    examples = examples_of(command.help)

    assert examples, f"{path}: no line of its docstring begins with 'Example: {path}'"
    for example in examples:
        words = shlex.split(example.partition(" > ")[0])
        given = {word for word in words if word.startswith("--")}
        assert " ".join(words).startswith(path), example
        assert given <= options_of(command), example


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_says_what_it_does_and_what_each_parameter_is(path: str) -> None:
    command = COMMANDS[path]

    assert words_of(command.help).partition("\n")[0].endswith("."), path
    for parameter in command.params:
        if isinstance(parameter, TyperArgument | TyperOption) and not parameter.hidden:
            assert parameter.help, f"{path}: {parameter.name}"


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_prints_json_for_programs(path: str) -> None:
    assert "--json" in options_of(COMMANDS[path])


@pytest.mark.parametrize("path", COMMANDS)
def test_the_help_that_people_see_ends_with_examples_and_exit_statuses(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    answer = leadspine(*path.split()[1:], "--help")

    assert answer.status == 0
    assert f"$ {path}" in answer.out
    assert "Example: " not in answer.out
    assert "Exit status 0 done, 1 something is wrong, 2 bad input, 3 the cloud is not up" in answer.words


def test_the_front_page_lists_every_command_under_whom_it_is_for_and_all_exit_statuses() -> None:
    answer = leadspine("--help")

    assert set(main.LAZY) <= set(main.PANELS)
    for name in filter(main.is_there, main.LAZY):
        assert name in answer.out
    for heading in (main.LAPTOP, main.DAILY, main.RULES):
        assert heading in answer.out
    for status, meaning in MEANINGS.items():
        assert f"{status.value} {meaning}" in answer.words.replace("│", "")


def test_the_reference_documents_every_command_example_exit_status_and_code() -> None:
    text = reference.cli("generated")

    for path, command in COMMANDS.items():
        assert f"## {path}\n" in text
        for example in examples_of(command.help):
            assert f"\n{example}\n" in text
    for status, meaning in MEANINGS.items():
        assert f"| `{status.value}` | {meaning} |" in text
    for code, status in codes():
        assert f"| `{code}` | `{status.value}` |" in text


@pytest.mark.parametrize("name", ["clock", "costs", "fixtures", "parked", "policy", "sync"])
def test_help_of_a_group_lists_its_commands_with_an_example_of_each(name: str) -> None:
    answer = leadspine(name, "--help")

    assert answer.status == 0
    for path in COMMANDS:
        if path.startswith(f"leadspine {name} "):
            assert path.rpartition(" ")[2] in answer.out
            assert f"$ {path}" in answer.out
