"""Who a signal is about, and which leads are one person.

Strong identifiers (external reference, e-mail) own a lead by a pointer that never moves; verified signals that carry
two of them join their leads for good. Weak ones (user, device) own a lead whose id is derived from them and attach to
the best link ever seen (see Attachment.precedence), so the outcome does not depend on the order of arrival. A merge
only writes an alias: rows stay where they are, and taking leads apart again is dropping the alias.
"""

from collections.abc import Callable

from shared.domain.identity.model import (
    ANONYMOUS,
    MAX_MEMBERS,
    NEVER,
    STRENGTH,
    STRONG,
    USER,
    Attachment,
    Identifier,
    Stamp,
)
from shared.domain.intake.signal import Signal
from shared.domain.lead.draft import Draft
from shared.domain.lead.model import LeadId
from shared.domain.lead.workspace import Workspace
from shared.domain.lifecycle.handover import merged
from shared.domain.lifecycle.policy import merge_stages


def carrier(work: Workspace, signal: Signal) -> Draft:
    """The lead that carries a signal's effects: the owner of its strongest identifier that has one, else a new lead."""
    by_strength = _by_strength(signal.identifiers)
    for identifier in by_strength:
        owner = work.owners.get(identifier)
        if identifier.kind in STRONG and owner is not None:
            return work.draft(owner)
    strongest = by_strength[0]
    if strongest.kind not in STRONG:
        return work.draft(work.owners[strongest])
    lead_id = work.new_id("lead")
    for identifier in by_strength:
        if identifier.kind in STRONG:
            _claim(work, identifier, lead_id)
    return work.draft(lead_id)


def link(work: Workspace, signal: Signal, lead: Draft) -> bool:
    """Note the identifiers and merge what is proven to be one person. True when leads or identifiers changed."""
    stamp = Stamp(signal.evidence, signal.occurred_at, signal.signal_id)
    strong = [i for i in _by_strength(signal.identifiers) if i.kind in STRONG]
    changed = False
    for identifier in strong:
        owner_id = work.owners.get(identifier)
        if owner_id is None:
            _claim(work, identifier, lead.lead_id)
            owner_id = lead.lead_id
        owner = work.draft(owner_id)
        changed |= owner.identify(identifier, stamp)
        owner.changed = True
        if owner is not lead and signal.evidence:
            changed |= _join(work, signal, lead, owner)
    for weak, parent in _weak_links(signal, strong):
        changed |= _attach(work, signal, weak, parent)
    for identifier in signal.identifiers:
        if identifier.kind not in STRONG and work.owners[identifier] == lead.lead_id:
            lead.identify(identifier, stamp)
    return changed


def own(work: Workspace, signal: Signal, lead: Draft, identifier: Identifier) -> bool:
    """Make a strong identifier belong to the person of a lead, merging with whoever owns it.

    False when it belongs there already, or its owner may not be merged. Nothing else is said about anybody: the person
    becomes no more verified by it.
    """
    stamp = Stamp(signal.evidence, signal.occurred_at, signal.signal_id)
    _claim(work, identifier, lead.lead_id)
    owner = work.draft(work.owners[identifier])
    if work.root(owner) is work.root(lead):
        if identifier in owner.identifiers:
            return False
    elif not (signal.evidence and _join(work, signal, lead, owner)):
        return False
    owner.identify(identifier, stamp)
    owner.changed = True
    return True


def unmerge(work: Workspace, signal: Signal, root: Draft, member: Draft) -> bool:
    """Take a member (and what hangs below it) out of a person, for good. False when it is no member of it."""
    if member.lead_id not in root.members:
        return False
    branch = _branch(work, member)
    root.members = tuple(m for m in root.members if m not in branch)
    member.members = tuple(sorted(branch - {member.lead_id}))
    member.merged_into = None
    member.attachment = None
    root.separate = tuple(sorted({*root.separate, member.lead_id}))
    member.separate = tuple(sorted({*member.separate, root.lead_id}))
    for draft, other in ((root, member), (member, root)):
        work.note(draft, "lead_unmerged", signal, other=other.lead_id)
    work.fact(root, "LeadUnmerged", signal, signal.occurred_at, loser_id=member.lead_id)
    return True


def _by_strength(identifiers: tuple[Identifier, ...]) -> list[Identifier]:
    """The strongest first. Most signals carry one only, and need no sorting."""
    if len(identifiers) == 1:
        return [*identifiers]
    return sorted(identifiers, key=lambda i: (-STRENGTH[i.kind], i.value))


def _claim(work: Workspace, identifier: Identifier, lead_id: LeadId) -> None:
    """A strong identifier nobody owns yet: its pointer is written on condition that this is still so."""
    if identifier not in work.owners:
        work.owners[identifier] = lead_id
        work.pointers.append((identifier, lead_id))


def _weak_links(signal: Signal, strong: list[Identifier]) -> list[tuple[Identifier, Identifier]]:
    """Which weak identifiers a signal links to which stronger ones."""
    if len(signal.identifiers) == 1 and signal.previous is None:
        return []
    users = [i for i in signal.identifiers if i.kind == USER]
    devices = [i for i in signal.identifiers if i.kind == ANONYMOUS]
    if signal.previous is not None and signal.previous not in devices:
        devices.append(signal.previous)
    links: list[tuple[Identifier, Identifier]] = []
    if strong:
        links += [(user, strong[0]) for user in users]
    anchor = strong[0] if strong else users[0] if users else None
    if anchor is not None:
        links += [(device, anchor) for device in devices]
    return links


def _attach(work: Workspace, signal: Signal, weak: Identifier, parent: Identifier) -> bool:
    """Attach a user or device to a stronger identifier, if this link is better than the one it has."""
    lead = work.draft(work.owners[weak])
    new = Attachment(parent, signal.evidence, signal.occurred_at, signal.signal_id)
    held = lead.attachment
    if held is not None and held.precedence <= new.precedence:
        return False
    target = work.draft(work.owners[parent])
    old_root, new_root = work.root(lead), work.root(target)
    if not _may_merge(work, signal, lead, old_root, new_root):
        return False
    branch = _branch(work, lead)
    if weak not in lead.identifiers:
        # Dated by the signals it carries itself; the link has its own stamp.
        lead.identify(weak, NEVER)
    lead.attachment, lead.merged_into, lead.changed = new, target.lead_id, True
    if old_root is new_root:
        return False
    if old_root is not lead:
        old_root.members = tuple(m for m in old_root.members if m not in branch)
        old_root.fit_version = ""  # what the device stated goes with it
        old_root.changed = True
    _adopt(work, signal, new_root, lead, branch)
    return True


def _join(work: Workspace, signal: Signal, a: Draft, b: Draft) -> bool:
    """Two strong identifiers of one verified signal: their persons are one. The older lead is the root."""
    roots = sorted({id(r): r for r in (work.root(a), work.root(b))}.values(), key=_seniority)
    if len(roots) == 1:
        return False
    winner, loser = roots
    if not _may_merge(work, signal, loser, loser, winner):
        return False
    branch = _branch(work, loser)
    loser.merged_into = winner.lead_id
    _adopt(work, signal, winner, loser, branch)
    return True


def _seniority(root: Draft) -> tuple[bool, bool, int, LeadId]:
    return (root.version == 0, not root.verified, root.created_at, root.lead_id)


def _adopt(work: Workspace, signal: Signal, root: Draft, lead: Draft, branch: frozenset[LeadId]) -> None:
    """Write the alias: the branch belongs to this root now."""
    root.members = tuple(sorted({*root.members, *branch}))
    root.fit_version = ""
    root.stage = merge_stages(work.rules.ladder, root.stage, lead.stage)
    root.handover = merged(root.handover, lead.handover)
    lead.members = ()
    lead.changed = root.changed = True
    if lead.version or work.has_told(lead):
        # A lead that has told the bus nothing has nothing to be taken over.
        work.note(root, "lead_merged", signal, other=lead.lead_id)
        work.fact(root, "LeadMerged", signal, signal.occurred_at, loser_id=lead.lead_id)


def _branch(work: Workspace, lead: Draft) -> frozenset[LeadId]:
    """A lead and every member below it."""
    if lead.merged_into is None:
        return frozenset({lead.lead_id, *lead.members})
    below: Callable[[LeadId], bool] = lambda member: _is_below(work, work.draft(member), lead)  # noqa: E731
    return frozenset({lead.lead_id, *filter(below, work.root(lead).members)})


def _is_below(work: Workspace, draft: Draft, top: Draft) -> bool:
    while draft.merged_into is not None:
        if draft.merged_into == top.lead_id:
            return True
        draft = work.draft(draft.merged_into)
    return False


def _may_merge(work: Workspace, signal: Signal, lead: Draft, lead_root: Draft, root: Draft) -> bool:
    """Whether nothing forbids it: people took them apart, or the person would grow beyond what a decision may read."""
    if root.lead_id in lead.separate or lead.lead_id in root.separate:
        return False
    if lead_root is not root and len(root.members) + len(_branch(work, lead)) > MAX_MEMBERS:
        work.note(root, "merge_suggested", signal, other=lead.lead_id, reason="IDENTITY.TOO_MANY_MEMBERS")
        return False
    return True
