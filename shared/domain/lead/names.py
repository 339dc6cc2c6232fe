"""First, last and full name of a person, from statements of the whole and of its parts, each judged by itself.

Also the words by which a name is found, folded so that case, accents and order do not matter.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from shared.domain.lead.model import FieldValue

MAX_WORDS: Final = 6
"""How many words of a name find it. Longer names are text in the wrong field; each word is a row."""

_BETWEEN: Final = re.compile(r"[^0-9a-z\u0080-\U0010ffff]+")
_IDEOGRAPHS: Final = "\u2e80"
"""From here on a single character is a whole name."""
_INSIDE: Final = dict.fromkeys(map(ord, "'`\u00b4\u02b9\u02bb\u02bc\u2018\u2019"))
"""Marks inside a word: O'Brien, O’Brien and OBrien are one."""
_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that people type without their stroke and that Unicode does not take apart."""


def first_name(profile: Mapping[str, FieldValue]) -> FieldValue | None:
    """The first name by itself or out of the full name, whichever was stated with more authority and later."""
    return _part(profile, "first_name", 0)


def last_name(profile: Mapping[str, FieldValue]) -> FieldValue | None:
    """The last name by itself or out of the full name: a new one from a CRM leaves the first name of a form alone."""
    return _part(profile, "last_name", 1)


def full_name(profile: Mapping[str, FieldValue]) -> str | None:
    """The full name as it was stated, or put together from its parts when one of them was stated later."""
    whole = profile.get("name")
    parts = [profile[part] for part in ("first_name", "last_name") if part in profile]
    if whole and all(whole.stamp >= part.stamp for part in parts):
        return whole.value or None
    found = (first_name(profile), last_name(profile))
    return " ".join(part.value for part in found if part is not None and part.value) or None


def name_words(text: str) -> tuple[str, ...]:
    """The different words of a name, folded, at most ``MAX_WORDS``; empty when there is none.

    Initials count only where there is nothing longer: they would find half of everybody.
    """
    bare = text.translate(_INSIDE).casefold()
    if not bare.isascii():
        decomposed = unicodedata.normalize("NFKD", bare).translate(_INSIDE)
        bare = "".join(map(_letter, decomposed)).casefold().translate(_LETTERS)
    words = dict.fromkeys(_BETWEEN.sub(" ", bare).split())
    return tuple([word for word in words if len(word) > 1 or word >= _IDEOGRAPHS] or words)[:MAX_WORDS]


def _letter(character: str) -> str:
    """What is left of a character: accents vanish, vowel signs of scripts that write them apart do not."""
    if unicodedata.combining(character):
        return ""
    return character if character.isalnum() or unicodedata.category(character) in ("Mn", "Mc") else " "


def _part(profile: Mapping[str, FieldValue], key: str, place: int) -> FieldValue | None:
    whole, part = profile.get("name"), profile.get(key)
    if whole and (part is None or whole.stamp > part.stamp):
        half = _halves(whole, profile)[place]
        if half:
            return FieldValue(whole.stamp, half, whole.source)
    return part


def _halves(whole: FieldValue, profile: Mapping[str, FieldValue]) -> tuple[str, str]:
    """First and last name of a full one. A last name known from elsewhere is found again (``van der Berg``)."""
    name = whole.value.strip()
    known = profile.get("last_name")
    if known and known.value and name.lower().endswith(f" {known.value.lower()}"):
        return name[: -len(known.value)].strip(), name[-len(known.value) :]
    first, _, last = name.rpartition(" ")
    return first.strip(), last
