"""What Marketo's codes mean for a caller. HTTP 200 says nothing: a call fails by its code, a record by its own.

Source: the vendor's table of error codes. No text of the vendor is handed on, because it quotes the values.
"""

import re
from collections.abc import Mapping
from typing import Final

TOKEN: Final = frozenset({"600", "601", "602"})
RATE: Final = "606"
QUOTA: Final = "607"
DENIED: Final = "603"
CROWDED: Final = "615"
UNKNOWN_FIELD: Final = "1006"
NOT_FOUND: Final = "1004"
EXISTS: Final = "1005"
SEVERAL: Final = "1007"
INVALID: Final = "1003"
TIMEOUT: Final = "TIMEOUT"
NOT_JSON: Final = "NOT_JSON"
NO_TIME: Final = "NO_TIME"

UNCOUNTED: Final = frozenset({"600", "601", "602", "604", "605", "608", "611"})
"""Answers that cost nothing of the allowance."""

WAITS: Final[Mapping[str, tuple[float, ...]]] = {
    RATE: (20, 20),
    CROWDED: (1, 2, 4, 8),
    # A call that was not answered may have waited a minute and a half already.
    TIMEOUT: (1,),
    **dict.fromkeys(("502", "604", "608", "611", "713", "719", "CONNECTION", "HTTP", NOT_JSON), (1, 2, 4)),
}
"""Weather: seconds before each further try. Every other code stays what it is, however often one asks."""

HEAVY: Final = frozenset({"604", "611"})
"""Weather that one record can make for all the others of its call. Not a timeout: halves would wait as long again."""

TRANSIENT: Final = frozenset({"502", "604", "606", "608", "611", "615", "713", "719", "1014", "1019", "1022"})
"""Codes of a record that another try may cure."""

_MEANINGS: Final = {
    "1001": "a value is not of its field's type",
    "1002": "a required value is missing",
    "1003": "a value or field is not allowed",
    "1004": "there is no such person",
    "1006": "there is no such field",
    "1008": "the partition is closed to this user",
    "1010": "the person is in another partition",
    "1018": "the subscription's own Salesforce sync owns this",
    "1021": "company fields cannot be written here",
    "1077": "a value is too long for Salesforce",
    "413": "the record is too big",
}
_INVALID_VALUE: Final = re.compile(r"Invalid value '(.*)'\. Required of type", re.DOTALL)
_QUOTED: Final = re.compile(r"'([A-Za-z_][A-Za-z0-9_]*)'")


class Refused(Exception):
    """Marketo refused a whole call with a code that waiting does not cure. ``text`` may quote values: keep it here."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"Marketo refused the call: {code}")
        self.code = code
        self.text = text


class TooBig(Exception):
    """The request is larger than the vendor takes (413): send less at once."""


def code_of(code: str) -> str:
    """Our stable code for one of theirs."""
    return f"MARKETO.{code}"


def meaning(code: str) -> str:
    """What a code says, in words without values."""
    return _MEANINGS.get(code, "Marketo refuses the record")


def unknown_field(refused: Refused) -> str:
    """The field that a call was refused for; ``""`` when that is not the reason."""
    found = _QUOTED.search(refused.text) if refused.code == UNKNOWN_FIELD else None
    return found.group(1) if found else ""


def fields_named(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The written fields that a record's refusal is about, by their name or by the value it quotes."""
    if found := _INVALID_VALUE.match(text):
        return tuple(name for name, value in values.items() if value == found.group(1))
    return tuple(dict.fromkeys(name for name in _QUOTED.findall(text) if name in values))
