"""How the state table becomes persons: one per root lead, with everything merged into it.

This is the definition; ``shared/adapters/duckdb`` computes the same in SQL, and a property test holds both equal.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from shared.domain.insights.fold import joined
from shared.domain.insights.metrics import LINE, SIDE
from shared.domain.insights.model import Alias, Ask, Deal, LeadId, LeadRow, Permission, Person, Stage
from shared.domain.instant import Instant

UNASSIGNED: Final = "Unassigned"
"""The channel of a person without a first touch."""
ANONYMOUS: Final = "anonymous"
"""The stage of a person who entered none."""
MAX_CHAIN: Final = 32
"""How many merges are followed to a root. Real chains are two or three long; the bound ends a cycle."""

STAGES: Final = (*LINE, *SIDE)


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
    handover = max(((row.lead_id == root, row.handover) for row in rows if row.handover), default=(True, None))[1]
    grade = max(((row.lead_id == root, row.grade) for row in rows if row.grade), default=(True, None))[1]
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
        handover=handover,
        first_touch=first,
        content=sum(row.content for row in rows),
        asks=_asks(rows),
        opportunities=_opportunities(rows),
        grade=grade.grade if grade else "",
        seen_at=max((row.last_touch.occurred_at for row in rows if row.last_touch), default=0),
    )


def _asks(rows: list[LeadRow]) -> dict[Instant, Ask]:
    asks: dict[Instant, Ask] = {}
    for row in rows:
        for due, ask in row.asks.items():
            asks[due] = joined(asks.get(due, Ask()), ask)
    return asks


def _opportunities(rows: list[LeadRow]) -> dict[str, Deal]:
    """What was told last about each."""
    deals: dict[str, Deal] = {}
    for row in rows:
        for name, deal in row.opportunities.items():
            deals[name] = max(deals.get(name, deal), deal, key=latest)
    return deals


def latest(deal: Deal) -> tuple[Instant, Deal]:
    """Precedence between what several leads know of one opportunity."""
    return deal.told_at, deal


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
