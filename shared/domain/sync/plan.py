"""What has to be written to another system for a person, and what a write leaves in the shadow. Calls nobody."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shared.domain.instant import SECOND, Instant
from shared.domain.lifecycle.model import Stay
from shared.domain.sync.canonical import FLAG_ON, canonical
from shared.domain.sync.judge import OPT_OUT
from shared.domain.sync.local import STAGE, purpose_of
from shared.domain.sync.merge import FROZEN
from shared.domain.sync.model import (
    CONTACT,
    CONVERTED,
    CREATED,
    DELETED,
    DUPLICATE,
    GONE,
    LEAD,
    LIVE,
    MERGED,
    PERSON,
    REJECTED,
    REMAPPED,
    RETRY_LATER,
    SALESFORCE,
    FieldState,
    Link,
    LocalValue,
    RemoteWrite,
    Task,
    WriteOutcome,
)
from shared.domain.sync.policy_model import BOTH, IN, RemoteField, SyncField, SyncPolicy
from shared.domain.sync.shadow import WHOLE, cut, state_of
from shared.domain.values import EMPTY

STATUS_FIELD: Final = "Status"
OWNER_FIELD: Final = "OwnerId"
"""Salesforce's own fields of a lead. The owner is written as the policy names it; the connector knows the ids."""
TASK: Final = "handover.task"
"""Where a link remembers which hand-over's task was delivered beside it."""
WAITS: Final = "SYNC.WAITS_FOR_PULL"
WRITTEN: Final = "SYNC.WRITTEN"

Sent = dict[str, tuple[str, str, str]]
"""Our field → (remote field, what is written, what Leadspine holds)."""


def plan_write(  # noqa: PLR0913 - each is a fact of its own, named at every call
    link: Link | None,
    local: Mapping[str, LocalValue],
    policy: SyncPolicy,
    system: str,
    *,
    lead_id: str,
    may_create: bool,
    now: Instant,
    owner: str = "",
    task: Task | None = None,
    seen_until: Instant | None = None,
) -> RemoteWrite | Stay:
    """The one write that brings a record up to date, or why there is none.

    ``link`` None plans a creation, for which ``owner`` and ``task`` are those of the hand-over. A ``task`` for a record
    that exists goes along with its write; ``owner`` is then given only to change it, and never to a contact.
    ``seen_until`` is when the last complete pull of that system began: a value that both sides may change is written
    only once a pull has looked at the other side since it was stated, for what nobody has read cannot be judged.
    """
    object_ = link.object if link else LEAD if system == SALESFORCE else PERSON
    key = f"{system}.{object_}"
    if link is None and not may_create:
        return Stay("SYNC.NOT_CREATED_HERE")
    if link is not None and link.state not in LIVE:
        return Stay(f"SYNC.LINK_{link.state.upper()}")
    every = _differences(link, local, policy, key, now)
    sent = {
        name: entry for name, entry in every.items() if link is None or _is_seen(name, local, policy, key, seen_until)
    }
    waits = len(sent) < len(every)
    if link is not None and (link.state == DUPLICATE or not (link.read_at or link.created_at)):
        # A duplicate gets opt-outs only; so does a record that we adopted until its own values were judged.
        sent = {name: entry for name, entry in sent.items() if name in _permissions(policy)}
        task = None
    urgent = task is not None or any(name in _permissions(policy) for name in sent)
    own = _own_fields(link, local, policy, key, owner)
    passengers = {field.name for field in policy.fields if field.passenger}
    if not (sent.keys() - passengers or own or task or link is None):
        return Stay(WAITS if waits else "SYNC.NOTHING_TO_WRITE")
    names = {name: held for name, (_, _, held) in (sent | own).items() if name in sent or held}
    if link is not None and task is None and link.parked.get(WHOLE) == _digest(names):
        return Stay("SYNC.PARKED")
    return RemoteWrite(
        system=system,
        object=object_,
        lead_id=lead_id,
        external_id=lead_id,
        remote_id=link.remote_id if link else None,
        values={remote: value for remote, value, _ in (*sent.values(), *own.values())},
        sent=names,
        match_email="" if link else _email(local, policy),
        task=task,
        urgent=urgent,
        waits=waits,
    )


def written(
    link: Link | None,
    write: RemoteWrite,
    outcome: WriteOutcome,
    policy: SyncPolicy,
    *,
    started_at: Instant,
    now: Instant,
) -> Link | None:
    """The link after a write. None: there is nothing to store (a creation that did not happen).

    A remapped write stores, where there was a link, that it ended and who took over; the successor's own link begins
    with ``reconcile.inherit``. Without a link before, it is the fresh link of the record that was adopted.
    """
    if outcome.status == RETRY_LATER:
        return link
    if outcome.status == REMAPPED:
        return _remapped(link, write, outcome)
    if outcome.status == GONE:
        return replace(link or _fresh(write, write.remote_id or ""), state=DELETED, written_at=now)
    if outcome.status == REJECTED:
        return _rejected(link, write, outcome, policy, now)
    remote_id = outcome.remote_id or write.remote_id or (link.remote_id if link else "")
    before = link or replace(_fresh(write, remote_id), object=outcome.object or write.object)
    refused = _refused_fields(write, outcome, policy)
    fields = {name: _state(before, name, write, policy, started_at) for name in write.sent if name not in refused}
    if write.task is not None:
        fields[TASK] = FieldState(write.task.external_id, write.task.external_id, WRITTEN, "", started_at)
    kept = {name: value for name, value in before.parked.items() if name not in write.sent and name != WHOLE}
    parked = kept | {name: write.sent[name] for name in refused}
    return replace(
        before,
        remote_id=remote_id,
        fields={**before.fields, **fields},
        parked=parked or EMPTY,
        written_at=max(now, before.written_at),
        created_at=before.created_at or (started_at // SECOND * SECOND if outcome.status == CREATED else 0),
    )


def _differences(
    link: Link | None, local: Mapping[str, LocalValue], policy: SyncPolicy, key: str, now: Instant
) -> Sent:
    found: Sent = {}
    for field in policy.fields:
        spec, held = field.remote.get(key), local.get(field.name)
        if spec is None or held is None or spec.direction == IN:
            continue
        value = canonical(field.type, held.value)
        if link is None:
            shown = cut(value, spec.max_length) or spec.default
            if shown != canonical(field.type, ""):
                found[field.name] = (spec.name, shown, value)
        elif _has_to_go(link, field, spec, held._replace(value=value), now):
            found[field.name] = (spec.name, cut(value, spec.max_length), value)
    return found


def _is_seen(
    name: str, local: Mapping[str, LocalValue], policy: SyncPolicy, key: str, seen_until: Instant | None
) -> bool:
    """Whether the other side has been looked at since a value that it may change as well was stated here."""
    field = next(field for field in policy.fields if field.name == name)
    if seen_until is None or field.remote[key].direction != BOTH or purpose_of(field.local) is not None:
        return True
    return local[name].at <= seen_until


def _has_to_go(link: Link, field: SyncField, spec: RemoteField, held: LocalValue, now: Instant) -> bool:
    state = state_of(link, field)
    if purpose_of(field.local) is not None:
        return _permission_goes(state, held, now) and link.parked.get(field.name) != held.value
    if held.value == state.base or cut(held.value, spec.max_length) == state.remote or state.verdict in FROZEN:
        return False
    if not held.value and spec.default:
        # A required field cannot be cleared, and the default is for creation only.
        return False
    return link.parked.get(field.name) != held.value


def _permission_goes(state: FieldState, held: LocalValue, now: Instant) -> bool:
    """An opt-out always; an opt-in only on a consent that is newer than the withdrawal both sides know."""
    if held.value == state.remote:
        return False
    if held.value == FLAG_ON:
        return True
    return 0 < held.at <= now and (state.verdict != OPT_OUT or held.at > state.at)


def _own_fields(
    link: Link | None, local: Mapping[str, LocalValue], policy: SyncPolicy, key: str, owner: str
) -> Sent:  # fmt: skip
    """Status and owner of a Salesforce lead: of a new one, and once when marketing took the person back."""
    if key != f"{SALESFORCE}.{LEAD}" or (link is not None and link.state == DUPLICATE):
        return {}
    stage = local.get(STAGE, LocalValue("")).value
    if link is None:
        return _named(STATUS_FIELD, policy.handover.status, "") | _named(OWNER_FIELD, owner, "")
    found = _named(OWNER_FIELD, owner if owner != link.references.get("owner_name") else "", "")
    shown = link.fields.get(STAGE)
    if stage not in policy.handover.stages or (shown is not None and shown.base == stage) or not link.read_at:
        return found
    status, back_to = policy.handover.stages[stage]
    if status and status != link.references.get("status"):
        # ``sent`` remembers the stage, so that a rep who takes the lead up again is not fought over it.
        found |= _named(STATUS_FIELD, status, stage)
        found |= _named(OWNER_FIELD, back_to, "")
    return found


def _named(remote: str, value: str, stage: str) -> Sent:
    return {STAGE if stage else remote: (remote, value, stage)} if value else {}


def _email(local: Mapping[str, LocalValue], policy: SyncPolicy) -> str:
    names = (field.name for field in policy.fields if field.local == "profile.email")
    return next((local[name].value for name in names if name in local), "")


def _permissions(policy: SyncPolicy) -> frozenset[str]:
    return frozenset(field.name for field in policy.fields if purpose_of(field.local) is not None)


def _digest(sent: Mapping[str, str]) -> str:
    """Recognises what was refused as a whole without keeping it twice."""
    return hashlib.sha256(json.dumps(dict(sent), sort_keys=True).encode()).hexdigest()[:32]


def _fresh(write: RemoteWrite, remote_id: str) -> Link:
    return Link(system=write.system, object=write.object, remote_id=remote_id, lead_id=write.lead_id)


def _remapped(link: Link | None, write: RemoteWrite, outcome: WriteOutcome) -> Link | None:
    remote_id, object_ = outcome.remote_id or "", outcome.object or write.object
    if not remote_id:
        return link
    if link is None:
        return replace(_fresh(write, remote_id), object=object_)
    if remote_id == link.remote_id:
        return link
    state = CONVERTED if (link.object, object_) == (LEAD, CONTACT) else MERGED
    return replace(link, state=state, successor=remote_id)


def _rejected(
    link: Link | None, write: RemoteWrite, outcome: WriteOutcome, policy: SyncPolicy, now: Instant
) -> Link | None:
    if link is None:
        return None
    refused = _refused_fields(write, outcome, policy)
    parked = {name: write.sent[name] for name in refused} or {WHOLE: _digest(write.sent)}
    return replace(link, parked={**link.parked, **parked}, written_at=max(now, link.written_at))


def _refused_fields(write: RemoteWrite, outcome: WriteOutcome, policy: SyncPolicy) -> frozenset[str]:
    """Our names of the fields that were refused, whichever names the other system used."""
    key = f"{write.system}.{write.object}"
    ours = {spec.name: field.name for field in policy.fields if (spec := field.remote.get(key))}
    return frozenset(name for word in outcome.fields if (name := ours.get(word, word)) in write.sent)


def _state(link: Link, name: str, write: RemoteWrite, policy: SyncPolicy, at: Instant) -> FieldState:
    field = next((field for field in policy.fields if field.name == name), None)
    if field is None:
        return FieldState(write.sent[name], write.sent[name], WRITTEN, "", at)
    before = state_of(link, field)
    spec = field.remote[f"{write.system}.{write.object}"]
    shown = canonical(field.type, write.values.get(spec.name, write.sent[name]))
    return FieldState(write.sent[name], shown, WRITTEN, field.rule, at, before.remote, before.flips)
