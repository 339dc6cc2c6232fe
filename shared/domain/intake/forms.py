"""Form posts as nested values: urlencoded and multipart, PHP brackets, repeated keys. Refuses floods of fields."""

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from shared.domain.intake.bodies import MAX_DEPTH, ContentType, decode_text
from shared.domain.intake.problem import Problem

MAX_FIELDS: Final = 1_000

_BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")
_PARAMETER: Final = re.compile(r';\s*(name|filename)\*?="?([^";]*)"?', re.IGNORECASE)
_CYRILLIC: Final = re.compile("[А-Яа-яЁёІіЇїЄєҐґ]")

Pairs = list[tuple[str, str]]


def read_form(body: bytes, content_type: ContentType) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A urlencoded body as nested values, and flags.

    ``;`` does not separate (as in every browser): what was meant so stays in one value and is flagged, never guessed.
    Escapes that are not UTF-8 and were not declared are read as windows-1251 when that gives Cyrillic words, flagged.

    Raises:
        Problem: INTAKE.TOO_MANY_FIELDS (413).
    """
    if body.count(b"&") >= MAX_FIELDS:
        raise _too_many()
    charset = content_type.charset
    pairs, flags = _pairs(body, charset or "utf-8")
    if flags and charset is None:
        guess, still_bad = _pairs(body, "cp1251")
        if not still_bad and _looks_cyrillic(guess):
            pairs, flags = guess, ("text:guessed_charset",)
    if any(";" in value and "=" in value.partition(";")[2] for _, value in pairs):
        flags = (*flags, "form:semicolon")
    return nest(pairs), flags


def _pairs(body: bytes, charset: str) -> tuple[Pairs, tuple[str, ...]]:
    text, _ = decode_text(body, charset)
    pairs = parse_qsl(text, keep_blank_values=True, encoding=charset, errors="replace")
    bad = any("\ufffd" in key or "\ufffd" in value for key, value in pairs)
    return pairs, ("text:invalid",) if bad else ()


def _looks_cyrillic(pairs: Pairs) -> bool:
    foreign = [letter for _, value in pairs for letter in value if letter > "\x7f"]
    return bool(foreign) and sum(1 for letter in foreign if _CYRILLIC.match(letter)) / len(foreign) > 0.8


def read_multipart(body: bytes, content_type: ContentType) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A multipart body as nested values. Of a file only its name is kept here; its bytes stay in the archive.

    Raises:
        Problem: INTAKE.MALFORMED_FORM (400: no boundary, or cut off before the last one), INTAKE.TOO_MANY_FIELDS.
    """
    boundary = content_type.parameters.get("boundary", "").encode("utf-8", "replace")
    marker = b"--" + boundary
    if not boundary or marker + b"--" not in body:
        raise Problem("INTAKE.MALFORMED_FORM", status=400, detail="The multipart body has no boundary or is cut off.")
    parts = body[: body.index(marker + b"--")].split(marker)[1:]
    if len(parts) > MAX_FIELDS:
        raise _too_many()
    pairs: Pairs = []
    flags: set[str] = set()
    for part in parts:
        name, value, part_flags = _part(part)
        flags.update(part_flags)
        if name:
            pairs.append((name, value))
    return nest(pairs), tuple(sorted(flags))


def _part(part: bytes) -> tuple[str, str, tuple[str, ...]]:
    head, _, content = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
    heading = head.decode("utf-8", "replace")
    parameters = {key.lower(): value for key, value in _PARAMETER.findall(heading)}
    if "filename" in parameters:
        return parameters.get("name", ""), parameters["filename"], ()
    declared = re.search(r"content-type:([^\r\n]*)", heading, re.IGNORECASE)
    charset = re.search(r"charset=\"?([\w-]+)", declared[1], re.IGNORECASE) if declared else None
    known = ContentType(parameters={"charset": charset[1]}).charset if charset else None
    text, flags = decode_text(content.removesuffix(b"\r\n"), known)
    return parameters.get("name", ""), text, flags


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """PHP nesting: ``a[b][]=1`` is ``{"a": {"b": ["1"]}}``. A repeated key becomes a list in the order of arrival."""
    root: dict[str, Any] = {}
    for key, value in pairs:
        _put(root, _steps(key), value)
    return {key: _lists(value) for key, value in root.items()}


def _steps(key: str) -> list[str]:
    head, bracket, _ = key.partition("[")
    if not (head and bracket and key.endswith("]")):
        return [key]
    if key.count("[") > MAX_DEPTH:
        return [head]  # deeper than anybody nests on purpose: one flat field
    steps = _BRACKETS.findall(key[len(head) :])
    rebuilt = head + "".join(f"[{step}]" for step in steps)
    return [head, *steps] if rebuilt == key else [key]


def _put(node: dict[str, Any], steps: list[str], value: str) -> None:
    for step in steps[:-1]:
        child = node.setdefault(step or str(len(node)), {})
        if not isinstance(child, dict):
            return  # ``a=1&a[b]=2``: the first one holds
        node = child
    last = steps[-1] or str(len(node))
    if last not in node:
        node[last] = value
    elif isinstance(node[last], list):
        node[last].append(value)
    elif isinstance(node[last], str):
        node[last] = [node[last], value]


def _lists(value: object) -> object:
    """Dictionaries keyed 0, 1, 2 … are the lists they were written as. Depth is bounded by ``_steps``."""
    if not isinstance(value, dict):
        return value
    if list(value) == [str(index) for index in range(len(value))]:
        return [_lists(item) for item in value.values()]
    return {key: _lists(item) for key, item in value.items()}


def _too_many() -> Problem:
    return Problem("INTAKE.TOO_MANY_FIELDS", status=413, detail=f"A form may have at most {MAX_FIELDS} fields.")
