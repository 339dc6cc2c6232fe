"""Small makers of what synchronisation compares: the shipped policy, records, local values, links."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.domain.instant import MINUTE
from shared.domain.sync.canonical import canonical
from shared.domain.sync.model import (
    CONTACT,
    LEAD,
    MARKETO,
    PERSON,
    SALESFORCE,
    UPDATED,
    Link,
    LocalValue,
    RemoteRecord,
    RemoteWrite,
    WriteOutcome,
)
from shared.domain.sync.plan import plan_write, written
from shared.domain.sync.policy_model import SyncPolicy
from shared.domain.sync.reconcile import Reconciled, reconcile
from shared.policies.loader import RULES, load_directory

POLICY = load_directory(RULES).sync
NOW = 1_700_000_000_000
LEAD_ID = "00Q5e000001abcdEAA"
CONTACT_ID = "0035e000001abcdAAA"
IDS = {LEAD: LEAD_ID, CONTACT: CONTACT_ID, PERSON: "17"}
LOCAL = {"email": "anna@x.io", "first_name": "Anna", "last_name": "Nowak", "phone": "+48123456789", "title": "CEO"}


def values(at: int = NOW, **changed: str) -> dict[str, LocalValue]:
    """Leadspine's values: a small person with what the test changes, stated at ``at``."""
    held = {field.name: LocalValue(canonical(field.type, "")) for field in POLICY.fields}
    held |= {name: LocalValue(value, NOW - 60 * MINUTE) for name, value in LOCAL.items()}
    return held | {name: LocalValue(value, at) for name, value in changed.items()}


def ruled(**rules: str) -> SyncPolicy:
    """The shipped policy with other rules."""
    fields = tuple(replace(f, rule=rules.get(f.name, f.rule)) for f in POLICY.fields)
    return replace(POLICY, fields=fields)


def record(object_: str = LEAD, *, read_at: int = NOW, stamp: int = NOW, **more: Any) -> RemoteRecord:
    """A record that shows the small person; ``more`` are our field names, or parts of the record."""
    system = MARKETO if object_ == PERSON else SALESFORCE
    parts = {k: more.pop(k) for k in ("references", "deleted", "merged_into", "changed_at", "created_at") if k in more}
    shown: dict[str, str] = {}
    for field in POLICY.fields:
        spec = field.remote.get(f"{system}.{object_}")
        if spec:
            shown[spec.name] = more.get(field.name, LOCAL.get(field.name, canonical(field.type, "")))
    return RemoteRecord(
        system=system, object=object_, remote_id=IDS[object_], stamp=stamp, read_at=read_at, values=shown, **parts
    )


def met(
    link: Link | None, seen: RemoteRecord, local: Mapping[str, LocalValue], policy: SyncPolicy = POLICY, now: int = NOW
) -> Reconciled:
    """A reconciliation of the small person."""
    return reconcile(link, seen, local, policy, lead_id="lead_1", now=now)


def agreed(object_: str = LEAD, policy: SyncPolicy = POLICY, **changed: str) -> Link:
    """A link on whose fields both sides agree, read an hour ago."""
    seen = record(object_, read_at=NOW - 60 * MINUTE, stamp=NOW - 60 * MINUTE, **changed)
    return replace(met(None, seen, values(NOW - 60 * MINUTE, **changed), policy).link, version=1)


def planned(
    link: Link | None, local: Mapping[str, LocalValue], policy: SyncPolicy = POLICY, **more: Any
) -> RemoteWrite:
    """A plan that has something to write."""
    plan = plan_write(
        link,
        local,
        policy,
        link.system if link else more.pop("system", SALESFORCE),
        lead_id="lead_1",
        may_create=link is None,
        now=more.pop("now", NOW),
        **more,
    )
    assert isinstance(plan, RemoteWrite), plan
    return plan


def sent(
    link: Link | None, write: RemoteWrite, policy: SyncPolicy = POLICY, status: str = UPDATED, now: int = NOW
) -> Link:
    """The link after a write that succeeded."""
    outcome = WriteOutcome(status, write.remote_id or IDS[write.object])
    stored = written(link, write, outcome, policy, started_at=now, now=now)
    assert stored is not None
    return stored
