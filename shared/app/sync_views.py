"""Links, verdicts and planned writes in the words of the API. Decides nothing and reads nothing."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from shared.app.sync_codes import is_refusal
from shared.contracts import sync_api as api
from shared.contracts.envelope import iso
from shared.domain.instant import SECOND, Instant
from shared.domain.lifecycle.model import Stay
from shared.domain.sync.budget import CYCLE, NORMAL, stance
from shared.domain.sync.model import Link, LocalValue, RemoteWrite, Usage, Verdict
from shared.domain.sync.policy_model import SyncPolicy
from shared.domain.sync.shadow import state_of
from shared.ports.sync import Cycle

MISSED: Final = 3
"""Cycles without success after which a system is behind: one may fail without anybody having to look."""

OWNER: Final = ("owner_label", "owner_name", "owner")
"""References that say whose record it is, as people know it first."""

UNSEEN: Final = "SYNC.UNSEEN"
"""The verdict of a field that neither side has had a value in since the link exists."""


def system_view(system: str, cycle: Cycle, policy: SyncPolicy, *, waiting: int, now: Instant) -> api.SyncSystemView:
    """How it goes with one system."""
    budget = policy.budgets.get(system)
    allowed = cycle.allowed or (budget.daily if budget else 0)
    mood = stance(budget, Usage(cycle.used, cycle.allowed)) if budget else NORMAL
    return api.SyncSystemView(
        system=system,
        status=_status(cycle, mood, now),
        lag_s=max(0, now - cycle.read_until) // SECOND if cycle.read_until else None,
        started_at=_time(cycle.started_at),
        finished_at=_time(cycle.finished_at),
        records=cycle.records,
        calls=cycle.calls,
        used=cycle.used,
        allowed=allowed,
        budget=mood,
        waiting=waiting,
        error=cycle.error,
    )


def _status(cycle: Cycle, mood: str, now: Instant) -> Literal["ok", "paused", "off", "behind", "refused"]:
    if cycle.paused:
        return "paused"
    if not cycle.finished_at:
        return "off"
    if is_refusal(cycle.error):
        return "refused"
    late = now - cycle.started_at > MISSED * CYCLE[mood]
    return "behind" if cycle.error or late else "ok"


def record_view(link: Link) -> api.SyncRecordView:
    """One record."""
    return api.SyncRecordView(
        system=link.system,
        object=link.object,
        remote_id=link.remote_id,
        state=link.state,
        successor=link.successor,
        owner=next((told for name in OWNER if (told := link.references.get(name))), ""),
        parked=sorted(link.parked),
        read_at=_time(link.read_at),
        written_at=_time(link.written_at),
    )


def field_views(link: Link, local: Mapping[str, LocalValue], policy: SyncPolicy) -> Iterator[api.SyncFieldView]:
    """The fields of a record, as the policy maps them, those without a value included."""
    for field in policy.fields:
        there = field.remote.get(f"{link.system}.{link.object}")
        if there is None:
            continue
        held = state_of(link, field)
        yield api.SyncFieldView(
            system=link.system,
            object=link.object,
            remote_id=link.remote_id,
            field=field.name,
            direction=there.direction,
            value=_value(local, field.name),
            base=held.base,
            remote=held.remote,
            rule=held.rule or field.rule,
            verdict=held.verdict or UNSEEN,
            at=_time(held.at),
        )


def plan_view(
    lead_id: str, system: str, planned: RemoteWrite | Stay, link: Link | None, policy: SyncPolicy
) -> api.SyncPlan:
    """What a writer would do, with the shadow it compared with."""
    if isinstance(planned, Stay):
        return api.SyncPlan(
            lead_id=lead_id, system=system, action="stay", object=link.object if link else "",
            remote_id=link.remote_id if link else None, reason=planned.reason, urgent=False, task=False, fields=[],
        )  # fmt: skip
    fields = [
        api.PlannedField(
            field=field.name,
            value=planned.sent[field.name],
            base=state_of(link, field).base,
            remote=state_of(link, field).remote,
            rule=field.rule,
        )
        for field in policy.fields
        if field.name in planned.sent
    ]
    return api.SyncPlan(
        lead_id=lead_id,
        system=system,
        action="create" if planned.remote_id is None else "update",
        object=planned.object,
        remote_id=planned.remote_id,
        reason="",
        urgent=planned.urgent,
        task=planned.task is not None,
        fields=fields,
    )


def conflict_view(verdict: Verdict, link: Link | None) -> api.ConflictView:
    """A kept verdict, with the lead that its record stands for."""
    return api.ConflictView(
        lead_id=link.lead_id if link else None,
        **{name: getattr(verdict, name) for name in verdict._fields if name != "at"},
        at=iso(verdict.at),
    )


def _value(local: Mapping[str, LocalValue], name: str) -> str:
    held = local.get(name)
    return held.value if held else ""


def _time(instant: Instant) -> str | None:
    return iso(instant) if instant else None
