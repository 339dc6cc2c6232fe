"""sync.yaml, validated, in the plain form that compiled.py reads. Checks nothing."""

from typing import Any

from shared.domain.instant import MINUTE, SECOND
from shared.domain.sync.judge import NATIVE
from shared.domain.sync.local import purpose_of
from shared.domain.sync.policy_model import BOTH
from shared.policies.condition_models import plain_condition
from shared.policies.sync_models import SyncFieldModel, SyncFile, SyncHandoverModel


def plain_sync(sync: SyncFile) -> dict[str, Any]:
    """The policy by the names of SyncPolicy, times in milliseconds."""
    return {
        "fields": [_field(field, native=sync.profile == NATIVE) for field in sync.fields],
        "create": {system: plain_condition(condition) for system, condition in sorted(sync.create.items())},
        "handover": _handover(sync.handover),
        "budgets": {system: budget.model_dump() for system, budget in sorted(sync.budgets.items())},
        "tie": sync.conflicts.tie,
        "uncertainty_ms": round(sync.conflicts.uncertainty_seconds * SECOND),
        "overlap_ms": round(sync.overlap_minutes * MINUTE),
        "freeze_after": sync.conflicts.freeze_after,
        "merge_in_marketo": sync.merge_in_marketo,
    }


def _field(field: SyncFieldModel, *, native: bool) -> dict[str, Any]:
    """A field; in the native profile every two-way field but an opt-out has the native connector's rule."""
    two_way = any(remote.direction == BOTH for remote in field.remote.values())
    rule = NATIVE if native and two_way and purpose_of(field.local) is None else field.rule
    remote = {
        record: {**spec.model_dump(), "max_length": spec.max_length or 0}
        for record, spec in sorted(field.remote.items())
    }
    return {**field.model_dump(exclude={"remote"}), "rule": rule, "remote": remote}


def _handover(handover: SyncHandoverModel) -> dict[str, Any]:
    return {
        "status": handover.status,
        "task_subject": handover.task_subject,
        "territories": [
            {"name": one.name, "when": plain_condition(one.when), "owners": one.owners} for one in handover.territories
        ],
        "answers": handover.answers,
        "stages": {stage: [shown.status, shown.owner] for stage, shown in sorted(handover.stages.items())},
    }
