"""A file with rows of money, CSV or JSON, as cells by the names of fields. Knows words of headers, and no values."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, NamedTuple

from shared.domain.money.cells import Values

MAX_ROWS: Final = 50_000
_LINES: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""Ends as every system writes them, kept: the reader needs them inside quotes."""
_DELIMITERS: Final = ",;\t|"


class BadFile(ValueError):
    """The whole file is refused; ``code`` is stable, ``detail`` says what to do and repeats column names only."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Refusal(NamedTuple):
    """A row that was not taken: the line of the file (for JSON the position, from 1), and why."""

    line: int
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of a kind of file.

    ``area`` begins its codes. Of every group in ``required`` one column has to be there. ``synonyms``: how
    book-keeping programs call the columns. ``listed``: the name of the list in ``{"costs": […]}``.
    """

    area: str
    listed: str
    columns: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]
    synonyms: Mapping[str, str] = field(default_factory=dict)


Row = tuple[int, Values]


def read_rows(text: str, layout: Layout) -> Iterator[Row]:
    """The rows; an empty one stands for a row that has more cells than there are columns.

    JSON (a list of objects, or an object with the list) is told from CSV by its first character.

    Raises:
        BadFile: NO_ROWS, NOT_JSON, NOT_CSV, NO_COLUMN, UNKNOWN_COLUMN, TOO_MANY_ROWS, each with the area before it.
    """
    text = text.removeprefix("\ufeff")
    rows = _json_rows(text, layout) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text, layout)
    seen = 0
    for row in rows:
        seen += 1
        if seen > MAX_ROWS:
            raise BadFile(f"{layout.area}.TOO_MANY_ROWS", f"At most {MAX_ROWS} rows; split the file.")
        yield row
    if not seen:
        raise _no_rows(layout)


def _csv_rows(text: str, layout: Layout) -> Iterator[Row]:
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader((line[0] for line in _LINES.finditer(text)), delimiter=delimiter)
    try:
        columns = _columns(next(reader, []), layout)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            fits = len(cells) <= len(columns)
            yield reader.line_num, dict(zip(columns, cells, strict=False)) if fits else {}
    except csv.Error as error:
        raise BadFile(f"{layout.area}.NOT_CSV", f"Line {reader.line_num} cannot be read as CSV.") from error


def _json_rows(text: str, layout: Layout) -> Iterator[Row]:
    try:
        data = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_not_a_number)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise BadFile(f"{layout.area}.NOT_JSON", "It is not valid JSON.") from error
    rows = data.get(layout.listed) if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadFile(f"{layout.area}.NOT_JSON", f'It is neither a list of objects nor {{"{layout.listed}": […]}}.')
    for number, row in enumerate(rows, 1):
        columns = _columns(list(row), layout)
        cells = [value if isinstance(value, (str, Decimal)) else _empty(value) for value in row.values()]
        yield number, dict(zip(columns, cells, strict=True))


def _columns(header: Sequence[str], layout: Layout) -> list[str]:
    """The fields behind the words of a header."""
    if not any(word.strip() for word in header):
        raise _no_rows(layout)
    columns = [_field(word, layout) for word in header]
    known = layout.columns
    unknown = [_shown(word) for word, column in zip(header, columns, strict=True) if column not in known]
    missing = [" or ".join(group) for group in layout.required if not set(group) & set(columns)]
    if unknown:
        near = {word: get_close_matches(word.lower(), known, n=1, cutoff=0.6) for word in unknown}
        said = ", ".join(
            f'"{word}"' + (f' (did you mean "{near[word][0]}"?)' if near[word] else "") for word in unknown
        )
        raise BadFile(f"{layout.area}.UNKNOWN_COLUMN", f"Unknown columns: {said}. Known: {', '.join(known)}.")
    if missing or len(set(columns)) < len(columns):
        what = f"Columns are missing: {', '.join(missing)}." if missing else "A column is there twice."
        raise BadFile(f"{layout.area}.NO_COLUMN", what)
    return columns


def _no_rows(layout: Layout) -> BadFile:
    return BadFile(f"{layout.area}.NO_ROWS", "There are no rows in it.")


def _empty(value: object) -> str:
    """Null is nothing; a list or a group is no value of any column, and says so as a text that fits none."""
    return "" if value is None else "\x00"


def _not_a_number(_: str) -> Decimal:
    raise ValueError


def _field(word: str, layout: Layout) -> str:
    name = word.strip().lower()
    return layout.synonyms.get(name, name)


def _shown(word: str) -> str:
    return "".join(c for c in word.strip() if c.isprintable())[:40]
