"""Which fields a condition may read, by where the condition stands. A table, so that it can be shown and checked."""

from typing import Final

PROFILE_FIELDS: Final = frozenset({"email", "phone", "name", "first_name", "last_name", "title", "country", "company"})
"""What the normaliser keeps of a person. A rule about anything else could never hold."""
ANY: Final[frozenset[str] | None] = None
"""Names that people outside choose: questions of a form, properties of an event."""

PERSON: Final = {
    "profile": PROFILE_FIELDS,
    "company": frozenset({"id", "name", "domain"}),
    "answers": ANY,
}
SIGNAL: Final = {
    "signal": frozenset({"kind", "source", "channel", "evidence"}),
    "attributes": ANY,
}
CAMPAIGN: Final = {"utm": frozenset({"source", "medium", "campaign", "term", "content"})}
STANDING: Final = {
    "score": frozenset({"total", "fit", "engagement", "grade"}),
    "stage": frozenset({"id"}),
}

Sections = dict[str, frozenset[str] | None]

FIT_FIELDS: Final[Sections] = {**PERSON, "known": frozenset()}
"""Fit reads the person as known now, whatever the order of signals was."""
ENGAGEMENT_FIELDS: Final[Sections] = {**SIGNAL, **CAMPAIGN, "answers": ANY}
"""Engagement reads one signal and nothing else: that is what makes its counters commute."""
LIFECYCLE_FIELDS: Final[Sections] = {**PERSON, **SIGNAL, **STANDING, "known": frozenset()}
"""A guard reads the person, the standing after the decision, and the latest signal."""

SYNC_FIELDS: Final[Sections] = {
    **PERSON,
    **STANDING,
    "known": frozenset(),
    "consent": ANY,
    "handover": frozenset({"state"}),
}
"""Who gets a record where, and whose lead it is: the person, the standing, what is allowed, the hand-over."""


def is_allowed(field: str, sections: Sections) -> bool:
    """Whether a condition in this place may read the field."""
    section, _, key = field.partition(".")
    if section not in sections:
        return False
    keys = sections[section]
    return bool(key) if keys is None else (key in keys if keys else not key)


def valid_fields(sections: Sections) -> list[str]:
    """Every allowed field, open sections as ``answers.*``."""
    names: list[str] = []
    for section, keys in sections.items():
        names += [f"{section}.*"] if keys is None else [f"{section}.{key}" for key in sorted(keys)] or [section]
    return sorted(names)
