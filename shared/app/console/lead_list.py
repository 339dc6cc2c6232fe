"""What a list of leads shows of its question: fields to fill in, chips to take off, addresses to share."""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

from pydantic import ValidationError

from shared.app.console import times, words
from shared.contracts import api
from shared.domain.touchpoint.channel import RULES, UNASSIGNED

ADDRESS: Final = "/console/leads"

LABELS: Final = {
    "stage": "Stage",
    "grade": "Grade",
    "handover": "Hand-over",
    "channel": "Channel of the first touch",
    "campaign": "Campaign of the first touch",
    "owner": "Owner in sales",
    "consent": "Agreed to",
    "company": "Company",
    "from": "First touch from",
    "to": "First touch until",
}
"""Every part of a filter, in the order of the form."""

_GRADES: Final = {
    **{letter: f"{letter} (all)" for letter in "ABCD"},
    **{f"{letter}{number}": f"{letter}{number}" for letter in "ABCD" for number in range(1, 5)},
}
_CHANNELS: Final = {name: name for name in (*dict.fromkeys(name for name, _ in RULES), UNASSIGNED)}


class Field(NamedTuple):
    """A field of the form. ``choices`` is empty where people type."""

    name: str
    label: str
    kind: str
    value: str
    choices: Mapping[str, str]
    hint: str = ""


class Chip(NamedTuple):
    """A part of the filter that holds, and the list without it."""

    name: str
    label: str
    value: str
    without: str


def given(form: Mapping[str, str]) -> dict[str, str]:
    """The parts of a filter that somebody filled in, as they are."""
    return {name: value for name in LABELS if (value := form.get(name, "").strip())}


def read_filters(parts: Mapping[str, str]) -> tuple[api.LeadFilters, str]:
    """The filter of some parts; else an empty one and what is wrong, without repeating it."""
    try:
        return api.LeadFilters.model_validate(dict(parts)), ""
    except ValidationError as error:
        flaws = error.errors(include_input=False, include_url=False, include_context=False)
        wrong = dict.fromkeys(LABELS.get(str(flaw["loc"][0]), "") if flaw["loc"] else "" for flaw in flaws)
        named = ", ".join(label for label in wrong if label)
        said = f"This cannot be asked for: {named}." if named else "The first day is later than the last."
        return api.LeadFilters(), said


def fields(parts: Mapping[str, str], owners: Mapping[str, str]) -> list[Field]:
    """The form, filled in. ``owners`` are names by id; without any, an id is typed."""
    names = dict(sorted(owners.items(), key=lambda owner: (owner[1].casefold(), owner[0])))
    known: dict[str, Mapping[str, str]] = {
        "stage": words.STAGES,
        "grade": _GRADES,
        "handover": {key: name for key, (name, _) in words.HANDOVERS.items()},
        "channel": _CHANNELS,
        "owner": names,
        "consent": words.PURPOSES,
    }
    hints = {"campaign": "the whole name", "company": "part of the domain", "owner": "id in the CRM"}
    return [_field(name, parts.get(name, ""), known.get(name, {}), hints.get(name, "")) for name in LABELS]


def _field(name: str, value: str, known: Mapping[str, str], hint: str) -> Field:
    kind = "date" if name in ("from", "to") else "choice" if known else "text"
    # What came with an address and is not among the choices is a choice, too: else it would be lost on the next search.
    choices = {**known, value: value} if known and value and value not in known else known
    return Field(name, LABELS[name], kind, value, choices, hint)


def chips(asked: api.LeadFilters, owners: Mapping[str, str]) -> list[Chip]:
    """The parts that hold, each with the list without it."""
    parts = asked.given()
    return [
        Chip(name, label, told(name, parts[name], owners), address({key: parts[key] for key in parts if key != name}))
        for name, label in LABELS.items()
        if name in parts
    ]


def told(name: str, value: str, owners: Mapping[str, str]) -> str:
    """A part of a filter in plain words."""
    known: dict[str, Mapping[str, str]] = {
        "stage": words.STAGES,
        "handover": {key: words.HANDOVERS[key][0] for key in words.HANDOVERS},
        "owner": owners,
        "consent": words.PURPOSES,
    }
    if name in ("from", "to"):
        return times.date_of(value)
    return known.get(name, {}).get(value, value)


def address(parts: Mapping[str, str]) -> str:
    """Where the list of a filter is; nothing in it is personal data."""
    query = urlencode({name: parts[name] for name in LABELS if name in parts})
    return f"{ADDRESS}?{query}" if query else ADDRESS
