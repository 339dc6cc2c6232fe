"""Taking a wrong merge apart: the alias is dropped, both leads keep their own rows, and they never merge again.

Emits LeadUnmerged (and ScoreChanged, StageChanged where they follow) through the outbox.
"""

from dataclasses import dataclass

from shared.app.decide_person import commit_loaded
from shared.domain.identity.model import Evidence
from shared.domain.intake.problem import Problem
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide_unmerge
from shared.domain.lead.decision import Decision, Known
from shared.domain.lead.model import Lead, LeadId
from shared.domain.lead.rules import Rules
from shared.ports.clock import Clock
from shared.ports.leads import LeadConflict, LeadStore

ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Unmerged:
    """The two persons there are now."""

    root_id: LeadId
    member_id: LeadId


def unmerge_lead(root_id: LeadId, member_id: LeadId, *, store: LeadStore, rules: Rules, clock: Clock) -> Unmerged:
    """Take ``member_id``, and whatever hangs below it, out of the person ``root_id``.

    Raises:
        Problem: LEAD.UNKNOWN (404), LEAD.NOT_MERGED (409): the second is no part of the first;
            LEAD.BUSY (503): other decisions were faster every time.
        shared.ports.failures.StoreUnavailable: not now; nothing was written.
    """

    def make(known: Known) -> Decision:
        if member_id not in known.leads[root_id].members:
            raise Problem("LEAD.NOT_MERGED", status=409, detail="That lead is not a part of this person.")
        now = clock.now()
        request = Signal(
            signal_id=f"unmerge_{member_id}_{known.leads[member_id].version}",
            kind="identity_linked",
            occurred_at=now,
            recorded_at=now,
            source="operator",
            evidence=Evidence.VERIFIED,
            identifiers=(),
        )
        return decide_unmerge(known, root_id, member_id, request, rules, now)

    try:
        commit_loaded(make, lambda: _person(root_id, store), store=store, attempts=ATTEMPTS)
    except LeadConflict:
        raise Problem("LEAD.BUSY", status=503, detail="Other decisions were faster. Try again.") from None
    return Unmerged(root_id, member_id)


def _person(root_id: LeadId, store: LeadStore) -> Known:
    root = store.get(root_id)
    if root is None:
        raise Problem("LEAD.UNKNOWN", status=404, detail="There is no lead of that id.")
    if root.merged_into is not None:
        raise Problem("LEAD.NOT_MERGED", status=409, detail="This lead is itself a part of another person.")
    leads: dict[LeadId, Lead] = {root_id: root, **store.get_many(root.members)}
    return Known(leads=leads)
