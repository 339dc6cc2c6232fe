"""Who gets a record where: the policy's condition, and that there is something to write. Says why not."""

from collections.abc import Mapping
from typing import Any

from shared.domain.lead.projection import PersonView, record_of, values
from shared.domain.lifecycle.model import NONE, Stay
from shared.domain.scoring.condition import holds
from shared.domain.sync.canonical import canonical
from shared.domain.sync.local import COMPUTED
from shared.domain.sync.model import LocalValue
from shared.domain.sync.policy_model import IN, SyncPolicy


def may_create(system: str, view: PersonView, policy: SyncPolicy, local: Mapping[str, LocalValue]) -> bool:
    """Whether a person without a record in a system gets one there."""
    return creation_stay(system, view, policy, local) is None


def creation_stay(
    system: str, view: PersonView, policy: SyncPolicy, local: Mapping[str, LocalValue]
) -> Stay | None:  # fmt: skip
    """Why a person gets no record in a system; None: it may be created.

    A tombstone is not looked at: a link that ended makes ``plan_write`` stay.
    """
    condition = policy.create.get(system)
    if condition is None:
        return Stay("SYNC.NEVER_CREATED_HERE")
    if not holds(condition, creation_record(view)):
        return Stay("SYNC.NOT_YET")
    if not any(_says_something(name, system, policy, local) for name in local):
        return Stay("SYNC.NOTHING_KNOWN")
    return None


def creation_record(view: PersonView) -> dict[str, Any]:
    """What conditions of sync.yaml may read: the person, the standing, consent per purpose, the hand-over's state."""
    known = bool(view.email or view.phone or view.external)
    return {
        **record_of(values(view.profile), values(view.answers), view.company, known=known),
        "score": {
            "total": view.score.total / 100,
            "fit": view.score.fit / 100,
            "engagement": view.score.engagement / 100,
            "grade": view.score.grade,
        },
        "stage": {"id": view.stage.id},
        "consent": {state.purpose: state.state for state in view.consents},
        "handover": {"state": view.handover.state if view.handover and view.handover.state != NONE else ""},
    }


def _says_something(name: str, system: str, policy: SyncPolicy, local: Mapping[str, LocalValue]) -> bool:
    """Whether a value would tell the other system anything about the person: an id of ours alone does not."""
    field = next((field for field in policy.fields if field.name == name), None)
    if field is None or field.local in COMPUTED or field.local.startswith("consent."):
        return False
    writable = any(key.startswith(f"{system}.") and spec.direction != IN for key, spec in field.remote.items())
    return writable and canonical(field.type, local[name].value) != canonical(field.type, "")
