"""What a submission says about consent, per purpose. Only what was said: silence is no statement, a tick is no advert.

Three ways: ``consents`` by purpose (``{"ad.email": true}``, ``consent.ad.email=yes``), a field that the source binds to
a purpose and a text, a check box that everybody calls consent (then: ``processing`` only).
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.intake.text import fold
from shared.domain.intake.vocabulary import AGREEING, PROCESSING_KEYS, TRUTH

PREFIXES = ("consent.", "consents.", "consent_", "consents_")


def read_truth(value: object) -> bool | None:
    """Yes, no, or nothing that can be understood."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return next((truth for truth in map(read_truth, value) if truth is not None), None)
    if not isinstance(value, (str, int)):
        return None
    word = fold(str(value)[:200])
    return True if word.startswith(AGREEING) else TRUTH.get(word)


def read_consents(
    values: Mapping[str, Any], bound: Mapping[str, Mapping[str, str]], *, unbound: bool = True
) -> tuple[dict[str, bool], set[str]]:
    """Statements by purpose in one object, and the keys they came from.

    ``bound`` maps a field's name to ``{"purpose": …, "text_id": …}``. Where two fields speak of one purpose, no wins.
    """
    said: dict[str, bool] = {}
    used: set[str] = set()
    bindings = {fold(key): binding["purpose"] for key, binding in bound.items() if binding.get("purpose")}
    for key, value in values.items():
        for purpose, truth in _statements(key, value, bindings, unbound=unbound):
            used.add(key)
            if truth is not None:
                said[purpose] = truth and said.get(purpose, True)
    return said, used


def _statements(
    key: str, value: object, bindings: Mapping[str, str], *, unbound: bool
) -> list[tuple[str, bool | None]]:
    folded = fold(key)
    if folded in bindings:
        return [(bindings[folded], _ticked(value))]
    if key in ("consents", "consent") and isinstance(value, dict):
        return [(purpose, read_truth(truth)) for purpose, truth in _flat(value).items()]
    for prefix in PREFIXES[:2]:
        if key.lower().startswith(prefix):
            return [(key[len(prefix) :], read_truth(value))]
    if unbound and folded in PROCESSING_KEYS:
        return [("processing", read_truth(value))]
    return []


def _ticked(value: object) -> bool | None:
    """A bound box says yes with any text of its own (``I want news``), no with a no, nothing when it is empty."""
    truth = read_truth(value)
    if truth is None and isinstance(value, (str, list)) and value:
        return True
    return truth


def _flat(values: Mapping[str, Any], prefix: str = "", depth: int = 3) -> dict[str, Any]:
    """``{"ad": {"email": true}}`` and ``{"ad.email": true}`` are the same."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and depth:
            found.update(_flat(value, f"{prefix}{key}.", depth - 1))
        else:
            found[f"{prefix}{key}"] = value
    return found
