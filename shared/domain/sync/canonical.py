"""The one spelling of a value by which both sides are compared. Total: text that is not of its type stays as it is.

Without it every echo would look like a change: vendors trim text, spell times their own way and reorder picklists.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

FLAG_ON: Final = "true"
FLAG_OFF: Final = "false"

_ON: Final = frozenset({"true", "1", "yes", "on"})
_MOST_DIGITS: Final = 40
"""Numbers beyond it are text: ``1e999999`` must not become a megabyte of zeros."""
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?", re.DOTALL)
_SHORT_ID: Final = re.compile(r"[A-Za-z0-9]{15}")
_ID_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def canonical(kind: str, value: str) -> str:
    """A value of a type (one of TYPES) in its one spelling; ``""`` is empty. Doing it again changes nothing."""
    return _SPELLING.get(kind, _text)(value)


def same(kind: str, a: str, b: str) -> bool:
    """Whether two spellings mean the same value."""
    return a == b or canonical(kind, a) == canonical(kind, b)


def parts_of(value: str) -> frozenset[str]:
    """The choices of a value of type ``multi``."""
    return frozenset(part for piece in value.split(";") if (part := piece.strip()))


def number_of(value: str) -> Decimal | None:
    """The number a text is, or None. Exact, so that sums and comparisons are."""
    try:
        found = Decimal(value.strip())
    except InvalidOperation:
        return None
    fits = found.is_finite() and len(found.as_tuple().digits) <= _MOST_DIGITS and abs(found.adjusted()) <= _MOST_DIGITS
    return found if fits else None


def plain_number(value: Decimal) -> str:
    """A number without exponent, trailing zeros and the sign of zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _text(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def _email(value: str) -> str:
    return value.strip().lower()


def _phone(value: str) -> str:
    """Digits and a leading plus; text without a digit is no number and stays."""
    text = value.strip()
    digits = "".join(letter for letter in text if letter in "0123456789")
    return ("+" if text.startswith("+") else "") + digits if digits else text


def _flag(value: str) -> str:
    return FLAG_ON if value.strip().lower() in _ON else FLAG_OFF


def _number(value: str) -> str:
    found = number_of(value)
    return value.strip() if found is None else plain_number(found)


def _date(value: str) -> str:
    """The calendar day as it was written: turned into another zone, a birthday would move."""
    text = value.strip()
    match = _DAY.fullmatch(text)
    if match is None:
        return text
    try:
        return date.fromisoformat(match[1]).isoformat()
    except ValueError:
        return text


def _instant(value: str) -> str:
    """Whole seconds UTC: Salesforce keeps no fractions, so a fraction would never be confirmed."""
    text = value.strip()
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found.year > 999 else text


def _multi(value: str) -> str:
    return ";".join(sorted(parts_of(value)))


def _id(value: str) -> str:
    """Salesforce's 15 characters with the three that make them safe where case is lost; other ids stay."""
    text = value.strip()
    if not _SHORT_ID.fullmatch(text):
        return text
    return text + "".join(
        _ID_LETTERS[sum(1 << bit for bit, letter in enumerate(text[start : start + 5]) if "A" <= letter <= "Z")]
        for start in (0, 5, 10)
    )


_SPELLING: Final[Mapping[str, Callable[[str], str]]] = {
    "text":    _text,
    "email":   _email,
    "phone":   _phone,
    "flag":    _flag,
    "number":  _number,
    "date":    _date,
    "instant": _instant,
    "multi":   _multi,
    "id":      _id,
}  # fmt: skip

TYPES: Final = tuple(_SPELLING)
"""Types that a field of sync.yaml may have."""
