"""History rows as the items of a timeline: exactly one per signal, newest first."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from shared.contracts import api
from shared.contracts.envelope import iso
from shared.domain.instant import Instant
from shared.domain.lead.decision import HistoryRow, StageChange
from shared.domain.touchpoint.model import Touchpoint

_OBJECTS: Final = (
    "path", "form_name", "form_id", "content", "content_id", "title", "event", "subject", "campaign", "webinar",
    "product", "order_id", "page_url",
)  # fmt: skip
"""Attributes that say what was viewed, submitted or bought, best first."""


class Entry(NamedTuple):
    """An item with its place: newest first, ties by id."""

    occurred_at: Instant
    item_id: str
    item: api.TimelineItem


def entries(rows: Iterable[HistoryRow]) -> list[Entry]:
    """All items of these rows. A signal that reached several leads of one person is shown once."""
    found: dict[str, Entry] = {}
    for row in rows:
        for entry in _of(row):
            found.setdefault(entry.item_id, entry)
    return sorted(found.values(), key=lambda entry: entry[:2], reverse=True)


def _of(row: HistoryRow) -> Iterator[Entry]:
    for touchpoint in row.touchpoints:
        yield _touched(row, touchpoint)
    for position, change in enumerate(row.stages):
        yield _staged(row, change, position)
    for position, note in enumerate(row.notes):
        yield _noted(row, note, position)


def _touched(row: HistoryRow, touchpoint: Touchpoint) -> Entry:
    item = api.TimelineItem(
        id=touchpoint.signal_id,
        kind=touchpoint.kind,
        occurred_at=iso(touchpoint.occurred_at),
        recorded_at=iso(touchpoint.recorded_at),
        source=touchpoint.source,
        summary=_summary(touchpoint.kind, _object(touchpoint.attributes)),
        lead_id=row.lead_id,
        channel=touchpoint.channel,
        verified=bool(touchpoint.evidence),
        vendor_id=touchpoint.vendor_id,
        attributes=dict(touchpoint.attributes),
        answers=dict(touchpoint.answers),
        utm=dict(touchpoint.utm),
        flags=list(touchpoint.flags),
    )
    return Entry(touchpoint.occurred_at, touchpoint.signal_id, item)


def _staged(row: HistoryRow, change: StageChange, position: int) -> Entry:
    item_id = f"{row.lead_id}.{row.version}.stage.{position}"
    item = api.TimelineItem(
        id=item_id,
        kind="stage_changed",
        occurred_at=iso(change.at),
        recorded_at=iso(change.recorded_at),
        source="leadspine",
        summary=f"Stage {change.from_stage} → {change.to_stage}",
        lead_id=row.lead_id,
        from_stage=change.from_stage,
        to_stage=change.to_stage,
        reason=change.reason,
        policy_version=change.policy_version,
    )
    return Entry(change.at, item_id, item)


def _noted(row: HistoryRow, note: Mapping[str, Any], position: int) -> Entry:
    """Merges, consents and suggestions: a note's own attributes, which may not replace those of every item."""
    item_id = f"{row.lead_id}.{row.version}.note.{position}"
    kind = str(note["kind"])
    instant = int(note.get("at") or row.recorded_at)
    own = {name: value for name, value in note.items() if name not in {"at", "kind", *api.TimelineItem.model_fields}}
    item = api.TimelineItem(
        id=item_id,
        kind=kind,
        occurred_at=iso(instant),
        recorded_at=iso(row.recorded_at),
        source=str(note.get("source") or "leadspine"),
        summary=_summary(kind, str(note.get("purpose") or note.get("reason") or "")),
        lead_id=row.lead_id,
        **own,
    )
    return Entry(instant, item_id, item)


def _summary(kind: str, what: str) -> str:
    words = kind.replace("_", " ").capitalize()
    return f"{words}: {what}" if what else words


def _object(attributes: Mapping[str, Any]) -> str:
    return next((str(attributes[name]) for name in _OBJECTS if attributes.get(name)), "")
