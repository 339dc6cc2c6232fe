"""What a spreadsheet does with a cell: text that begins like a formula is run when the file is opened (CWE-1236)."""

from typing import Final

_ALWAYS: Final = ("=", "@", "\t", "\r", "\n")
"""No name begins with these by chance."""
_SOMETIMES: Final = ("+", "-", "\u2212", "\uff0b", "\uff0d", "\uff1d", "\uff20")
"""Names do begin with these (``-20 % in spring``), so they are kept and made harmless on the way out."""


def runs(text: str) -> bool:
    """Whether text can only be meant as a formula."""
    return text.startswith(_ALWAYS)


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet runs: an apostrophe before whatever begins like a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_ALWAYS + _SOMETIMES) else text
