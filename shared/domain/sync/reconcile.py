"""Three-way merge of one record of another system with what Leadspine holds, field by field, against the shadow.

A change is a difference in value, never a flag, a user or a stamp: ``FieldState.base`` is what Leadspine had when both
last agreed, ``FieldState.remote`` what the other side had then. They differ where a value was cut or filled with a
default, so neither of those ever flows back. Nothing here writes: what is taken in has to be committed before the link.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from shared.domain.instant import SECOND, Instant
from shared.domain.sync.canonical import FLAG_ON, canonical
from shared.domain.sync.handover import answer_of
from shared.domain.sync.judge import RemoteValue, is_contact
from shared.domain.sync.local import SALESFORCE_ID, STAGE, purpose_of
from shared.domain.sync.merge import AGREED, Comparison, Step, merge, overtaken, permission
from shared.domain.sync.model import (
    CONVERTED,
    DELETED,
    DUPLICATE,
    LEAD,
    LINKED,
    LIVE,
    MERGED,
    FieldState,
    Link,
    LocalValue,
    RemoteRecord,
    Verdict,
)
from shared.domain.sync.policy_model import RemoteField, SyncPolicy
from shared.domain.sync.shadow import WHOLE, state_of
from shared.domain.values import EMPTY

STALE_WITHIN: Final = 2 * SECOND
"""A record that was asked for until this long after our last write may show the time before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What a record means.

    ``link`` is the link to save, the very same object when nothing about it changed. ``incoming`` are values to take in
    and ``times`` when each was stated, late enough to hold against what Leadspine has. ``withdrawn`` maps purposes to
    the time of their withdrawal. ``outgoing`` are fields that have to be written. ``news`` names references that are
    not as they were. ``stale``: the record was read before our last write ended and has to be read again; until then
    only what that write went over is judged.
    """

    link: Link
    incoming: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, Instant] = field(default_factory=dict)
    withdrawn: Mapping[str, Instant] = field(default_factory=dict)
    outgoing: frozenset[str] = frozenset()
    verdicts: tuple[Verdict, ...] = ()
    news: frozenset[str] = frozenset()
    stale: bool = False

    @property
    def opt_out(self) -> bool:
        """Whether the other side says that the person no longer allows something."""
        return bool(self.withdrawn)


def reconcile(
    link: Link | None,
    record: RemoteRecord,
    local: Mapping[str, LocalValue],
    policy: SyncPolicy,
    *,
    lead_id: str,
    now: Instant,
) -> Reconciled:
    """Compare a record with its shadow and the local values (see local_values). ``link`` None: met for the first time.

    Idempotent: applied again after its results were committed and saved, it finds an echo.
    """
    if link is not None and link.written_at and record.read_at < link.written_at + STALE_WITHIN:
        return _stale(link, record, local, policy, now)
    if link is not None and record.read_at < link.read_at:
        # A page that came out of order: what it says was already seen, or has changed since.
        return Reconciled(link=link)
    before = link or Link(
        system=record.system,
        object=record.object,
        remote_id=record.remote_id,
        lead_id=lead_id,
        created_at=record.created_at,
    )
    standing = _standing(before, record)
    steps = _steps(standing, record, local, policy, now)
    if (shown := _shown_stage(standing, record, local, policy, now)) is not None:
        steps = {**steps, STAGE: Step(shown)}
    after = _saved(link, before, standing, record, steps)
    return Reconciled(
        link=after,
        incoming=_incoming(steps),
        times=_times(steps, record, local, policy, now),
        withdrawn={
            purpose: step.state.at
            for mapped in policy.fields
            if (step := steps.get(mapped.name)) and step.withdrawn and (purpose := purpose_of(mapped.local))
        },
        outgoing=frozenset(name for name, step in steps.items() if step.outgoing),
        verdicts=tuple(
            _verdict(record, name, step, before, local, now) for name, step in steps.items() if step.verdict
        ),
        news=_news(before, record),
    )


def _shown_stage(
    link: Link, record: RemoteRecord, local: Mapping[str, LocalValue], policy: SyncPolicy, now: Instant
) -> FieldState | None:
    """The stage that sales itself took a lead back to, remembered as if it had been written (see plan.py).

    Otherwise it would be written over whatever status sales gives the lead next.
    """
    status = record.references.get("status", "")
    answer = answer_of(status, False, policy)
    if record.object != LEAD or link.state != LINKED or answer is None or STAGE not in local:
        return None
    stage, held = answer[1], link.fields.get(STAGE)
    shows_it = policy.handover.stages.get(stage, ("", ""))[0] == status
    was_taken_back = local[STAGE].value in policy.handover.stages
    if not shows_it or was_taken_back or (held is not None and held.base == stage):
        return None
    return FieldState(stage, stage, AGREED, "", now)


def _stale(
    link: Link, record: RemoteRecord, local: Mapping[str, LocalValue], policy: SyncPolicy, now: Instant
) -> Reconciled:
    """What a record from before our last write still tells: edits that this write went over."""
    compared = _comparisons(link, record, local, policy, now) if link.state == LINKED else ()
    steps = {one.field.name: step for one in compared if (step := _overtaken(one)) is not None}
    if not steps:
        return Reconciled(link=link, stale=True)
    return Reconciled(
        link=replace(link, fields={**link.fields, **{name: step.state for name, step in steps.items()}}),
        incoming=_incoming(steps),
        times=_times(steps, record, local, policy, now),
        outgoing=frozenset(name for name, step in steps.items() if step.outgoing),
        verdicts=tuple(
            # Before both stood the prior value; what was there, and is gone, is what the shadow now calls prior.
            _verdict(record, name, step, link, local, now)._replace(
                base=link.fields[name].prior or "", remote=step.state.prior or ""
            )
            for name, step in steps.items()
            if step.verdict
        ),
        stale=True,
    )


def _overtaken(one: Comparison) -> Step | None:
    return None if purpose_of(one.field.local) is not None else overtaken(one)


def _incoming(steps: Mapping[str, Step]) -> dict[str, str]:
    return {name: step.incoming for name, step in steps.items() if step.incoming is not None}


def _times(
    steps: Mapping[str, Step],
    record: RemoteRecord,
    local: Mapping[str, LocalValue],
    policy: SyncPolicy,
    now: Instant,
) -> dict[str, Instant]:
    """When each value taken in was stated: the other side's time, but later than ours, for the latest one holds."""
    times = {name: _time(record, policy, name, local) for name in _incoming(steps)}
    return {name: min(at, max(now, local.get(name, LocalValue("")).at + 1)) for name, at in times.items()}


def inherit(predecessor: Link, remote_id: str, object_: str) -> Link:
    """The first link of the record that took over (the contact of a converted lead, the winner of a merge).

    It starts from the predecessor's shadow, so that what changed with the takeover is a change and no conflict.
    ``version`` 0 and never read: nothing but opt-outs is written to it before a fresh read was reconciled.
    """
    return Link(
        system=predecessor.system,
        object=object_,
        remote_id=remote_id,
        lead_id=predecessor.lead_id,
        fields={name: state._replace(prior=None) for name, state in predecessor.fields.items()},
    )


def _standing(link: Link, record: RemoteRecord) -> Link:
    """The link with the state that the record shows. Deleted is left by an undelete; merged and converted are final."""
    if record.merged_into:
        return replace(link, state=MERGED, successor=canonical("id", record.merged_into))
    if record.references.get("converted") == FLAG_ON:
        contact = canonical("id", record.references.get("converted_contact", "")) or None
        return replace(link, state=CONVERTED, successor=contact or link.successor)
    if record.deleted:
        return link if link.state in (MERGED, CONVERTED) else replace(link, state=DELETED)
    if link.state in (DELETED, CONVERTED):
        return replace(link, state=LINKED, successor=None)
    if link.state == MERGED:
        return replace(link, state=DUPLICATE, successor=None)
    return link


def _steps(
    link: Link, record: RemoteRecord, local: Mapping[str, LocalValue], policy: SyncPolicy, now: Instant
) -> dict[str, Step]:
    found: dict[str, Step] = {}
    for one in _comparisons(link, record, local, policy, now):
        step = None
        if purpose_of(one.field.local) is not None:
            step = permission(one, live=link.state in LIVE)
        elif link.state == LINKED:
            step = merge(one)
        if step is not None:
            found[one.field.name] = step
    return found


def _comparisons(
    link: Link, record: RemoteRecord, local: Mapping[str, LocalValue], policy: SyncPolicy, now: Instant
) -> Iterator[Comparison]:
    """Every mapped field that could be read."""
    key = f"{record.system}.{record.object}"
    contact = is_contact(record.object, local.get(SALESFORCE_ID, LocalValue("")).value)
    for mapped in policy.fields:
        spec = mapped.remote.get(key)
        if spec is None or spec.name not in record.values:
            continue
        held = local.get(mapped.name, LocalValue(""))
        held = held._replace(value=canonical(mapped.type, held.value))
        remote = RemoteValue(canonical(mapped.type, record.values[spec.name]), *_stated(record, spec))
        yield Comparison(mapped, spec, state_of(link, mapped), held, remote, record, policy, now, contact)


def _stated(record: RemoteRecord, spec: RemoteField) -> tuple[Instant, bool]:
    """When the other system says a field changed, and whether it speaks of the field or of the whole record."""
    at = record.changed_at.get(spec.name)
    return (record.stamp, False) if at is None else (at, True)


def _time(record: RemoteRecord, policy: SyncPolicy, name: str, local: Mapping[str, LocalValue]) -> Instant:
    """The other side's time of a value taken in, but later than ours: the profile keeps the latest statement."""
    mapped = next(mapped for mapped in policy.fields if mapped.name == name)
    at, _ = _stated(record, mapped.remote[f"{record.system}.{record.object}"])
    return max(at, local.get(name, LocalValue("")).at + 1)


def _saved(
    link: Link | None, before: Link, standing: Link, record: RemoteRecord, steps: Mapping[str, Step]
) -> Link:  # fmt: skip
    """The link to save, or the very link that was given when there is nothing to save."""
    fields = {name: step.state for name, step in steps.items() if before.fields.get(name) != step.state}
    # A state nobody stored and that says nothing is not worth storing.
    fields = {name: state for name, state in fields.items() if name in before.fields or state.verdict or state.remote}
    # A record that is not as it was may be taken now.
    parked = {name: value for name, value in before.parked.items() if name != WHOLE or not fields}
    parked = {name: value for name, value in parked.items() if name not in fields or fields[name].verdict != AGREED}
    parked |= {name: _refused(before, name) for name, step in steps.items() if step.blocked}
    references = record.references if not record.deleted else before.references
    same = not fields and parked == before.parked and references == before.references
    if (
        link is not None
        and same
        and link.read_at
        and (standing.state, standing.successor) == (link.state, link.successor)
    ):
        return link
    return replace(
        standing,
        fields={**before.fields, **fields} if fields else before.fields,
        parked=parked or EMPTY,
        references=dict(references),
        stamp=max(before.stamp, record.stamp),
        read_at=max(before.read_at, record.read_at),
        created_at=record.created_at or before.created_at,
    )


def _refused(link: Link, name: str) -> str:
    """What we wrote and the other side did not keep: the base of an unconfirmed write is our value."""
    return link.fields[name].base


def _news(before: Link, record: RemoteRecord) -> frozenset[str]:
    if record.deleted:
        return frozenset()
    names = record.references.keys() | before.references.keys()
    return frozenset(name for name in names if record.references.get(name) != before.references.get(name))


def _verdict(
    record: RemoteRecord,
    name: str,
    step: Step,
    before: Link,
    local: Mapping[str, LocalValue],
    now: Instant,
) -> Verdict:
    assert step.verdict is not None  # noqa: S101 - chosen by the caller
    held = before.fields.get(name)
    return Verdict(
        system=record.system,
        remote_id=record.remote_id,
        field=name,
        rule=step.verdict.rule,
        winner=step.verdict.winner,
        code=step.verdict.code,
        base=held.base if held else "",
        local=local.get(name, LocalValue("")).value,
        remote=step.state.remote,
        value=step.verdict.value,
        at=now,
    )
