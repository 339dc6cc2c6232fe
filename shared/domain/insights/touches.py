"""What people did, counted from every single touch: how many touches, and how many people left them.

This is the definition; ``shared/adapters/duckdb`` computes the same in SQL, and a property test holds both equal.

Touch
    A touchpoint by a human, by the day on which it happened (UTC).
People
    Distinct persons: two leads that were found to be one person count once, also for touches of before.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from shared.domain.insights.groups import GRAINS, NONE
from shared.domain.insights.metrics import Cohort, label_of
from shared.domain.insights.model import FactRow, LeadId

TouchBy = Literal["day", "week", "month", "channel", "campaign", "content", "kind"]


class TouchCount(NamedTuple):
    """Touches of one group, and the people who left them."""

    label: str
    touches: int
    people: int


def count_touches(
    facts: Iterable[FactRow], roots: Mapping[LeadId, LeadId], period: Cohort, by: TouchBy
) -> tuple[TouchCount, ...]:
    """Touches of a period by group, in order of label; the last line is the whole, its label is empty."""
    groups: dict[str, list[LeadId]] = {"": []}
    for label, person in _touches(facts, roots, period, by):
        groups[""].append(person)
        groups.setdefault(label, []).append(person)
    counted = [TouchCount(label, len(people), len(set(people))) for label, people in groups.items()]
    return tuple(sorted(counted, key=lambda line: (line.label == "", line.label)))


def touched_by(
    facts: Iterable[FactRow], roots: Mapping[LeadId, LeadId], period: Cohort, by: TouchBy, label: str | None
) -> tuple[LeadId, ...]:
    """The people who left the touches of a group (of all groups without a label), in order of id."""
    return tuple(sorted({who for name, who in _touches(facts, roots, period, by) if label in (None, name)}))


def _touches(
    facts: Iterable[FactRow], roots: Mapping[LeadId, LeadId], period: Cohort, by: TouchBy
) -> Iterator[tuple[str, LeadId]]:
    for fact in facts:
        if fact.name == "TouchpointRecorded" and fact.data.get("human", True) and period.holds(fact.occurred_at):
            yield _label(fact, by), roots.get(fact.lead_id, fact.lead_id)


def _label(fact: FactRow, by: TouchBy) -> str:
    if by in GRAINS:
        return label_of(fact.occurred_at, by)
    held = fact.data.get(by) or (fact.data.get("path") if by == "content" else None)
    return str(held or NONE)
