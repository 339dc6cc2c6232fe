"""Checks conditions where they stand in a file: fields, operators, values. Works on raw values: it finds all."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from shared.contracts.intake import SIGNAL_KINDS
from shared.domain.identity.model import EVIDENCE_WORDS
from shared.domain.scoring.condition import EQUALITY_OPS, LIST_OPS, NUMERIC_OPS, OPS, PRESENCE_OPS, TEXT_OPS
from shared.policies.problems import Path, suggest, unknown
from shared.policies.sections import (
    ENGAGEMENT_FIELDS,
    FIT_FIELDS,
    LIFECYCLE_FIELDS,
    SYNC_FIELDS,
    Sections,
    is_allowed,
    valid_fields,
)

Finding = tuple[Path, str]

GRADES: Final = frozenset(fit + engagement for fit in "ABCD" for engagement in "1234")


def check_condition(
    value: Any,
    path: Path,
    *,
    place: str,
    sections: Sections,
    vocabularies: Mapping[str, frozenset[str]],
) -> Iterator[Finding]:
    """Everything that is wrong with a condition, wherever it is nested. ``place`` names it: "a fit rule"."""
    if not isinstance(value, dict):
        return
    for form in ("all", "any", "not"):
        if form in value:
            items = value[form] if isinstance(value[form], list) else [value[form]]
            for number, item in enumerate(items):
                inner = (*path, form, number) if isinstance(value[form], list) else (*path, form)
                yield from check_condition(item, inner, place=place, sections=sections, vocabularies=vocabularies)
            return
    yield from _check_field(value.get("field"), (*path, "field"), place, sections)
    yield from _check_comparison(value, path, vocabularies)


def _check_field(field: Any, path: Path, place: str, sections: Sections) -> Iterator[Finding]:
    if not isinstance(field, str) or is_allowed(field, sections):
        return
    section = field.partition(".")[0]
    if section in sections or section not in _ALL_SECTIONS:
        yield path, unknown("field", field, [*valid_fields(sections), *_respelt(field, sections)])
    else:
        readable = ", ".join(sorted(sections))
        yield path, f'{place} cannot read "{field}"; it reads {readable}'


def _respelt(field: str, sections: Sections) -> list[str]:
    """The same key in a section whose name is nearly the one written, where keys are free."""
    section, _, key = field.partition(".")
    close = get_close_matches(section, [name for name, keys in sections.items() if keys is None], n=1)
    return [f"{close[0]}.{key}"] if close and key else []


def _check_comparison(
    value: dict[str, Any], path: Path, vocabularies: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    op = value.get("op")
    if not isinstance(op, str):
        return
    if op not in OPS:
        yield (*path, "op"), unknown("operator", op, OPS)
        return
    given = value.get("value")
    message = _value_problem(op, given)
    if message:
        yield (*path, "value"), message
        return
    known = vocabularies.get(str(value.get("field")))
    if known is None or op not in _WORD_OPS:
        return
    for number, word in enumerate(given if isinstance(given, list) else [given]):
        if not isinstance(word, str) or word not in known:
            where = (*path, "value", number) if isinstance(given, list) else (*path, "value")
            yield where, f'"{word}" never occurs in {value["field"]}{suggest(word, known)}'


def _value_problem(op: str, given: Any) -> str | None:
    if op in PRESENCE_OPS:
        return f"{op} takes no value" if given is not None else None
    if given is None:
        return f"is required by {op}"
    if op in LIST_OPS:
        return _list_problem(op, given)
    if isinstance(given, list):
        return f"{op} takes one value, not a list"
    if op in NUMERIC_OPS and (isinstance(given, bool) or not isinstance(given, int | float)):
        return f"{op} takes a number"
    if op in TEXT_OPS and not (isinstance(given, str) and given):
        return f"{op} takes text"
    return None


def _list_problem(op: str, given: Any) -> str | None:
    if not isinstance(given, list) or not given:
        return f"{op} takes a list that is not empty"
    is_phrases = op in ("matches_any", "mentions_any")
    if is_phrases and not all(isinstance(word, str) and word.strip("* ") for word in given):
        return f"{op} takes a list of text"
    return None


_WORD_OPS: Final = EQUALITY_OPS | {"in", "not_in"}
_ALL_SECTIONS: Final = FIT_FIELDS.keys() | ENGAGEMENT_FIELDS.keys() | LIFECYCLE_FIELDS.keys() | SYNC_FIELDS.keys()
VOCABULARIES: Final[Mapping[str, frozenset[str]]] = {
    "signal.kind": SIGNAL_KINDS,
    "signal.evidence": frozenset(EVIDENCE_WORDS.values()),
    "score.grade": GRADES,
}
