"""Links, verdicts and cycles as compact JSON documents. Field names here are the stored format: never rename one.

Records become arrays in the order of their fields; what holds its default is left out.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from shared.domain.sync.model import LINKED, FieldState, Link, Verdict
from shared.ports.sync import Cycle

Document = dict[str, Any]

RECENT_BYTES: Final = 150_000
"""So much of ``Cycle.recent`` is kept. What is forgotten is handed on once more, which changes nothing."""

_LINK: Final[tuple[tuple[str, str, Any], ...]] = (
    ("object", "o", ""),
    ("lead_id", "l", ""),
    ("state", "s", LINKED),
    ("parked", "p", {}),
    ("references", "r", {}),
    ("stamp", "t", 0),
    ("read_at", "a", 0),
    ("written_at", "w", 0),
    ("created_at", "c", 0),
    ("successor", "n", None),
)
"""Attribute, stored name, default. System, remote id and version are in the key and beside the document."""

_CYCLE: Final = tuple(field.name for field in fields(Cycle) if field.name not in ("recent", "paused"))
"""``paused`` has a row of its own."""

_STATE_LENGTH: Final = 5
"""Fields of a FieldState without a default."""


def encode_link(link: Link) -> Document:
    """A link as a document."""
    document = {name: value for attribute, name, default in _LINK if (value := getattr(link, attribute)) != default}
    if link.fields:
        document["f"] = {name: _state(state) for name, state in link.fields.items()}
    return document


def decode_link(system: str, remote_id: str, version: int, document: Mapping[str, Any]) -> Link:
    """The link in a document."""
    return Link(
        system=system,
        remote_id=remote_id,
        version=version,
        fields={name: FieldState(*row) for name, row in document.get("f", {}).items()},
        **{attribute: document.get(name, default) for attribute, name, default in _LINK},
    )


def encode_verdicts(verdicts: Iterable[Verdict]) -> list[list[Any]]:
    """Verdicts as a document."""
    return [list(verdict) for verdict in verdicts]


def decode_verdicts(document: Iterable[Any]) -> tuple[Verdict, ...]:
    """The verdicts in a document."""
    return tuple(Verdict(*row) for row in document)


def encode_cycle(cycle: Cycle) -> Document:
    """A cycle as a document, without ``paused`` and without more of ``recent`` than a row can hold.

    Raises:
        TypeError: the position is no plain JSON; the vendor's connector has to be mended.
    """
    document: Document = {name: getattr(cycle, name) for name in _CYCLE}
    return {**document, "position": _plain(cycle.position), "recent": _newest(cycle.recent)}


def decode_cycle(document: Mapping[str, Any], *, paused: bool) -> Cycle:
    """The cycle in a document; names this code does not know are left alone."""
    return Cycle(
        **{name: document[name] for name in _CYCLE if name in document},
        recent=dict(document.get("recent", ())),
        paused=paused,
    )


def _state(state: FieldState) -> list[Any]:
    row: list[Any] = list(state)
    if state.prior is None and not state.flips:
        del row[_STATE_LENGTH:]
    return row


def _plain(position: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(dict(position)))


def _newest(recent: Mapping[str, str]) -> list[tuple[str, str]]:
    """The entries that were added last, in their order (an array, because a JSON object promises none)."""
    kept: list[tuple[str, str]] = []
    room = RECENT_BYTES
    for entry in reversed(list(recent.items())):
        room -= len(json.dumps(entry))
        if room < 0:
            break
        kept.append(entry)
    return kept[::-1]
