"""A form post or JSON object of unknown make, read by what its fields are called. Returns raw values, in neutral words.

Refuses to guess: a value never decides what a field is. What has no known name stays an answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from shared.domain.intake.campaign import utm_of_object, utm_of_pairs, utm_of_url
from shared.domain.intake.consents import PREFIXES, read_consents
from shared.domain.intake.text import fold
from shared.domain.intake.vocabulary import CONTACT, HONEYPOTS, NOISE, SPECIFIC_IDS, SYNONYMS, WRAPPERS

Found = dict[str, Any]

MAX_ANSWERS: Final = 50
TOO_FAST_MS: Final = 2_000
"""Nobody fills a form in less."""

_LEVELS: Final = 4


def read_fields(values: Mapping[str, Any], options: Mapping[str, Any]) -> Found:
    """Keyword arguments of a Submission (without ``kind``) from one object.

    ``options`` may hold ``map`` (``data.lead``: where the person is; ``1:name,5:email`` or a mapping: what fields
    are), ``consents`` (see consents.py) and ``ids`` (names of ids to prefer).
    """
    start, renamed = _mapped(values, options.get("map"))
    scopes = list(_scopes(start))
    person = next((scope for scope in scopes if _is_about_somebody(scope, renamed)), scopes[0])
    found, used = _known(scopes, person, renamed)
    found["vendor_id"] = _vendor_id(scopes, options.get("ids", ()))
    found["utm"] = _utm(scopes, found.get("page_url"))
    found["consents"] = _consents(scopes, person, options.get("consents") or {})
    found["answers"] = _answers(person, used, start, options.get("consents") or {})
    found["attributes"] = _attributes(scopes)
    found["flags"] = _flags(scopes, found)
    return {key: value for key, value in found.items() if value not in (None, {}, ())}


def scalar(value: object) -> str | None:
    """One value as text: the first of a list, the ``value`` of an object; exact for whole numbers of any size."""
    if isinstance(value, (list, tuple)):
        return next((text for text in map(scalar, value) if text), None)
    if isinstance(value, Mapping):
        return next((text for key in ("value", "email", "number", "full") if (text := scalar(value.get(key)))), None)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value)


def named_values(items: Sequence[Any]) -> Found:
    """A list of ``{"name": …, "value(s)": …}`` (Meta, HubSpot, Google Ads, VK) as an object; the first one holds."""
    found: Found = {}
    for item in items:
        if isinstance(item, Mapping):
            name = next((item[key] for key in ("name", "key", "column_id", "field", "label") if item.get(key)), None)
            value = next((item[key] for key in ("values", "value", "answer", "string_value") if key in item), None)
            if isinstance(name, str) and value is not None:
                found.setdefault(name, value)
    return found


def _mapped(values: Mapping[str, Any], hint: object) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    if isinstance(hint, Mapping):
        return values, {fold(str(key)): str(field) for key, field in hint.items()}
    if not isinstance(hint, str) or not hint:
        return values, {}
    if ":" in hint:
        pairs = (item.partition(":") for item in hint.split(","))
        return values, {fold(key): field.strip() for key, _, field in pairs}
    node: Any = values
    for step in hint.split("."):
        node = node.get(step) if isinstance(node, Mapping) else None
    return (node if isinstance(node, Mapping) else values), {}


def _scopes(values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The object and the wrapped ones inside, outer before inner."""
    level: list[Mapping[str, Any]] = [values]
    for _ in range(_LEVELS):
        yield from level
        level = [inner for outer in level for inner in _inner(outer)]


def _inner(outer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key, value in outer.items():
        if fold(key) not in WRAPPERS:
            continue
        if isinstance(value, Mapping):
            yield value
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield named_values(value) or value[0]


def _is_about_somebody(scope: Mapping[str, Any], renamed: Mapping[str, str]) -> bool:
    names = {
        renamed.get(fold(key)) or SYNONYMS.get(fold(key)) for key, value in scope.items() if value not in (None, "")
    }
    return bool(names & {"email", "phone", "first_name", "last_name"})


def _known(
    scopes: list[Mapping[str, Any]], person: Mapping[str, Any], renamed: Mapping[str, str]
) -> tuple[Found, set[str]]:
    """Fields with known names: those of a person from one object, the others from the outermost that has them."""
    found: Found = {}
    used: set[str] = set()
    for scope in [person, *(scope for scope in scopes if scope is not person)]:
        for key, value in scope.items():
            field = renamed.get(fold(key)) or SYNONYMS.get(fold(key))
            if field is None or (field in CONTACT and scope is not person):
                continue
            if scope is person:
                used.add(key)
            _take(found, field, value)
    return found, used


def _take(found: Found, field: str, value: object) -> None:
    if field == "name" and isinstance(value, Mapping):
        _take_composed_name(found, value)
        return
    text = scalar(value)
    if not text or not text.strip():
        return
    if field in found:
        return
    found[field] = value if field == "occurred_at" and isinstance(value, (int, float)) else text
    others = [other for item in value[1:] if (other := scalar(item))] if isinstance(value, list) else []
    if others and field in ("email", "phone"):
        found[f"{field}_other"] = "; ".join(others)
    if field == "phone" and isinstance(value, int):
        found["phone_number"] = True


def _take_composed_name(found: Found, value: Mapping[str, Any]) -> None:
    for key, part in value.items():
        field = SYNONYMS.get(fold(key))
        if field in ("first_name", "last_name", "name"):
            _take(found, field, scalar(part))


def _vendor_id(scopes: list[Mapping[str, Any]], preferred: Sequence[str]) -> str | None:
    """The id of the submission: a specific name anywhere beats a bare ``id`` of the outermost object."""
    names = (*map(fold, preferred), *SPECIFIC_IDS)
    folded = [{fold(key): value for key, value in reversed([*scope.items()])} for scope in scopes]
    for name in names:
        for scope in folded:
            text = scalar(scope.get(name))
            if text and text.strip():
                return text.strip()
    return next((text.strip() for scope in folded[:3] if (text := scalar(scope.get("id"))) and text.strip()), None)


def _utm(scopes: list[Mapping[str, Any]], page_url: str | None) -> dict[str, str]:
    found = utm_of_url(page_url)
    for scope in reversed(scopes):
        nested = {fold(key): value for key, value in scope.items() if isinstance(value, Mapping)}
        found |= utm_of_object(nested.get("campaign")) | utm_of_object(nested.get("utm"))
        found |= utm_of_pairs((key, scalar(value)) for key, value in scope.items())
    return found


def _consents(
    scopes: list[Mapping[str, Any]], person: Mapping[str, Any], bound: Mapping[str, Mapping[str, str]]
) -> dict[str, bool]:
    said: dict[str, bool] = {}
    for scope in reversed(scopes):
        said |= read_consents(scope, bound, unbound=scope is person or scope is scopes[0])[0]
    return said


def _answers(
    person: Mapping[str, Any], used: set[str], root: Mapping[str, Any], bound: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """What was asked and answered: everything of the person's object that has no name of ours, and ``answers``."""
    _, consents = read_consents(person, bound)
    given = root.get("answers")
    extra = given if isinstance(given, Mapping) else named_values(given) if isinstance(given, list) else {}
    left = {key: value for key, value in person.items() if key not in used | consents and _is_answer(key)}
    found = {key: text for key, value in {**extra, **left}.items() if (text := joined(value))}
    return dict(list(found.items())[:MAX_ANSWERS])


def _is_answer(key: str) -> bool:
    folded = fold(key)
    if folded in NOISE or folded in HONEYPOTS or folded in SPECIFIC_IDS or key.startswith(("_ts_", "__")):
        return False
    return not (folded.startswith("utm") or key.lower().startswith(PREFIXES) or folded in ("formid", "formname"))


def joined(value: object) -> str | None:
    """An answer as text; several choices in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(text for item in value if (text := scalar(item))) or None
    return scalar(value)


def _attributes(scopes: list[Mapping[str, Any]]) -> Found:
    found: Found = {}
    for scope in scopes:
        for key, value in scope.items():
            name = {"formid": "form_id", "formname": "form_name", "currency": "currency", "value": "value"}.get(
                fold(key)
            )
            text = scalar(value) if name else None
            if name and text and name not in found:
                found[name] = value if isinstance(value, (int, float)) and not isinstance(value, bool) else text
    return found


def _flags(scopes: list[Mapping[str, Any]], found: Found) -> tuple[str, ...]:
    flags = []
    values = {fold(key): value for scope in reversed(scopes) for key, value in scope.items()}
    if any(scalar(values[name]) for name in HONEYPOTS & values.keys()):
        flags.append("spam:honeypot")
    loaded, submitted = (scalar(values.get(name)) or "" for name in ("tsloaded", "tssubmitted"))
    if loaded.isdigit() and submitted.isdigit() and 0 <= int(submitted[:19]) - int(loaded[:19]) < TOO_FAST_MS:
        flags.append("spam:too_fast")
    for other in ("email_other", "phone_other"):
        if other in found:
            found["answers"] = {**found["answers"], other: found.pop(other)}
    if found.pop("phone_number", False):
        flags.append("phone:number")
    return tuple(flags)
