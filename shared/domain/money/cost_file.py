"""A file of costs, CSV or JSON, as rows and refusals. A wrong row refuses itself, a wrong column the whole file."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, NamedTuple

from shared.domain.money.costs import Cost, Flaw, content_key, read_cost
from shared.domain.money.policy_model import MoneyPolicy

COLUMNS: Final = ("date", "kind", "channel", "campaign", "amount", "currency", "key", "note")
"""``note`` is for people and is not kept."""
REQUIRED: Final = ("date", "kind", "amount", "currency")
MAX_ROWS: Final = 50_000
_LINES: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""Ends as every system writes them, kept: the reader needs them inside quotes."""
_DELIMITERS: Final = ",;\t|"
_SYNONYMS: Final = {
    "day": "date", "type": "kind", "sum": "amount", "cost": "amount", "id": "key", "comment": "note",
    "дата": "date", "вид": "kind", "канал": "channel", "кампания": "campaign", "сумма": "amount", "валюта": "currency",
    "ключ": "key", "примечание": "note",
    "rodzaj": "kind", "kanał": "channel", "kampania": "campaign", "kwota": "amount", "waluta": "currency",
    "klucz": "key", "uwagi": "note",
}  # fmt: skip
"""How book-keeping programs call the columns."""


class BadCostFile(ValueError):
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


@dataclass(frozen=True, slots=True)
class CostFile:
    """What a file says."""

    costs: tuple[Cost, ...]
    refused: tuple[Refusal, ...]


Row = tuple[int, Mapping[str, str | Decimal]]


def read_file(text: str, policy: MoneyPolicy) -> CostFile:
    """Read a file; JSON (a list of objects, or ``{"costs": […]}``) is told from CSV by its first character.

    Raises:
        BadCostFile: COSTS.NO_ROWS, COSTS.NOT_JSON, COSTS.NO_COLUMN, COSTS.UNKNOWN_COLUMN, COSTS.TOO_MANY_ROWS.
    """
    text = text.removeprefix("\ufeff")
    rows = _json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text)
    costs: dict[str, Cost] = {}
    refused: list[Refusal] = []
    copies: dict[Cost, int] = {}
    seen = 0
    for line, values in rows:
        seen += 1
        if seen > MAX_ROWS:
            raise BadCostFile("COSTS.TOO_MANY_ROWS", f"At most {MAX_ROWS} rows; split the file.")
        found = read_cost(values, policy) if values else [Flaw("", "COSTS.WRONG_WIDTH", "has more cells than columns")]
        if isinstance(found, list):
            refused += [Refusal(line, *flaw) for flaw in found]
            continue
        if not found.key:
            copies[found] = copies.get(found, 0) + 1
            found = found._replace(key=content_key(found, copies[found]))
        if costs.setdefault(found.key, found) != found:
            refused.append(Refusal(line, "key", "COSTS.KEY_TWICE", "is used by another row of this file"))
    if not seen:
        raise BadCostFile("COSTS.NO_ROWS", "There are no rows in it.")
    return CostFile(tuple(costs.values()), tuple(refused))


def _csv_rows(text: str) -> Iterator[Row]:
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader((line[0] for line in _LINES.finditer(text)), delimiter=delimiter)
    try:
        columns = _columns(next(reader, []))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            fits = len(cells) <= len(columns)
            yield reader.line_num, dict(zip(columns, cells, strict=False)) if fits else {}
    except csv.Error as error:
        raise BadCostFile("COSTS.NOT_CSV", f"Line {reader.line_num} cannot be read as CSV.") from error


def _columns(header: Sequence[str]) -> list[str]:
    """The fields behind the words of a header."""
    if not any(word.strip() for word in header):
        raise BadCostFile("COSTS.NO_ROWS", "There are no rows in it.")
    columns = [_field(word) for word in header]
    unknown = [_shown(word) for word, column in zip(header, columns, strict=True) if column not in COLUMNS]
    missing = [name for name in REQUIRED if name not in columns]
    if unknown:
        near = {word: get_close_matches(word.lower(), COLUMNS, n=1, cutoff=0.6) for word in unknown}
        said = ", ".join(
            f'"{word}"' + (f' (did you mean "{near[word][0]}"?)' if near[word] else "") for word in unknown
        )
        raise BadCostFile("COSTS.UNKNOWN_COLUMN", f"Unknown columns: {said}. Known: {', '.join(COLUMNS)}.")
    if missing or len(set(columns)) < len(columns):
        what = f"Columns are missing: {', '.join(missing)}." if missing else "A column is there twice."
        raise BadCostFile("COSTS.NO_COLUMN", what)
    return columns


def _json_rows(text: str) -> Iterator[Row]:
    try:
        data = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_not_a_number)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise BadCostFile("COSTS.NOT_JSON", "It is not valid JSON.") from error
    rows = data.get("costs") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadCostFile("COSTS.NOT_JSON", 'It is neither a list of objects nor {"costs": […]}.')
    for number, row in enumerate(rows, 1):
        columns = _columns(list(row))
        cells = [value if isinstance(value, (str, Decimal)) else _empty(value) for value in row.values()]
        yield number, dict(zip(columns, cells, strict=True))


def _empty(value: object) -> str:
    """Null is nothing; a list or a group is no value of any column, and says so as a text that fits none."""
    return "" if value is None else "\x00"


def _not_a_number(_: str) -> Decimal:
    raise ValueError


def _field(word: str) -> str:
    name = word.strip().lower()
    return _SYNONYMS.get(name, name)


def _shown(word: str) -> str:
    return "".join(c for c in word.strip() if c.isprintable())[:40]
