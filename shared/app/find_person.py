"""A person by the id of any of its leads: the root it resolves to now, and the root's members."""

from typing import Final

from shared.domain.lead.model import Lead, LeadId
from shared.ports.leads import LeadStore

_MAX_CHAIN: Final = 32


def find_person(store: LeadStore, lead_id: LeadId) -> tuple[Lead, tuple[Lead, ...]] | None:
    """Root and members, strongly consistent; None when there is no such lead."""
    found = store.get_many([lead_id])
    root = found.get(lead_id)
    for _ in range(_MAX_CHAIN):
        if root is None or root.merged_into is None:
            break
        above = root.merged_into
        root = store.get_many([above]).get(above)
    if root is None or root.merged_into is not None:
        return None
    members = store.get_many(list(root.members)) if root.members else {}
    return root, tuple(members[member] for member in root.members if member in members)
