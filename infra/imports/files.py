"""Rows of CSV and JSON Lines files, one at a time: whatever its size, a file is never in memory.

Knows files, not people: what a row says is read by the same parser as at the door.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, NamedTuple

from infra.imports.encodings import UnusableFile, look
from shared.domain.intake.bodies import read_json
from shared.domain.intake.campaign import PARAMETERS
from shared.domain.intake.consents import PREFIXES
from shared.domain.intake.problem import Problem
from shared.domain.intake.text import fold
from shared.domain.intake.vocabulary import SYNONYMS

CSV: Final = "csv"
JSON_LINES: Final = "jsonl"
DELIMITERS: Final = (",", ";", "\t", "|")

MAX_LINE: Final = 256 * 1024
"""Characters of one line; a longer one is refused, so that a file without line ends does not fill the memory."""

IDENTIFYING: Final = frozenset({"email", "phone", "anonymous_id", "user_id", "external_id"})
_SEGMENT_IDS: Final = ("userId", "anonymousId", "traits.email", "context.traits.email")

_SEPARATOR: Final = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)
"""The line that Excel writes and reads before the header."""


class Row(NamedTuple):
    """One row: ``line`` is where it begins in the file, counted from 1; ``values`` by the names of the file."""

    line: int
    values: dict[str, Any]


class Unread(NamedTuple):
    """A row that is none; ``text`` is what was there, as far as it is known."""

    line: int
    code: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file that can be read: how, and what identifies its content. ``columns`` is empty for JSON Lines."""

    path: Path
    form: str
    encoding: str
    digest: str
    size: int
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    header_lines: int = 0

    def tells_time(self, renamed: Mapping[str, str]) -> bool:
        """Whether a column says when something happened."""
        return "occurred_at" in self._meanings(renamed)

    def identifies(self, renamed: Mapping[str, str]) -> bool:
        """Whether a column names a person; ``renamed`` says what some columns are."""
        return bool(IDENTIFYING & self._meanings(renamed)) or any(name in self.columns for name in _SEGMENT_IDS)

    def _meanings(self, renamed: Mapping[str, str]) -> set[str | None]:
        return {SYNONYMS.get(fold(renamed.get(name, name))) for name in self.columns}

    def rows(self) -> "Rows":
        """All rows from the start."""
        return Rows(self)


def open_input(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> InputFile:
    """Find out how to read a file.

    Raises:
        UnusableFile: it is not there, empty, neither CSV nor JSON Lines, or its header is not one.
    """
    looked = look(path, encoding)
    with path.open(encoding=looked.encoding, errors="replace", newline="") as stream:
        first, blank = _first_line(stream)
        if first.lstrip()[:1] == "[":
            raise UnusableFile(f"{path} is one JSON list; import reads one object per line: jq -c '.[]' {path.name}")
        if first.lstrip()[:1] == "{":
            return InputFile(
                path=path, form=JSON_LINES, encoding=looked.encoding, digest=looked.digest, size=looked.size
            )
        named = _SEPARATOR.fullmatch(first)
        first, more = _first_line(stream) if named else (first, -1)
        chosen = delimiter or (named.group(1) if named else _delimiter_of(first))
        reader = csv.reader(_with_first(first, stream), delimiter=chosen)
        columns = _columns(path, next(reader, []))
        return InputFile(
            path=path,
            form=CSV,
            encoding=looked.encoding,
            digest=looked.digest,
            size=looked.size,
            delimiter=chosen,
            columns=columns,
            header_lines=blank + more + 1 + reader.line_num,
        )


def _first_line(stream: TextIOWrapper) -> tuple[str, int]:
    """The next line that is not blank, and how many were."""
    blank = 0
    while line := stream.readline(MAX_LINE):
        if line.strip():
            return line, blank
        blank += 1
    return "", blank


def _with_first(first: str, stream: TextIOWrapper) -> Iterator[str]:
    yield first
    yield from _lines(stream)


def _delimiter_of(header: str) -> str:
    """The character that makes most known names of a header; of equals, the one that makes most names at all."""

    def worth(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter), [])
        return sum(map(_is_known, names)), len(names)

    return max(DELIMITERS, key=worth)


def _is_known(name: str) -> bool:
    folded = fold(name)
    by_prefix = name.lower().startswith(PREFIXES) or folded.removeprefix("utm") in PARAMETERS
    return folded in SYNONYMS or by_prefix


def _columns(path: Path, header: list[str]) -> tuple[str, ...]:
    names = tuple(name.strip() or f"column {number}" for number, name in enumerate(header, 1))
    twice = [name for name, count in Counter(names).items() if count > 1]
    if not header:
        raise UnusableFile(f"{path} has no header")
    if twice:
        raise UnusableFile(f"{path}: the header names {len(twice)} column(s) twice: {', '.join(twice[:3])}")
    return names


class Rows:
    """Iterates over a file. ``position`` is how many bytes of it were read, for progress."""

    def __init__(self, file: InputFile) -> None:
        self._file = file
        self.position = 0

    def __iter__(self) -> Iterator[Row | Unread]:
        file = self._file
        with file.path.open("rb") as raw, TextIOWrapper(raw, file.encoding, "replace", newline="") as stream:
            for row in _json_rows(stream) if file.form == JSON_LINES else _csv_rows(stream, file):
                self.position = raw.tell()
                yield row
        self.position = file.size


def _lines(stream: TextIOWrapper) -> Iterator[str]:
    """Lines; of one that is too long its pieces, which make no row."""
    while line := stream.readline(MAX_LINE):
        yield line


def _json_rows(stream: TextIOWrapper) -> Iterator[Row | Unread]:
    number, tail = 1, False
    for line in _lines(stream):
        ended, too_long = line.endswith("\n"), len(line) == MAX_LINE
        if too_long and not ended and not tail:
            yield Unread(number, "INTAKE.TOO_LARGE", f"The line is longer than {MAX_LINE} characters.", line[:200])
        elif line.strip() and not tail:
            yield _json_row(number, line)
        number += ended
        tail = not ended and (too_long or tail)


def _json_row(number: int, line: str) -> Row | Unread:
    try:
        value, _ = read_json(line)
    except Problem as problem:
        reason = "The line is not one strict JSON object."
        return Unread(number, problem.code, reason, line.strip())
    if not isinstance(value, dict):
        return Unread(number, "INTAKE.MALFORMED_EVENT", "A submission is a JSON object.", line.strip())
    return Row(number, value)


def _csv_rows(stream: TextIOWrapper, file: InputFile) -> Iterator[Row | Unread]:
    """Rows under the header. One with another number of cells is refused: nobody knows which of them moved."""
    for _ in range(file.header_lines):
        stream.readline(MAX_LINE)
    reader = csv.reader(_lines(stream), delimiter=file.delimiter)
    while True:
        line = file.header_lines + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unread(line, "IMPORT.MALFORMED_ROW", f"The row cannot be read as CSV: {error}.", "")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(file.columns):
            reason = f"The row has {len(cells)} cells, the header {len(file.columns)}."
            yield Unread(line, "IMPORT.MALFORMED_ROW", reason, file.delimiter.join(cells))
            continue
        yield Row(line, {name: cell for name, cell in zip(file.columns, cells, strict=True) if cell.strip()})
