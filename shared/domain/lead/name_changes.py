"""Which names a decision changed: people are found by the name under which they are shown, at their root lead only."""

from collections.abc import Mapping
from typing import Final

from shared.domain.lead.decision import NameWrite
from shared.domain.lead.model import Lead, LeadId
from shared.domain.lead.names import full_name, name_words
from shared.domain.lead.projection import visible_fields

_NAMES: Final = ("name", "first_name", "last_name")


def name_changes(before: Mapping[LeadId, Lead], written: Mapping[LeadId, Lead]) -> tuple[NameWrite, ...]:
    """What to write about names, in order of lead.

    Args:
        before: all leads of the persons involved as they were, new ones left out.
        written: the leads that the decision writes, as they will be.
    """
    if not any(_may_rename(before.get(lead_id), lead) for lead_id, lead in written.items()):
        return ()
    after = {**before, **written}
    roots = {root for lead_id in written for root in (_root(before, lead_id), _root(after, lead_id)) if root}
    changes = []
    for root in sorted(roots):
        was, now = _words(before, root), _words(after, root)
        if set(was) != set(now):
            changes.append(NameWrite(root, now, tuple(word for word in was if word not in now)))
    return tuple(changes)


def _may_rename(was: Lead | None, now: Lead) -> bool:
    """Cheap, because it is asked for every decision: most write no name and move nobody."""
    if was is None:
        return bool(now.members) or not now.profile.keys().isdisjoint(_NAMES)
    if (now.members, now.merged_into, now.verified) != (was.members, was.merged_into, was.verified):
        return True
    return now.profile is not was.profile and any(now.profile.get(key) != was.profile.get(key) for key in _NAMES)


def _root(leads: Mapping[LeadId, Lead], lead_id: LeadId) -> LeadId | None:
    found = leads.get(lead_id)
    passed: set[LeadId] = set()
    while found is not None and found.merged_into is not None and found.lead_id not in passed:
        passed.add(found.lead_id)
        found = leads.get(found.merged_into)
    return found.lead_id if found else None


def _words(leads: Mapping[LeadId, Lead], root_id: LeadId) -> tuple[str, ...]:
    """The words of a person's name; none for a lead that is a part of somebody else, or not there yet."""
    root = leads.get(root_id)
    if root is None or root.merged_into is not None:
        return ()
    person = [root, *(leads[member] for member in root.members if member in leads)]
    profile = visible_fields((lead.profile for lead in person), verified=any(lead.verified for lead in person))
    return name_words(full_name(profile) or "")
