"""A row of a file as an item of POST /in/json: one id, one time, nested values. Decides nothing about people."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.app.import_rows import item_bytes
from shared.domain.intake.mail_events import is_mail_event
from shared.domain.intake.text import fold
from shared.domain.intake.track import is_track_event
from shared.domain.intake.vocabulary import SPECIFIC_IDS, SYNONYMS

NESTED: Final = ("answers", "properties", "traits", "context", "utm")
"""Objects that a column's name may reach into: ``answers.budget``, ``properties.url``."""

_NAMES_A_LEAD: Final = frozenset(map(fold, ("lead_id", "facebook_lead_id", "leadgen_id")))
"""Ids of a row that stands for a lead; in a row that is an event they say whose it is, which many events share."""

_IDS: Final = (*(name for name in SPECIFIC_IDS if name not in _NAMES_A_LEAD), "id", *sorted(_NAMES_A_LEAD))
_TIMES: Final = frozenset(name for name, meaning in SYNONYMS.items() if meaning == "occurred_at")
_SLASHED: Final = re.compile(r"\s*(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaping:
    """What the operator says about a file.

    ``renamed``: column → field of POST /in/json. ``id_prefix`` keeps ids apart that another file used for something
    else. ``day_first``: 03/04/2026 is the third of April. ``occurred_at``: the time of rows that have none.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    id_prefix: str = ""
    day_first: bool = False
    occurred_at: str = ""


def item_of(values: Mapping[str, Any], shaping: Shaping) -> dict[str, Any]:
    """The item of a row. The same row always gets the same id: its own, else one of its content."""
    item = _nested({shaping.renamed.get(name, name): value for name, value in values.items()})
    when = [name for name in item if fold(name) in _TIMES]
    if shaping.day_first:
        item |= {name: _day_first(item[name]) for name in when}
    track, mail = is_track_event(item), is_mail_event(item)
    if shaping.occurred_at and not any(str(item[name] or "").strip() for name in when):
        item["timestamp" if track or mail else "occurred_at"] = shaping.occurred_at
    own = _take_id(item, "messageId" if track else "sg_event_id" if mail else "")
    chosen = own or f"row-{hashlib.sha256(item_bytes(dict(sorted(values.items())))).hexdigest()[:32]}"
    item["messageId" if track else "sg_event_id" if mail else "id"] = f"{shaping.id_prefix}{chosen}"
    return item


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """``properties.url`` as ``{"properties": {"url": …}}``; other names keep their dots."""
    item: dict[str, Any] = {}
    for name, value in values.items():
        outer, *inner = name.split(".")
        if not inner or outer.lower() not in NESTED or not all(inner):
            item[name] = value
            continue
        held = item
        for step in (outer.lower(), *inner[:-1]):
            below = held.get(step)
            held[step] = below = below if isinstance(below, dict) else {}
            held = below
        held[inner[-1]] = value
    return item


def _day_first(value: object) -> object:
    """With dots: that is how every reader of dates tells the order."""
    return _SLASHED.sub(r"\1.\2.\3", value, count=1) if isinstance(value, str) else value


def _take_id(item: dict[str, Any], preferred: str) -> str:
    """Remove every id of the row and return the best one. ``preferred`` is the id's name where the row is an event."""
    named = {key: fold(key) for key in item if key == preferred or fold(key) in _IDS}
    an_event = bool(preferred or item.get("kind"))
    ranked = sorted(named, key=lambda key: -1 if key == preferred else _IDS.index(named[key]))
    texts = [_text(item.pop(key)) for key in ranked if not (an_event and named[key] in _NAMES_A_LEAD)]
    for key in named.keys() & item.keys():
        del item[key]
    return next(filter(None, texts), "")


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
