"""Salesforce record ids: 15 case-sensitive characters, 18 with a checksum that survives case-blind stores."""

import re

ID_SHAPE = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def id18(short: str) -> str:
    """The 18 characters of a 15-character id: three checksums over the capital letters of its fives."""
    sums = (
        sum(1 << bit for bit, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")
        for start in (0, 5, 10)
    )
    return short + "".join(_ALPHABET[value] for value in sums)


def make_id(prefix: str, number: int) -> str:
    """The id of the nth record with a prefix."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return id18(f"{prefix}D0000{digits:0>7}")


def normal_id(text: object) -> str | None:
    """The 18-character form of an id in either form; None where it is no id."""
    if not isinstance(text, str) or not ID_SHAPE.fullmatch(text):
        return None
    whole = id18(text[:15])
    return whole if len(text) == 15 or text == whole else None
