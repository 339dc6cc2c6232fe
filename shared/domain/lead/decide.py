"""The decision: signals of people in, everything that one transaction writes out. Pure and total.

For any order, repetition and grouping of the same signals the projection of the result is equal: registers keep the
greatest stamp, counters add up under decay, first and last are a minimum and a maximum, and links between leads keep
the best one. Stages and facts already told are of their time and stay.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final

from shared.domain.consent.model import ConsentEvent
from shared.domain.consent.policy import contact_point, ledger_header, ledger_payload, states
from shared.domain.identity.model import Identifier
from shared.domain.identity.policy import carrier, link, own, unmerge
from shared.domain.intake.signal import Signal
from shared.domain.lead.decision import Decision, Known
from shared.domain.lead.draft import Draft
from shared.domain.lead.judgement import Judgement
from shared.domain.lead.model import LeadId
from shared.domain.lead.rules import Rules
from shared.domain.lead.told_by_sales import take_in
from shared.domain.lead.workspace import Workspace
from shared.domain.lifecycle.handover import overdue
from shared.domain.touchpoint.model import Touchpoint, TouchRef
from shared.domain.values import maker

_reference, _touchpoint = maker(TouchRef), maker(Touchpoint)
_by_time: Final = attrgetter("occurred_at", "signal_id")


def decide(known: Known, signals: Iterable[Signal], rules: Rules, now: int, seed: str) -> Decision:
    """Decide on signals, given all that is known about their identifiers.

    Args:
        known: heads, pointers and counted signals, as ``LeadStore.load`` returns them.
        signals: at most some hundred, of one person or of several that the signals link.
        rules: the compiled policies.
        now: the instant of deciding; stages and scores themselves are reckoned at the signals' own times.
        seed: randomness; every new id is derived from it, so the same input gives the same decision.
    """
    work = Workspace(known, rules, now, seed)
    judgement = Judgement(work)
    for signal in sorted(signals, key=_by_time):
        lead = carrier(work, signal)
        if not work.is_new(lead.lead_id, signal):
            continue
        _apply(work, judgement, signal, lead)
    judgement.close()
    return work.decision()


def decide_unmerge(
    known: Known, root_id: LeadId, member_id: LeadId, signal: Signal, rules: Rules, now: int
) -> Decision:
    """Take a lead out of the person it was merged into; ``signal`` is the operator's request. Empty when it is none."""
    work = Workspace(known, rules, now, signal.signal_id)
    judgement = Judgement(work)
    root, member = work.draft(root_id), work.draft(member_id)
    if unmerge(work, signal, root, member):
        for lead in (root, member):
            judgement.forget(lead)
            judgement.judge(lead, signal, moved=True)
    judgement.close()
    return work.decision()


def decide_link(
    known: Known, root_id: LeadId, identifier: Identifier, signal: Signal, rules: Rules, now: int
) -> Decision:
    """From now on the person owns this identifier of a record in another system.

    Whoever owned it before is the same person, as verified evidence would say. Nobody becomes verified by it, and it
    is no touch. ``signal`` says who linked it and when; its attribute ``object`` names the kind of record. Empty when
    the person owns it already.
    """
    work = Workspace(known, rules, now, signal.signal_id)
    judgement = Judgement(work)
    lead = work.draft(root_id)
    before = work.root(lead)
    if own(work, signal, lead, identifier):
        root = work.root(lead)
        system, _, remote_id = identifier.value.partition(":")
        kind = signal.attributes.get("object", "")
        work.fact(root, "RemoteLinked", signal, now, system=system, object=kind, remote_id=remote_id)
        if root is not before or root.members != root.before.members:
            judgement.forget(root)
            judgement.judge(root, signal, moved=True)
    judgement.close()
    return work.decision()


def decide_overdue(known: Known, root_id: LeadId, signal: Signal, rules: Rules, now: int) -> Decision:
    """A hand-over that nobody answered until it was due is overdue. Empty when somebody did, or there is time left."""
    work = Workspace(known, rules, now, signal.signal_id)
    root = work.root(work.draft(root_id))
    late = overdue(root.handover, now)
    if late is not None and late.due is not None:
        root.handover = late
        work.note(root, "handover_overdue", signal, owner=late.owner, due=late.due)
        work.fact(root, "HandoverOverdue", signal, late.due, owner=late.owner, due=late.due)
    return work.decision()


def _apply(work: Workspace, judgement: Judgement, signal: Signal, lead: Draft) -> None:
    """One signal's effects, in the order in which people would tell them."""
    merged = link(work, signal, lead)
    campaign = signal.utm.get("campaign", "")
    reference = signal.occurred_at, signal.signal_id, signal.kind, signal.channel, signal.source, campaign
    lead.record(signal, _reference(reference))
    had_phone = lead.profile.get("phone")
    told = lead.state(signal)
    if signal.phone and (had_phone is None or had_phone.value != signal.phone):
        work.phones.append((signal.phone, lead.lead_id))
    engaged = signal.human and lead.engage(signal, work.rules.scorer)
    root = work.root(lead)
    root.changed = True
    if told or merged:
        judgement.forget(root)
    _touch(work, root, lead, signal)
    for claim in signal.consents:
        _consent(work, root, lead, signal, claim)
    if not signal.is_touch:
        take_in(work, root, lead, signal)
    judgement.judge(root, signal, moved=told or merged or engaged)


def _touch(work: Workspace, root: Draft, lead: Draft, signal: Signal) -> None:
    touchpoint = (
        signal.signal_id,
        signal.kind,
        signal.occurred_at,
        signal.recorded_at,
        signal.source,
        signal.channel,
        int(signal.evidence),
        signal.vendor_id,
        signal.attributes,
        signal.answers,
        signal.utm,
        signal.flags,
        signal.archive_key,
    )
    work.touch(lead, _touchpoint(touchpoint))
    work.fact(
        root,
        "TouchpointRecorded",
        signal,
        signal.occurred_at,
        touchpoint_id=signal.signal_id,
        kind=signal.kind,
        channel=signal.channel,
        source=signal.source,
        campaign=signal.utm.get("campaign"),
        medium=signal.utm.get("medium"),
        content=signal.utm.get("content"),
        path=path if isinstance(path := signal.attributes.get("path"), str) else None,
        human=signal.human and signal.is_touch,
    )


def _consent(work: Workspace, root: Draft, lead: Draft, signal: Signal, claim: Any) -> None:
    """A statement about a purpose: into the register, the ledger, the history and onto the bus."""
    if not lead.subject_ref:
        lead.subject_ref = work.new_id("subject")
    before = {s.purpose: s for s in _consent_states(work, root)}.get(claim.purpose)
    contact_ref = lead.consent(signal, claim, work.new_id("contact"))
    held = {s.purpose: s for s in _consent_states(work, root)}.get(claim.purpose)
    event_id = work.new_id("consent")
    state_after = held.state if held else ("given" if claim.given else "withdrawn")
    header = ledger_header(signal, claim, event_id=event_id, contact_ref=contact_ref, state_after=state_after)
    payload = ledger_payload(signal, claim, contact_point(signal))
    work.consents.append(
        ConsentEvent(lead_id=lead.lead_id, subject_ref=lead.subject_ref, header=header, payload=payload)
    )
    kind = "consent_given" if claim.given else "consent_withdrawn"
    work.note(lead, kind, signal, purpose=claim.purpose, event_id=event_id, evidence=int(signal.evidence))
    if held is not None and (before is None or held.state != before.state):
        name = "ConsentGiven" if held.state == "given" else "ConsentWithdrawn"
        work.fact(
            root, name, signal, signal.occurred_at, purpose=claim.purpose, channel=held.channel, source=signal.source
        )


def _consent_states(work: Workspace, root: Draft) -> tuple[Any, ...]:
    leads = work.person(root)
    return states((lead.consents for lead in leads), verified=any(lead.verified for lead in leads))
