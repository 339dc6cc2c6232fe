"""How facts become the state table. Order and batching of facts never matter; persons.py makes persons of it.

This is the definition; ``shared/adapters/duckdb`` computes the same in SQL, and a property test holds both equal.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from shared.domain.insights.model import (
    CONTENT,
    Alias,
    Answer,
    Ask,
    Company,
    Deal,
    FactRow,
    Grade,
    Handover,
    LeadId,
    LeadRow,
    Overdue,
    Permission,
    Stage,
    Touch,
)
from shared.domain.instant import Instant

HANDOVERS: Final = {
    "HandoverRequested": "requested",
    "HandoverOverdue": "overdue",
    "HandoverAccepted": "accepted",
    "HandoverRejected": "rejected",
}
"""Where a hand-over stands after each of its facts."""

UNANSWERED: Final = frozenset({"requested", "overdue"})
"""Where a hand-over stands while nobody has answered."""

Change = Callable[[LeadRow, FactRow], LeadRow]


def fold(rows: Mapping[LeadId, LeadRow], facts: Iterable[FactRow]) -> dict[LeadId, LeadRow]:
    """Add facts to the state table; those about no lead (RecordParked) leave it as it is.

    Every fact may be given only once: callers recognise copies by ``event_id``.
    """
    table = dict(rows)
    for fact in facts:
        if not fact.lead_id:
            continue
        subject, change = _CHANGES.get(fact.name, (_own, _no_change))
        lead_id = subject(fact)
        row = table.get(lead_id) or LeadRow(lead_id=lead_id)
        table[lead_id] = change(row, fact)
        _note_version(table, fact)
    return table


def _note_version(table: dict[LeadId, LeadRow], fact: FactRow) -> None:
    row = table.get(fact.lead_id) or LeadRow(lead_id=fact.lead_id)
    table[fact.lead_id] = replace(
        row, version=max(row.version, fact.lead_version), updated_at=max(row.updated_at, fact.recorded_at)
    )


def _own(fact: FactRow) -> LeadId:
    return fact.lead_id


def _part(fact: FactRow) -> LeadId:
    """The lead that became a part of the fact's own, or ceased to be one."""
    return _text(fact.data, "loser_id") or _text(fact.data, "member_id") or fact.lead_id


def _no_change(row: LeadRow, fact: FactRow) -> LeadRow:  # noqa: ARG001 (every change has the same shape)
    return row


def _captured(row: LeadRow, fact: FactRow) -> LeadRow:
    return replace(row, created_at=_least(row.created_at, fact.occurred_at))


def _touched(row: LeadRow, fact: FactRow) -> LeadRow:
    """Machines leave no touch: a scanner's click says nothing about a person."""
    if not fact.data.get("human", True):
        return row
    data = fact.data
    touch = Touch(
        fact.occurred_at,
        _text(data, "touchpoint_id"),
        _text(data, "kind"),
        _text(data, "channel"),
        _text(data, "source"),
        _text(data, "campaign"),
        _text(data, "content") or _text(data, "path"),
    )
    return replace(
        row,
        touches=row.touches + 1,
        content=row.content + (touch.kind in CONTENT),
        first_touch=_least(row.first_touch, touch),
        last_touch=_greatest(row.last_touch, touch),
    )


def _staged(row: LeadRow, fact: FactRow) -> LeadRow:
    """Stages passed through on the way were entered at the same instant."""
    stage = _text(fact.data, "to_stage")
    passed = {stage, *(fact.data.get("entered") or ())}
    entered = {name: min(row.entered.get(name, fact.occurred_at), fact.occurred_at) for name in passed}
    entered = {**row.entered, **entered}
    now = Stage(fact.lead_version, fact.position, stage, fact.occurred_at)
    return replace(row, entered=entered, stage=_greatest(row.stage, now))


def _linked(row: LeadRow, fact: FactRow) -> LeadRow:
    company = Company(fact.lead_version, fact.position, _text(fact.data, "company_id"), _text(fact.data, "domain"))
    return replace(row, company=_greatest(row.company, company))


def _scored(row: LeadRow, fact: FactRow) -> LeadRow:
    grade = Grade(fact.lead_version, fact.position, int(fact.data.get("total") or 0), _text(fact.data, "grade"))
    return replace(row, grade=_greatest(row.grade, grade))


def _permitted(row: LeadRow, fact: FactRow) -> LeadRow:
    purpose = _text(fact.data, "purpose")
    said = Permission(fact.lead_version, fact.position, int(fact.name != "ConsentGiven"), fact.occurred_at)
    held = row.permissions.get(purpose)
    return replace(row, permissions={**row.permissions, purpose: _greatest(held, said)})


def _handed_over(row: LeadRow, fact: FactRow) -> LeadRow:
    due = int(fact.data.get("due") or fact.occurred_at)
    state, owner = HANDOVERS[fact.name], _text(fact.data, "owner")
    handover = Handover(fact.lead_version, fact.position, state, due, owner)
    return replace(row, handover=_greatest(row.handover, handover), asks=_asked(row, fact, owner))


def _asked(row: LeadRow, fact: FactRow, owner: str) -> Mapping[Instant, Ask]:
    """All facts of one hand-over carry the same ``due``, whatever lead of the person they are about."""
    due, state, at = int(fact.data.get("due") or 0), HANDOVERS[fact.name], fact.occurred_at
    said = Ask(
        requested_at=at if state == "requested" else None,
        overdue=Overdue(at, owner) if state == "overdue" else None,
        answer=None if state in UNANSWERED else Answer(at, state, int(bool(fact.data.get("answered_in_time"))), owner),
    )
    return {**row.asks, due: joined(row.asks.get(due, Ask()), said)}


def joined(one: Ask, other: Ask) -> Ask:
    """What two leads know of the same hand-over, or one before and after a fact."""
    return Ask(
        requested_at=_either(min, one.requested_at, other.requested_at),
        overdue=_either(min, one.overdue, other.overdue),
        answer=_either(max, one.answer, other.answer),
    )


def _either(choose: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    return (other if one is None else one) if one is None or other is None else choose(one, other)


def _dealt(row: LeadRow, fact: FactRow) -> LeadRow:
    data, opportunity_id = fact.data, _text(fact.data, "opportunity_id")
    deal = Deal(
        fact.lead_version,
        fact.position,
        _text(data, "state"),
        _text(data, "amount"),
        _text(data, "currency"),
        _text(data, "opened_on"),
        _text(data, "closed_on"),
        _text(data, "company_id"),
        fact.occurred_at,
        _text(data, "origin"),
    )
    held = row.opportunities.get(opportunity_id)
    return replace(row, opportunities={**row.opportunities, opportunity_id: _greatest(held, deal)})


def _merged(row: LeadRow, fact: FactRow) -> LeadRow:
    """The fact belongs to the whole and names the part: this is the part's row."""
    target = fact.lead_id if fact.name == "LeadMerged" else ""
    return replace(row, alias=_greatest(row.alias, Alias(fact.recorded_at, fact.lead_version, fact.position, target)))


_CHANGES: Final[Mapping[str, tuple[Callable[[FactRow], LeadId], Change]]] = {
    "LeadCaptured":       (_own, _captured),
    "TouchpointRecorded": (_own, _touched),
    "StageChanged":       (_own, _staged),
    "CompanyLinked":      (_own, _linked),
    "ScoreChanged":       (_own, _scored),
    "ConsentGiven":       (_own, _permitted),
    "ConsentWithdrawn":   (_own, _permitted),
    "ConsentExpired":     (_own, _permitted),
    **dict.fromkeys(HANDOVERS, (_own, _handed_over)),
    "OpportunityChanged": (_own, _dealt),
    "LeadMerged":         (_part, _merged),
    "LeadUnmerged":       (_part, _merged),
}  # fmt: skip


def _least(held: Any, new: Any) -> Any:
    return new if held is None else min(held, new)


def _greatest(held: Any, new: Any) -> Any:
    return new if held is None else max(held, new)


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
