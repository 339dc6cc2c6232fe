"""A dry run and a resync as people read them: who would be written, where, what, and why the others are left alone."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from shared.app.console import words
from shared.contracts.sync_api import DryRunResult, PlannedField, SyncPlan
from shared.domain.lead.projection import PersonView

ACTIONS: Final = {"create": ("A new record", "good"), "update": ("A change", "calm")}


class PlannedRow(NamedTuple):
    """One write that would be made."""

    lead_id: str
    who: str
    system: str
    action: str
    tone: str
    record: str
    urgent: bool
    task: bool
    fields: tuple[PlannedField, ...]


class Left(NamedTuple):
    """How many people a system's writer leaves alone for the same reason."""

    system: str
    reason: str
    people: int


class Planned(NamedTuple):
    """A dry run."""

    people: int
    rows: tuple[PlannedRow, ...]
    left: tuple[Left, ...]
    unknown: tuple[str, ...]


def planned(result: DryRunResult, people: Iterable[PersonView], system: str) -> Planned:
    """The plans of one system, of all of them when ``system`` is empty."""
    names = {person.lead_id: person.name or person.email or "" for person in people}
    plans = [plan for plan in result.items if system in ("", plan.system)]
    left: dict[tuple[str, str], int] = {}
    for plan in plans:
        if plan.action == "stay":
            left[plan.system, plan.reason] = left.get((plan.system, plan.reason), 0) + 1
    return Planned(
        people=result.people,
        rows=tuple(_row(plan, names) for plan in plans if plan.action != "stay"),
        left=tuple(Left(of, reason, count) for (of, reason), count in sorted(left.items())),
        unknown=tuple(result.unknown),
    )


def _row(plan: SyncPlan, names: Mapping[str, str]) -> PlannedRow:
    action, tone = ACTIONS[plan.action]
    return PlannedRow(
        lead_id=plan.lead_id,
        who=names.get(plan.lead_id) or "Without a name",
        system=plan.system,
        action=action,
        tone=tone,
        record=f"{words.label(plan.object)} {plan.remote_id or ''}".strip(),
        urgent=plan.urgent,
        task=plan.task,
        fields=tuple(plan.fields),
    )
