"""Checks the shape of a policy file and says in plain words what does not fit. Hides pydantic's own wording."""

import re
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.policies.problems import Path, PolicyError, suggest, unknown
from shared.policies.yaml_lines import Document

_WORDS: Final = {
    "missing":             "is required",
    "string_type":         "must be text",
    "float_type":          "must be a number",
    "float_parsing":       "must be a number",
    "int_type":            "must be a whole number",
    "int_from_float":      "must be a whole number",
    "bool_type":           "must be true or false",
    "list_type":           "must be a list",
    "dict_type":           "must be a group of named values",
    "model_type":          "must be a group of named values",
    "too_short":           "must not be empty",
    "finite_number":       "must be a finite number",
    "union_tag_not_found": "must be a condition: field, op and value, or one of all, any, not",
}  # fmt: skip
_UNION_MEMBERS: Final = re.compile(r"^(bool|int|float|str|list\[.*\]|dict\[.*\])$")


def check_shape(document: Document, model: type[BaseModel]) -> tuple[BaseModel | None, list[PolicyError]]:
    """The file as a model, or None and everything about its shape that is wrong."""
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        return None, [document.error((), "must be a group of named values")]
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        names = _property_names(model)
        return None, [_translate(document, detail, names) for detail in error.errors(include_url=False)]


def _translate(document: Document, detail: ErrorDetails, names: set[str]) -> PolicyError:
    path = _path(document.data, detail["loc"], is_missing=detail["type"] == "missing")
    if any(_UNION_MEMBERS.match(str(part)) for part in detail["loc"]):
        return document.error(path, "must be one value (text, number, true or false) or a list of such values")
    return document.error(path, _message(detail, path, names))


def _message(detail: ErrorDetails, path: Path, names: set[str]) -> str:
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown field{_suggested(path, names)}"
    if kind == "literal_error":
        return unknown("value", given, re.findall(r"'([^']*)'", str(context["expected"])))
    if kind == "string_pattern_mismatch":
        return f'"{given}" does not have the form {context["pattern"]}'
    words = _WORDS.get(kind)
    if words is None:
        return detail["msg"].replace("Input should be", "must be").replace("String should have", "must have")
    if isinstance(given, (str, bool)) and kind.endswith(("_type", "_parsing")):
        return f"{words}, not {_literal(given)}"
    if isinstance(given, list) and kind == "string_type":
        return f"{words}, not a list: exactly one is allowed here"
    return words


def _literal(value: str | bool) -> str:
    return f'the text "{value}"' if isinstance(value, str) else str(value).lower()


def _suggested(path: Path, names: set[str]) -> str:
    text = suggest(path[-1], names)
    return text if "did you mean" in text else ""


def _path(data: Any, location: tuple[int | str, ...], *, is_missing: bool) -> Path:
    """The location without the names of union members that pydantic mixes in."""
    path: list[str | int] = []
    for number, part in enumerate(location):
        inside = part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))
        if inside:
            data = data[part]
        elif not (is_missing and number == len(location) - 1):
            continue
        path.append(part)
    return tuple(path)


def _property_names(model: type[BaseModel]) -> set[str]:
    schema = model.model_json_schema(by_alias=True)
    groups = [schema, *schema.get("$defs", {}).values()]
    return {name for group in groups for name in group.get("properties", {})}
