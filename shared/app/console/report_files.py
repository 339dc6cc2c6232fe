"""Tables as CSV for spreadsheets: what a spreadsheet would run is made harmless, numbers are what they are."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from shared.app.console.forms import UNITS
from shared.app.console.report_catalog import Column
from shared.app.console.sheets import Line, Sheet
from shared.domain.money.spreadsheet import harmless

BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the machine."""
MAX_LINES: Final = 20_000
"""Lines of one file; a function answers six megabytes at most."""

POINT_LANGUAGES: Final = frozenset({"en", "zh", "ja", "ko", "he", "th", "hi", "ar", "fa"})
POINT_REGIONS: Final = frozenset({"de-ch", "de-li", "it-ch", "es-mx", "es-us", "es-gt", "es-pe"})
"""Where decimals are set apart by a point; elsewhere it is a comma, and spreadsheets part columns by semicolons."""


def uses_comma(language: str) -> bool:
    """Whether spreadsheets of a language (``de``, ``pt-BR``) expect ``1,5`` and ``;``; of none they do not."""
    name = language.strip().lower()
    return bool(name) and name.partition("-")[0] not in POINT_LANGUAGES and name not in POINT_REGIONS


def table_file(sheet: Sheet, currency: str, *, comma: bool) -> str:
    """A table of a report with its total."""
    head = (sheet.first, *(_heading(column, currency) for column in sheet.columns))
    lines: Iterable[Line] = (*sheet.lines[:MAX_LINES], *((sheet.total,) if sheet.total else ()))
    return file_of(head, ((line.name, *map(_value, line.values)) for line in lines), comma=comma)


def file_of(head: Sequence[str], rows: Iterable[Sequence[Any]], *, comma: bool) -> str:
    """Rows as CSV. Texts are made harmless; numbers (int, float, Decimal) are written as numbers, None as nothing."""
    told = io.StringIO()
    told.write(BYTE_ORDER_MARK)
    writer = csv.writer(told, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([harmless(name) for name in head])
    writer.writerows([_cell(value, comma=comma) for value in row] for row in rows)
    return told.getvalue()


def _heading(column: Column, currency: str) -> str:
    unit = currency if column.form == "money" else UNITS.get(column.form, "")
    return f"{column.name} ({unit})" if unit else column.name


def _value(value: Any) -> Any:
    """Amounts come as text, since a binary fraction cannot hold them; they are numbers none the less."""
    return Decimal(value) if isinstance(value, str) else value


def _cell(value: Any, *, comma: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal):
        return str(value).replace(".", ",") if comma else str(value)
    return harmless(str(value))
