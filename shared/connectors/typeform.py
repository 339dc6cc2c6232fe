"""Typeform webhooks (form_response). Reads answers by their type and their field's ref; never guesses from a title.

https://www.typeform.com/developers/webhooks/example-payload/ . Retries carry the same ``form_response.token``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.contracts.intake import InboundRequest, Rejected, Submission
from shared.domain.intake.campaign import utm_of_pairs
from shared.domain.intake.consents import read_consents
from shared.domain.intake.fields import joined, scalar
from shared.domain.intake.payload import read_payload
from shared.domain.intake.problem import Problem
from shared.domain.intake.text import fold
from shared.domain.intake.vocabulary import SYNONYMS

_BY_TYPE: Final = {"email": "email", "phone_number": "phone"}
_BY_NAME: Final = frozenset({"name", "first_name", "last_name", "company", "title", "country", "phone", "email"})
_VALUE_KEYS: Final = (
    "text",
    "email",
    "phone_number",
    "url",
    "file_url",
    "number",
    "boolean",
    "date",
    "choice",
    "choices",
)
_TRACKED: Final = ("anonymous_id", "ajs_anonymous_id")


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:
    """One form response. ``options["fields"]`` maps a field's id or ref to a name of ours (``name``, ``company`` …)."""
    payload = read_payload(request.body, request.headers)
    response = payload.object.get("form_response")
    if not isinstance(response, Mapping):
        if payload.object.get("event_type"):
            return []  # an event we did not ask for (form_response_partial …)
        raise Problem("INTAKE.MALFORMED_EVENT", status=400, detail="The body has no form_response.")
    return [_submission(response, payload.object, options, payload.flags)]


def _submission(
    response: Mapping[str, Any], event: Mapping[str, Any], options: Mapping[str, Any], flags: tuple[str, ...]
) -> Submission:
    titles = {field.get("id"): field for field in _objects(_object(response.get("definition")).get("fields"))}
    answers = [(_names(answer, titles), answer) for answer in _objects(response.get("answers"))]
    found = dict(_person(answers, options.get("fields") or {}))
    bound = options.get("consents") or {}
    consents, texts = _consents(answers, bound)
    hidden = _object(response.get("hidden"))
    definition = _object(response.get("definition"))
    return Submission(
        kind="form_submitted",
        vendor_id=scalar(response.get("token")) or scalar(event.get("event_id")),
        occurred_at=scalar(response.get("submitted_at")) or scalar(response.get("landed_at")),
        utm=utm_of_pairs(hidden.items()),
        anonymous_id=next((value for key in _TRACKED if (value := scalar(hidden.get(key)))), None),
        consents=consents,
        consent_text="\n".join(texts) or None,
        answers=dict(_answers(answers, hidden)),
        attributes={
            key: value
            for key, value in (
                ("form_id", scalar(response.get("form_id"))),
                ("form_name", scalar(definition.get("title"))),
                ("score", _object(response.get("calculated")).get("score")),
            )
            if value is not None
        },
        flags=flags,
        **found,
    )


def _person(answers: list[tuple[list[str], Mapping[str, Any]]], mapped: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for names, answer in answers:
        bound = next((mapped[name] for name in names if name in mapped), None)
        named = next((SYNONYMS[fold(name)] for name in names[1:] if SYNONYMS.get(fold(name)) in _BY_NAME), None)
        field = bound or _BY_TYPE.get(str(answer.get("type"))) or named
        value = joined(_value(answer))
        if field and value and field not in seen:
            seen.add(field)
            yield field, value


def _names(answer: Mapping[str, Any], definitions: Mapping[Any, Mapping[str, Any]]) -> list[str]:
    """What a question goes by: id, ref, title."""
    field = _object(answer.get("field"))
    definition = definitions.get(field.get("id"), {})
    return [str(name) for name in (field.get("id"), field.get("ref"), definition.get("title")) if name]


def _value(answer: Mapping[str, Any]) -> object:
    value = answer.get(str(answer.get("type")))
    if value is None:
        value = next((answer[key] for key in _VALUE_KEYS if key in answer), None)
    if isinstance(value, Mapping):
        labels = value.get("labels") or value.get("label")
        other = value.get("other")
        return [*labels, other] if isinstance(labels, list) and other else labels or other or value.get("amount")
    return value


def _consents(
    answers: list[tuple[list[str], Mapping[str, Any]]], bound: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, bool], list[str]]:
    """Legal and yes/no questions speak of consent only when the source binds them, by id, ref or title."""
    said: dict[str, bool] = {}
    texts: list[str] = []
    for names, answer in answers:
        values = {name: _value(answer) for name in names if name in bound}
        found, _ = read_consents(values, bound, unbound=False)
        if found:
            said |= {purpose: truth and said.get(purpose, True) for purpose, truth in found.items()}
            texts.append(names[-1])
    return said, texts


def _answers(
    answers: list[tuple[list[str], Mapping[str, Any]]], hidden: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for names, answer in answers:
        value = joined(_value(answer))
        if value and str(answer.get("type")) not in _BY_TYPE and names:
            yield names[-1], value
    for key, given in hidden.items():
        text = joined(given)
        if text and not key.lower().startswith("utm_") and key not in _TRACKED:
            yield key, text


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
