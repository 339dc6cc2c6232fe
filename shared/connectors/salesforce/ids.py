"""Record ids: 15 case-sensitive characters, or 18 with a checksum that survives case-blind stores. 18 is our key."""

import re
from typing import Final

_SHAPE: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-5]{3})?")
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
LEAD_PREFIX: Final = "00Q"
CONTACT_PREFIX: Final = "003"
USER_PREFIX: Final = "005"
QUEUE_PREFIX: Final = "00G"


def id18(text: str) -> str:
    """The long form of an id in either form; any other text as it is. Source: SOAP guide, "ID Field Type"."""
    if not _SHAPE.fullmatch(text):
        return text
    short = text[:15]
    blocks = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(
        _ALPHABET[sum(1 << bit for bit, letter in enumerate(block) if "A" <= letter <= "Z")] for block in blocks
    )


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return _SHAPE.fullmatch(text) is not None
