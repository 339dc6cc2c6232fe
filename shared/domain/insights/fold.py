"""How facts become the state table, and the state table persons. Order and batching of facts never matter.

This is the definition; ``shared/adapters/duckdb`` computes the same in SQL, and a property test holds both equal.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from shared.domain.insights.metrics import LINE, SIDE
from shared.domain.insights.model import (
    Alias,
    Company,
    FactRow,
    Grade,
    LeadId,
    LeadRow,
    Permission,
    Person,
    Stage,
    Touch,
)
from shared.domain.instant import Instant

UNASSIGNED: Final = "Unassigned"
"""The channel of a person without a first touch."""
ANONYMOUS: Final = "anonymous"
"""The stage of a person who entered none."""
MAX_CHAIN: Final = 32
"""How many merges are followed to a root. Real chains are two or three long; the bound ends a cycle."""

STAGES: Final = (*LINE, *SIDE)

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
    )
    return replace(
        row,
        touches=row.touches + 1,
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
    "LeadMerged":         (_part, _merged),
    "LeadUnmerged":       (_part, _merged),
}  # fmt: skip


class _Member(NamedTuple):
    """A row of a person, and the alias by which its branch came to the root (None for the root itself)."""

    row: LeadRow
    joined: Alias | None


def persons(rows: Mapping[LeadId, LeadRow]) -> list[Person]:
    """One person per root lead, in order of id."""
    groups: dict[LeadId, list[_Member]] = {}
    for row in rows.values():
        root, joined = root_of(rows, row.lead_id)
        groups.setdefault(root, []).append(_Member(row, joined if row.lead_id != root else None))
    return [_person(root, rows.get(root), groups[root]) for root in sorted(groups)]


def root_of(rows: Mapping[LeadId, LeadRow], lead_id: LeadId) -> tuple[LeadId, Alias | None]:
    """Follow merges to the lead that stands for the person; also the last alias on the way."""
    joined: Alias | None = None
    for _ in range(MAX_CHAIN):
        row = rows.get(lead_id)
        if row is None or row.alias is None or not row.alias.target:
            break
        joined, lead_id = row.alias, row.alias.target
    return lead_id, joined


def _person(root: LeadId, head: LeadRow | None, members: list[_Member]) -> Person:
    rows = [member.row for member in members]
    first = min((row.first_touch for row in rows if row.first_touch), default=None)
    entered: dict[str, Instant] = {}
    for row in rows:
        for name, instant in row.entered.items():
            entered[name] = min(entered.get(name, instant), instant)
    beginnings = [row.created_at for row in rows if row.created_at is not None] or list(entered.values())
    company = max(((row.lead_id == root, row.company) for row in rows if row.company), default=(True, None))[1]
    return Person(
        lead_id=root,
        cohort_at=first.occurred_at if first else min(beginnings, default=0),
        channel=first.channel if first else UNASSIGNED,
        touches=sum(row.touches for row in rows),
        stage=_stage(head, members),
        company_id=company.company_id if company else None,
        domain=company.domain if company else None,
        entered=entered,
        consents=_given(head, members),
    )


def _stage(head: LeadRow | None, members: list[_Member]) -> str:
    """The furthest stage of those that hold; a merge tells no stage of its own."""
    own = head.stage if head else None
    holding = [m.row.stage.stage for m in members if m.row.stage and not _superseded(own, m)]
    return max(((rank_of(stage), stage) for stage in holding), default=(0, ANONYMOUS))[1]


def rank_of(stage: str) -> int:
    """The order of stages when two leads are one person; the furthest holds."""
    return STAGES.index(stage) if stage in STAGES else -1


def _given(head: LeadRow | None, members: list[_Member]) -> frozenset[str]:
    """Purposes given and not withdrawn by any statement that still holds."""
    given: set[str] = set()
    withdrawn: set[str] = set()
    for member in members:
        for purpose, said in member.row.permissions.items():
            if not _superseded(head.permissions.get(purpose) if head else None, member):
                (withdrawn if said.withdrawn else given).add(purpose)
    return frozenset(given - withdrawn)


def _superseded(own: Stage | Permission | None, member: _Member) -> bool:
    """What the root said after it took a member in was said for both, so the member's statement is history."""
    return own is not None and member.joined is not None and own[:2] > member.joined[1:3]


def _least(held: Any, new: Any) -> Any:
    return new if held is None else min(held, new)


def _greatest(held: Any, new: Any) -> Any:
    return new if held is None else max(held, new)


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
