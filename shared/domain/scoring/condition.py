"""Conditions of rules: a small closed language as frozen values, and what they mean. Reads no files, runs no text.

A field is a section and a key, parted by the first dot (``attributes.path``), or one word (``known``). A field that
is missing, None or empty text equals nothing, so ``ne`` and ``not_in`` hold for it and every other operator but
``missing`` does not. Text is compared without regard to case, except by ``eq``, ``ne``, ``in`` and ``not_in``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Record = Mapping[str, Any]

EQUALITY_OPS: Final = frozenset({"eq", "ne"})
NUMERIC_OPS: Final = frozenset({"gt", "ge", "lt", "le"})
LIST_OPS: Final = frozenset({"in", "not_in", "matches_any", "mentions_any"})
TEXT_OPS: Final = frozenset({"contains", "starts_with", "ends_with"})
PRESENCE_OPS: Final = frozenset({"exists", "missing"})
OPS: Final = EQUALITY_OPS | NUMERIC_OPS | LIST_OPS | TEXT_OPS | PRESENCE_OPS

_NAN: Final = float("nan")
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:[, \u00a0\u202f]\d{3})+(?:\.\d+)?")
_PLAIN: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against one value. ``value`` is a scalar, a tuple for list operators, None for presence operators."""

    field: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class All:
    """Every one of the conditions holds; true when there are none."""

    items: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - All, Any_, Not are one family; the plain name would hide typing.Any
    """At least one of the conditions holds; false when there are none."""

    items: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    item: "Condition"


@dataclass(frozen=True, slots=True)
class Always:
    """Holds for every record."""


Condition = Compare | All | Any_ | Not | Always


def holds(condition: Condition, record: Record) -> bool:
    """Whether a condition is true of a record: the meaning that compiled conditions are tested against."""
    if isinstance(condition, Compare):
        return _compare(condition, record)
    if isinstance(condition, All):
        return all(holds(item, record) for item in condition.items)
    if isinstance(condition, Any_):
        return any(holds(item, record) for item in condition.items)
    if isinstance(condition, Not):
        return not holds(condition.item, record)
    return True


def fields_of(condition: Condition) -> frozenset[str]:
    """Every field a condition reads."""
    if isinstance(condition, Compare):
        return frozenset({condition.field})
    if isinstance(condition, All | Any_):
        return frozenset(field for item in condition.items for field in fields_of(item))
    if isinstance(condition, Not):
        return fields_of(condition.item)
    return frozenset()


def number(value: object) -> float:
    """A number, or text that is one (people type "50 000" and "50,000"); NaN when it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return _NAN
    text = value.strip()
    if _PLAIN.fullmatch(text):
        return float(text)
    bare = re.sub(r"[, \u00a0\u202f]", "", text) if _GROUPED.fullmatch(text) else ""
    return float(bare) if _PLAIN.fullmatch(bare) else _NAN


def phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """What ``mentions_any`` looks for in lower-case text: whole words; a ``*`` at an end of a phrase lets it go on.

    Whole words, because "cto" is a part of "director" and "intern" of "international".
    """
    return re.compile("|".join(map(_bounded, phrases)) or "(?!)")


def _bounded(phrase: str) -> str:
    """A phrase between its bounds. The left one comes last, so that a search can skip to the next first letter."""
    core = phrase.strip("*").lower()
    escaped = re.escape(core)
    left = rf"(?<!\w{escaped})" if not phrase.startswith("*") and core[:1].isalnum() else ""
    right = r"(?!\w)" if not phrase.endswith("*") and core[-1:].isalnum() else ""
    return escaped + left + right


def _lookup(field: str, record: Record) -> Any:
    section, _, key = field.partition(".")
    return (record.get(section) or {}).get(key) if key else record.get(section)


def _compare(compare: Compare, record: Record) -> bool:
    value = _lookup(compare.field, record)
    return _MEANING[compare.op](value, compare.value)


def _text(value: object) -> str:
    return value.lower() if isinstance(value, str) else ""


_MEANING: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq":           lambda value, expected: value == expected,
    "ne":           lambda value, expected: value != expected,
    "in":           lambda value, expected: value in expected,
    "not_in":       lambda value, expected: value not in expected,
    "gt":           lambda value, limit: number(value) > limit,
    "ge":           lambda value, limit: number(value) >= limit,
    "lt":           lambda value, limit: number(value) < limit,
    "le":           lambda value, limit: number(value) <= limit,
    "contains":     lambda value, part: part.lower() in _text(value),
    "starts_with":  lambda value, part: _text(value).startswith(part.lower()),
    "ends_with":    lambda value, part: _text(value).endswith(part.lower()),
    "matches_any":  lambda value, parts: any(part.lower() in _text(value) for part in parts),
    "mentions_any": lambda value, phrases: phrase_pattern(phrases).search(_text(value)) is not None,
    "exists":       lambda value, _: value is not None and value != "",
    "missing":      lambda value, _: value is None or value == "",
}  # fmt: skip
