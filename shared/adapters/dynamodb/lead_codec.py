"""Heads and history rows as compact JSON documents. Field names here are the stored format: never rename one.

Records become arrays in the order of their fields; fields that hold their default are left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.company.model import CompanyLink
from shared.domain.consent.model import ConsentRegister
from shared.domain.identity.model import Attachment, Identifier, Stamp
from shared.domain.lead.decision import HistoryRow, ScorePoint, StageChange
from shared.domain.lead.model import FieldValue, Lead
from shared.domain.lead.opportunity import Opportunity
from shared.domain.lifecycle.model import Handover, StageState
from shared.domain.scoring.model import Counter, ScoreLine
from shared.domain.touchpoint.model import Touchpoint, TouchRef

Document = dict[str, Any]

_PLAIN: Final = (
    ("lead_id", "i", None),
    ("version", "v", 0),
    ("created_at", "c", 0),
    ("updated_at", "u", 0),
    ("last_signal_at", "l", 0),
    ("merged_into", "m", None),
    ("subject_ref", "r", ""),
    ("touch_count", "T", 0),
    ("score_total", "S", 0),
    ("score_grade", "G", ""),
    ("seen_bucket", "b", 0),
    ("seen_count", "B", 0),
    ("fit_version", "P", ""),
)
"""Attribute, stored name, default."""

_FIRST_STAGE: Final = StageState()

_TOUCHPOINT: Final = (
    "signal_id", "kind", "occurred_at", "recorded_at", "source", "channel", "evidence",
    "vendor_id", "attributes", "answers", "utm", "flags", "archive_key",
)  # fmt: skip
"""The order of a stored touchpoint. Add at the end only."""

_TOUCHPOINT_DEFAULTS: Final[tuple[Any, ...]] = ("", (), {}, {}, {}, None)
"""Defaults of the optional fields, from the last one on."""


def encode_lead(lead: Lead) -> Document:
    """A head as a document."""
    document: Document = {}
    for attribute, name, default in _PLAIN:
        value = getattr(lead, attribute)
        if value != default:
            document[name] = value
    if lead.verified:
        document["V"] = 1
    optional = (
        ("M", lead.members),
        ("F", lead.fit_rules),
        ("s", lead.separate),
        ("I", [[*identifier, *stamp] for identifier, stamp in lead.identifiers.items()]),
        ("p", _fields(lead.profile)),
        ("n", _fields(lead.answers)),
        ("o", lead.company),
        ("k", lead.consents),
        ("t", lead.contact_points),
        ("q", lead.counters),
        ("f", lead.first_touch),
        ("L", lead.last_touch),
        ("O", {key: [*found.stamp, *found[1:]] for key, found in lead.opportunities.items()}),
    )
    for name, value in optional:
        if value:
            document[name] = value
    if lead.attachment:
        document["a"] = [*lead.attachment.parent, *lead.attachment[1:]]
    if lead.stage != _FIRST_STAGE:
        stage = lead.stage
        document["g"] = [stage.id, stage.since, stage.reason, stage.policy_version, stage.entered]
    if lead.handover:
        document["h"] = _handover_row(lead.handover)
    return document


def decode_lead(document: Mapping[str, Any]) -> Lead:
    """The head in a document."""
    get = document.get
    return Lead(
        **{attribute: get(name, default) for attribute, name, default in _PLAIN},
        verified="V" in document,
        attachment=_attachment(get("a")),
        members=tuple(get("M", ())),
        fit_rules=tuple(get("F", ())),
        separate=tuple(get("s", ())),
        identifiers={Identifier(row[0], row[1]): Stamp(row[2], row[3], row[4]) for row in get("I", ())},
        profile=_field_values(get("p", {})),
        answers=_field_values(get("n", {})),
        company=CompanyLink(*document["o"]) if "o" in document else None,
        consents={key: ConsentRegister(*row) for key, row in get("k", {}).items()},
        contact_points=get("t", {}),
        counters={rule: _counter(row) for rule, row in get("q", {}).items()},
        first_touch=TouchRef(*document["f"]) if "f" in document else None,
        last_touch=TouchRef(*document["L"]) if "L" in document else None,
        stage=StageState(*document["g"]) if "g" in document else _FIRST_STAGE,
        handover=Handover(*document["h"]) if "h" in document else None,
        opportunities={key: Opportunity(Stamp(row[0], row[1], row[2]), *row[3:]) for key, row in get("O", {}).items()},
    )


def encode_history(row: HistoryRow) -> Document:
    """A history row as a document; lead and version are in its key."""
    document: Document = {"r": row.recorded_at}
    if row.touchpoints:
        document["t"] = [touchpoint_row(touchpoint) for touchpoint in row.touchpoints]
    if row.score:
        document["s"] = row.score
    if row.stages:
        document["g"] = row.stages
    if row.notes:
        document["n"] = [dict(note) for note in row.notes]
    return document


def decode_history(lead_id: str, version: int, document: Mapping[str, Any]) -> HistoryRow:
    """The history row in a document."""
    return HistoryRow(
        lead_id=lead_id,
        version=version,
        recorded_at=document["r"],
        touchpoints=tuple(touchpoint_of(row) for row in document.get("t", ())),
        score=_score(document.get("s")),
        stages=tuple(StageChange(*row) for row in document.get("g", ())),
        notes=tuple(document.get("n", ())),
    )


def _handover_row(handover: Handover) -> list[Any]:
    """In the order of its fields; what nobody has said yet is left out at the end, as version 1 wrote it."""
    row = [
        handover.state, handover.requested_at, handover.due, handover.owner, handover.reason,
        handover.answered_at, handover.heard_at, handover.owned_at,
    ]  # fmt: skip
    return row if any(row[5:]) else row[:5]


def _fields(fields: Mapping[str, FieldValue]) -> Document:
    return {name: [*field.stamp, field.value, field.source] for name, field in fields.items()}


def _field_values(rows: Mapping[str, Any]) -> dict[str, FieldValue]:
    return {name: FieldValue(Stamp(row[0], row[1], row[2]), row[3], row[4]) for name, row in rows.items()}


def _attachment(row: Any) -> Attachment | None:
    return Attachment(Identifier(row[0], row[1]), row[2], row[3], row[4]) if row else None


def _counter(row: Any) -> Counter:
    return Counter(row[0], row[1], row[2], tuple((at, signal_id) for at, signal_id in row[3]))


def _score(row: Any) -> ScorePoint | None:
    if not row:
        return None
    at, total, fit, engagement, grade, lines, policy_version = row
    decoded = tuple(ScoreLine(rule, version, points, hits, tuple(ids)) for rule, version, points, hits, ids in lines)
    return ScorePoint(at, total, fit, engagement, grade, decoded, policy_version)


def touchpoint_row(touchpoint: Touchpoint) -> list[Any]:
    """A touchpoint as an array in the order of its fields; what is empty at the end is left out."""
    row: list[Any] = [getattr(touchpoint, name) for name in _TOUCHPOINT]
    for default in _TOUCHPOINT_DEFAULTS:
        if row[-1] != default:
            break
        row.pop()
    return row


def touchpoint_of(row: Any) -> Touchpoint:
    """The touchpoint in an array."""
    values = dict(zip(_TOUCHPOINT, row, strict=False))
    if "flags" in values:
        values["flags"] = tuple(values["flags"])
    return Touchpoint(**values)
