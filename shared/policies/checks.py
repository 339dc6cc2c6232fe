"""What belongs together within a policy file and across them. Works on raw values, so that one run finds everything.

Each check yields (path, message) and copes with values of any shape: shape itself is checked in shape.py.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeGuard

from shared.contracts.intake import SIGNAL_KINDS
from shared.domain.lifecycle.model import ANONYMOUS
from shared.policies.condition_checks import VOCABULARIES, Finding, check_condition
from shared.policies.models import SCHEMES, vendors
from shared.policies.problems import Path, unknown
from shared.policies.sections import ENGAGEMENT_FIELDS, FIT_FIELDS, LIFECYCLE_FIELDS

Raw = Mapping[str, Any]

RU_METADATA: Final = (
    "operator_name", "operator_address", "purpose", "data", "actions", "processors", "term", "withdrawal",
)  # fmt: skip
"""FZ-152 art. 9(4), taken as the superset of what a written consent has to hold."""

_ADVERTISING: Final = re.compile(
    r"\b(?:newsletter|marketing|advertis|promotion|special offer|reklam|ofert[ay] handlow|реклам|рассыл|акци[йия]\b)",
    re.IGNORECASE,
)
_OTHER_DOCUMENTS: Final = re.compile(
    r"\b(?:privacy policy|terms of (?:service|use)|terms and conditions|polityk[aęi] prywatności|regulamin|"
    r"политик\w+ (?:конфиденциальности|обработки)|публичн\w+ оферт|договор\w* оферт|пользовательск\w+ соглашени)",
    re.IGNORECASE,
)


def check_scoring(data: Raw) -> Iterator[Finding]:
    """Unique ids, bands that fall, and for every rule what its category allows."""
    yield from duplicates(records(data, "rules"), "id")
    for axis, names in (("fit_bands", ("A", "B", "C")), ("engagement_bands", ("1", "2", "3"))):
        yield from _falling(data.get(axis), (axis,), names)
    for path, rule in records(data, "rules"):
        yield from _check_rule(rule, path)


def _falling(bands: Any, path: Path, names: tuple[str, ...]) -> Iterator[Finding]:
    values = [bands.get(name) for name in names] if isinstance(bands, dict) else []
    for number in range(1, len(values)):
        higher, lower = values[number - 1], values[number]
        if is_number(higher) and is_number(lower) and lower >= higher:
            yield (*path, names[number]), f"must be below band {names[number - 1]} ({higher})"


def _check_rule(rule: Raw, path: Path) -> Iterator[Finding]:
    is_fit = rule.get("category") == "fit"
    if rule.get("points") == 0:
        yield (*path, "points"), "must not be 0: the rule would never count"
    if is_fit:
        for name, why in (
            ("kinds", "read the person, not signals"),
            ("half_life_days", "do not decay"),
            ("cap", "count once, so they need no cap"),
        ):
            if rule.get(name):
                yield (*path, name), f"is for engagement only: fit rules {why}"
    elif rule.get("category") == "engagement":
        yield from _check_engagement(rule, path)
    yield from check_condition(
        rule.get("when"),
        (*path, "when"),
        place="a fit rule" if is_fit else "an engagement rule",
        sections=FIT_FIELDS if is_fit else ENGAGEMENT_FIELDS,
        vocabularies=VOCABULARIES,
    )


def _check_engagement(rule: Raw, path: Path) -> Iterator[Finding]:
    kinds = rule.get("kinds")
    if not kinds:
        yield (*path, "kinds"), "is required: an engagement rule names the signals that trigger it"
    for number, kind in enumerate(kinds if isinstance(kinds, list) else []):
        if isinstance(kind, str) and kind not in SIGNAL_KINDS:
            yield (*path, "kinds", number), unknown("signal kind", kind, SIGNAL_KINDS)
    cap, points = rule.get("cap"), rule.get("points")
    if is_number(cap) and is_number(points) and 0 < cap < abs(points):
        yield (*path, "cap"), f"is below the {abs(points)} points of a single hit, which would never count in full"


def check_lifecycle(data: Raw) -> Iterator[Finding]:
    """Stages in ascending order, known words in guards, and a hand-over stage that exists."""
    stages = list(records(data, "stages"))
    yield from duplicates(stages, "id")
    ids = frozenset(stage["id"] for _, stage in stages if isinstance(stage.get("id"), str))
    previous: float = 0
    for path, stage in stages:
        if stage.get("id") == ANONYMOUS:
            yield (*path, "id"), f'"{ANONYMOUS}" is the state before the first stage and is not written down'
        order = stage.get("order")
        if is_number(order):
            if order <= previous:
                yield (*path, "order"), f"must be above {previous}: stages are written in the order they are entered"
            previous = max(previous, order)
        words = {**VOCABULARIES, "stage.id": ids | {ANONYMOUS}}
        yield from check_condition(
            stage.get("enter"), (*path, "enter"), place="a guard", sections=LIFECYCLE_FIELDS, vocabularies=words
        )
    handover = data.get("handover")
    stage_id = handover.get("stage") if isinstance(handover, dict) else None
    if isinstance(stage_id, str) and stage_id not in ids:
        yield ("handover", "stage"), unknown("stage", stage_id, ids)


def check_consent(data: Raw) -> Iterator[Finding]:
    """One text, one purpose, nothing mixed in, nothing ticked in advance, everything said that the regime demands."""
    texts = list(records(data, "texts"))
    yield from duplicates(texts, "id")
    yield from duplicates(list(records(data, "purposes")), "id")
    families = {str(p.get("id")): str(p.get("family")) for _, p in records(data, "purposes")}
    controllers = group(data.get("controllers"))
    wordings: dict[str, tuple[Any, Any]] = {}
    for path, text in texts:
        purpose, controller = text.get("purpose"), text.get("controller")
        if isinstance(purpose, str) and purpose not in families:
            yield (*path, "purpose"), unknown("purpose", purpose, families)
        if isinstance(controller, str) and controller not in controllers:
            yield (*path, "controller"), unknown("controller", controller, controllers)
        if text.get("default") is True:
            yield (*path, "default"), "a consent may not be ticked in advance; leave it out"
        yield from _check_wording(text, path, families.get(purpose) if isinstance(purpose, str) else None, wordings)
        yield from _check_metadata(text, path)


def _check_wording(
    text: Raw, path: Path, family: str | None, wordings: dict[str, tuple[Any, Any]]
) -> Iterator[Finding]:
    wording = text.get("text")
    if not isinstance(wording, str):
        return
    where = (*path, "text")
    other = wordings.setdefault(" ".join(wording.split()), (text.get("id"), text.get("purpose")))
    if other[1] != text.get("purpose"):
        yield where, f'is also the text of "{other[0]}" for another purpose: one text, one purpose'
    if family is not None and family != "advertising" and (found := _ADVERTISING.search(wording)):
        yield (
            where,
            f'mixes advertising ("{found.group()}") into a consent to {text.get("purpose")}: one text, one purpose',
        )
    if found := _OTHER_DOCUMENTS.search(wording):
        yield where, f'mixes in another document ("{found.group()}"): a consent stands apart from offers and policies'


def _check_metadata(text: Raw, path: Path) -> Iterator[Finding]:
    regimes = text.get("regimes")
    if not isinstance(regimes, list) or "ru" not in regimes:
        return
    metadata = group(text.get("metadata"))
    for name in RU_METADATA:
        if not metadata.get(name):
            yield (*path, "metadata", name), "is required for regime ru (FZ-152 art. 9(4))"


def check_sources(data: Raw, consent: Raw) -> Iterator[Finding]:
    """Known vendors and schemes, honest evidence, and bindings to purposes and texts that exist."""
    sources = data.get("sources")
    for name, source in sources.items() if isinstance(sources, dict) else []:
        if isinstance(source, dict):
            path: Path = ("sources", name)
            yield from _check_words(source, path)
            yield from _check_bindings(source, path, consent)


def _check_words(source: Raw, path: Path) -> Iterator[Finding]:
    for field, words in (("vendor", vendors()), ("scheme", SCHEMES)):
        word = source.get(field)
        if isinstance(word, str) and word not in words:
            yield (*path, field), unknown(field, word, words)
    if source.get("scheme") == "write_key" and source.get("evidence", "verified") != "claimed":
        yield (*path, "evidence"), "must be claimed: a write key is public, so it verifies nothing"


def _check_bindings(source: Raw, path: Path, consent: Raw) -> Iterator[Finding]:
    purposes = [str(p.get("id")) for _, p in records(consent, "purposes")]
    purpose_of_text = {str(t.get("id")): t.get("purpose") for _, t in records(consent, "texts")}
    bindings = source.get("consents")
    for field, binding in bindings.items() if isinstance(bindings, dict) else []:
        if not isinstance(binding, dict):
            continue
        where = (*path, "consents", field)
        purpose, text_id = binding.get("purpose"), binding.get("text_id")
        if isinstance(purpose, str) and purpose not in purposes:
            yield (*where, "purpose"), unknown("purpose", purpose, purposes)
        if not isinstance(text_id, str):
            continue
        if text_id not in purpose_of_text:
            yield (*where, "text_id"), unknown("text", text_id, purpose_of_text)
        elif purpose_of_text[text_id] != purpose:
            yield (*where, "text_id"), f"is a text for {purpose_of_text[text_id]}, not for {purpose}"


def group(value: object) -> Raw:
    """A group of named values, or an empty one."""
    return value if isinstance(value, dict) else {}


def records(data: Raw, name: str) -> Iterator[tuple[Path, Raw]]:
    """The groups in a list, each with its path."""
    values = data.get(name)
    for number, value in enumerate(values if isinstance(values, list) else []):
        if isinstance(value, dict):
            yield (name, number), value


def duplicates(groups: Iterable[tuple[Path, Raw]], key: str) -> Iterator[Finding]:
    """Every value of a key that stood in an earlier group."""
    seen: set[str] = set()
    for path, record in groups:
        value = record.get(key)
        if isinstance(value, str):
            if value in seen:
                yield (*path, key), f'"{value}" is used twice'
            seen.add(value)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
