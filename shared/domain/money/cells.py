"""Cells of a table of money as people and book-keeping programs write them: texts, days, amounts, currencies.

What cannot be read for certain is a flaw with a stable code; the code's first word is the table's area.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from shared.domain.money.amounts import CURRENCY, AmbiguousAmount, NotAnAmount, exact, read_amount
from shared.domain.money.spreadsheet import runs

MAX_TEXT: Final = 200
"""Characters of a text in a cell."""
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")

Values = Mapping[str, str | Decimal]
"""A row by the names of its fields; a JSON number is a decimal."""


class Flaw(NamedTuple):
    """Why a row was refused. Never repeats what was in it."""

    field: str
    code: str
    message: str


class Cells:
    """The cells of one row. Reading collects ``flaws``; a row with any is not taken."""

    def __init__(self, area: str, values: Values) -> None:
        self._area = area
        self._values = values
        self.flaws: list[Flaw] = []

    def text(self, name: str) -> str:
        """A text in one line: spreadsheets leave no-break spaces and line breaks, and two spellings would be two."""
        text = " ".join(str(self._values.get(name, "")).split())
        if len(text) > MAX_TEXT:
            self.refuse(name, "TOO_LONG", f"is longer than {MAX_TEXT} characters")
        elif runs(text):
            self.refuse(name, "FORMULA", "would be run as a formula by a spreadsheet; begin it with another character")
        elif not text.isprintable():
            self.refuse(name, "BAD_TEXT", "has characters that cannot be shown")
        return text

    def day(self, name: str) -> str:
        """A day as ``2026-03-09``, or ``""`` with a flaw."""
        text = self.text(name)
        dotted = _DOTTED.fullmatch(text)
        try:
            if dotted:
                found = date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
            else:
                # fromisoformat also reads 20260309 and 2026-W11-1, which nobody means in such a file.
                found = date.fromisoformat(text if len(text) == 10 and text[4] == "-" == text[7] else "")
        except ValueError:
            self.refuse(name, "BAD_DATE", "is not a date as 2026-03-09 or 09.03.2026")
            return ""
        return found.isoformat()

    def amount(self, name: str) -> Decimal | None:
        """An exact amount, or None with a flaw."""
        value = self._values.get(name, "")
        try:
            # A JSON number has one reading only.
            return _number(value) if isinstance(value, Decimal) else read_amount(value)
        except AmbiguousAmount:
            self.refuse(name, "AMBIGUOUS_AMOUNT", "may be thousands or decimals; write two decimals")
        except NotAnAmount:
            self.refuse(name, "BAD_AMOUNT", "is not an amount with at most four decimals")
        return None

    def currency(self, name: str) -> str:
        """A currency code, or ``""`` with a flaw."""
        text = self.text(name).upper()
        if CURRENCY.fullmatch(text):
            return text
        self.refuse(name, "BAD_CURRENCY", "is not a currency code of three letters")
        return ""

    def has(self, name: str) -> bool:
        """Whether the cell is filled."""
        return bool(str(self._values.get(name, "")).strip())

    def refuse(self, name: str, code: str, message: str) -> None:
        """Note a flaw of a cell; a cell has one at most."""
        if all(flaw.field != name for flaw in self.flaws):
            self.flaws.append(Flaw(name, f"{self._area}.{code}", message))


def _number(value: Decimal) -> Decimal:
    """An exponent could ask for gigabytes of zeros, so it is looked at before the number is written out."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > 20:
        raise NotAnAmount
    return exact(f"{value:f}")
