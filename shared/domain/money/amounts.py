"""Exact amounts of money and their conversion. Never a float: a report that is a cent off is wrong."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")
LARGEST: Final = Decimal(10) ** 12
"""Amounts at or beyond this are a mistake."""
CURRENCY: Final = re.compile(r"[A-Z]{3}")
"""The form of a currency code (ISO 4217)."""

_SPACES: Final = re.compile("[ \u00a0\u202f\u2009']")
_GROUPED: Final = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*")
_PLAIN: Final = re.compile(r"-?\d{1,13}(\.\d{1,4})?")


class NotAnAmount(ValueError):
    """The text is no amount, has more than four decimals, or is absurdly large."""


class AmbiguousAmount(NotAnAmount):
    """``1,234`` is a thousand to one reader and one and a bit to another."""


def read_amount(text: str) -> Decimal:
    """An amount as people and book-keeping programs write it: ``1250.5``, ``1 250,50``, ``1,250.50``, ``-20``.

    Of two kinds of marks the last is the decimal one; a mark that comes several times separates thousands.

    Raises:
        AmbiguousAmount: a single mark with three digits after and one to three before it.
        NotAnAmount: anything else that cannot be read exactly.
    """
    compact = _SPACES.sub("", text.strip())
    sign, digits = ("-", compact[1:]) if compact[:1] in ("-", "\u2212") else ("", compact)
    whole, mark, rest = _split(digits)
    if mark and not rest:
        raise NotAnAmount
    return exact(sign + whole + ("." + rest if mark else ""))


def exact(text: str) -> Decimal:
    """The value of a plain decimal such as ``12500.00``.

    Raises:
        NotAnAmount.
    """
    if not text.isascii() or not _PLAIN.fullmatch(text):
        raise NotAnAmount
    value = Decimal(text)
    if abs(value) >= LARGEST:
        raise NotAnAmount
    return value


def known(text: str) -> Decimal | None:
    """The value of a plain decimal, or None: an amount nobody stated."""
    try:
        return exact(text)
    except NotAnAmount:
        return None


def plain(amount: Decimal) -> str:
    """An amount with two decimals: ``12500.00``."""
    return f"{cents(amount):.2f}"


def cents(amount: Decimal) -> Decimal:
    """Rounded to two decimals, halves away from zero, as invoices do."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _split(digits: str) -> tuple[str, str, str]:
    """Whole part without marks, the decimal mark or nothing, the part after it."""
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return digits, "", ""
    mark, head, tail = digits[last], digits[:last], digits[last + 1 :]
    other = "," if mark == "." else "."
    if other in head:
        if mark in head or not (head.count(other) == 0 or _GROUPED.fullmatch(head)):
            raise NotAnAmount
        return head.replace(other, ""), mark, tail
    if mark in head:
        if not _GROUPED.fullmatch(digits):
            raise NotAnAmount
        return digits.replace(mark, ""), "", ""
    if len(tail) == 3 and 1 <= len(head) <= 3 and head.strip("0"):
        raise AmbiguousAmount
    return head, mark, tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What one unit of a currency is worth in the reporting currency, by month.

    A day without a rate of its own month takes that of the latest month before it, so that a new month can be reported
    on before its rate is known. Before the first month there is no rate.
    """

    currency: str
    months: Mapping[str, tuple[tuple[str, Decimal], ...]] = field(default_factory=dict)
    """Currency → (``2026-03``, rate), in order of month."""

    def rate(self, currency: str, day: str) -> Decimal | None:
        """The rate of a currency on a day (``2026-03-09``), or None."""
        if currency == self.currency:
            return Decimal(1)
        months = self.months.get(currency, ())
        place = bisect_right([month for month, _ in months], day[:7])
        return months[place - 1][1] if place else None

    def convert(self, amount: Decimal, currency: str, day: str) -> Decimal | None:
        """An amount in the reporting currency, rounded to cents; None without a rate."""
        rate = self.rate(currency, day)
        return None if rate is None else cents(amount * rate)
