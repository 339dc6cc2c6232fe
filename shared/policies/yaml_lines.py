"""Reads YAML and remembers on which line everything stands. Knows nothing about policies.

Only ``true`` and ``false`` are booleans here and dates stay text: with YAML 1.1 a list of countries would hold a
False for Norway.
"""

import re
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

import yaml

from shared.policies.problems import Path, PolicyError, field_name

_MAX_DEPTH: Final = 40
"""Deeper than any policy; an alias that holds itself would never end."""


class _Loader(yaml.SafeLoader):
    """The safe loader with the scalars of the YAML 1.2 core schema."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - as declared by yaml


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|", ["~", "n", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, the line of each path, and what was wrong with the YAML itself."""

    name: str
    data: Any
    lines: dict[Path, int]
    errors: tuple[PolicyError, ...] = ()

    def line(self, path: Path) -> int:
        """The line of a path; of its nearest ancestor when there is nothing at the path itself."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, path: Path, message: str) -> PolicyError:
        """Something wrong with the value at a path."""
        return PolicyError(self.name, self.line(path), field_name(path), message)


def read(file: FilePath) -> Document:
    """Read one YAML file. Never raises for what is in it: errors are part of the result."""
    try:
        loader = _Loader(file.read_text(encoding="utf-8"))
        node = loader.get_single_node()
    except UnicodeDecodeError:
        return Document(file.name, None, {}, (PolicyError(file.name, 1, "", "is not UTF-8 text"),))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Document(file.name, None, {}, (PolicyError(file.name, line, "", f"is not YAML: {error.problem}"),))
    except yaml.YAMLError:
        return Document(file.name, None, {}, (PolicyError(file.name, 1, "", "is not YAML: a forbidden character"),))

    reader = _Reader(file.name, loader)
    data = reader.value(node, ()) if node is not None else None
    return Document(file.name, data, reader.lines, tuple(reader.errors))


class _Reader:
    """Turns nodes into values and collects their lines."""

    def __init__(self, name: str, loader: _Loader) -> None:
        self._name = name
        self._loader = loader
        self.lines: dict[Path, int] = {}
        self.errors: list[PolicyError] = []

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > _MAX_DEPTH:
            self.errors.append(self._error(node, path[:1], "is nested too deeply"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, position)) for position, item in enumerate(node.value)]
        try:
            value = self._loader.construct_object(node)
        except yaml.MarkedYAMLError as error:
            self.errors.append(self._error(node, path, f"is not YAML: {error.problem}"))
            return None
        if isinstance(value, str):
            self._check_text(value, node, path)
        return value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in values:
                self.errors.append(self._error(key_node, (*path, key), "is written twice"))
                continue
            self._check_text(key, key_node, path)
            self.lines[*path, key] = key_node.start_mark.line + 1
            values[key] = self.value(value_node, (*path, key))
        return values

    def _check_text(self, text: str, node: yaml.Node, path: Path) -> None:
        """Escapes can write what no encoding can hold, and nothing later on expects it."""
        if any("\ud800" <= character <= "\udfff" for character in text):
            self.errors.append(self._error(node, path, "holds half a character (a lone surrogate)"))

    def _error(self, node: yaml.Node, path: Path, message: str) -> PolicyError:
        return PolicyError(self._name, node.start_mark.line + 1, field_name(path), message)
