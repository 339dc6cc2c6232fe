"""Text that people typed, made fit to keep: composed, without invisible characters. Never changes what can be read."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_JOINERS: Final = "\u200c\u200d"
"""Kept although invisible: emoji, Persian and Indian scripts are spelled with them."""

_LONGEST_NAME: Final = 60
"""Longer names are folded every time: what strangers send does not fill the memory."""

_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+")
_MARKUP: Final = re.compile(r"<\s*/?\s*[a-z!][^>]*>", re.IGNORECASE)
_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "esq", "dds", "cpa"})


def clean_text(value: str, *, limit: int = 500) -> tuple[str, tuple[str, ...]]:
    """One line of text in NFC without control, bidirectional or zero-width characters, cut at ``limit``; and flags."""
    if len(value) <= limit and value.isascii() and value.isprintable():  # most of what comes: nothing to take out
        return " ".join(value.split()), ()
    flags: list[str] = []
    kept: list[str] = []
    for letter in value[: limit * 4]:
        category = unicodedata.category(letter) if not letter.isascii() or not letter.isprintable() else "L"
        if category == "Cs" or letter == "\ufffd":
            flags.append("text:invalid")
        elif letter in "\t\n\r\x0b\x0c\u2028\u2029":
            kept.append(" ")
        elif category not in ("Cc", "Cf") or letter in _JOINERS:
            kept.append(letter)
    text = " ".join(unicodedata.normalize("NFC", "".join(kept)).split(" ")).strip()
    text = re.sub(r"\s+", " ", text)
    if len(text) > limit or len(value) > limit * 4:
        flags.append("text:truncated")
    return text[:limit].rstrip(), tuple(dict.fromkeys(flags))


def fold(key: str) -> str:
    """A field's name without case, punctuation and accents: ``E-mail Address`` and ``email_address`` are one."""
    return _fold_name(key) if len(key) <= _LONGEST_NAME else _fold(key)


def _fold(key: str) -> str:
    plain = unicodedata.normalize("NFKD", key.casefold()) if not key.isascii() else key.lower()
    return "".join(letter for letter in plain if letter.isalnum())


_fold_name = lru_cache(maxsize=2_048)(_fold)
"""The same names come with every event, and are folded several times each."""


def suspicious(value: str) -> tuple[str, ...]:
    """Flags of content that is kept as it is but must be escaped wherever it is shown or exported."""
    flags = []
    if _MARKUP.search(value):
        flags.append("content:markup")
    if value[:1] in ("=", "@") or (value[:1] in ("+", "-") and not value[1:2].isdigit()):
        flags.append("content:formula")
    return tuple(flags)


def read_name(value: str) -> tuple[str | None, str | None, str | None]:
    """Full, first and last name of one field. ``Last, First`` is turned round; nothing else is guessed.

    A text with an e-mail address in it is no name.
    """
    if not value or _ADDRESS.search(value):
        return None, None, None
    parts = [part.strip() for part in value.split(",")]
    if len(parts) != 2 or not all(parts) or fold(parts[1]) in _SUFFIXES or len(value) > 100:
        return value, None, None
    last, first = parts
    if not (_is_worded(first) and _is_worded(last)):
        return value, None, None
    return f"{first} {last}", first, last


def _is_worded(part: str) -> bool:
    return all(letter.isalpha() or letter in " .-'’`\u200d" for letter in part) and len(part.split()) <= 3


def mixed_scripts(value: str) -> bool:
    """Whether one run of letters mixes Latin with look-alikes from Cyrillic or Greek."""
    return any(len(_scripts(word)) > 1 for word in re.split(r"[\W\d_]+", value) if not word.isascii())


def _scripts(word: str) -> set[str]:
    names = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return names & {"LATIN", "CYRILLIC", "GREEK"}
