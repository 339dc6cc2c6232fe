"""What the systems of sales and marketing tell of a person, beyond fields: answers, owners, opportunities, verdicts.

An order of a shop is an opportunity that nobody had to sell: it is recorded in the same way.
"""

from typing import Final

from shared.domain.company.policy import link as company_link
from shared.domain.intake.signal import REMOTE_CHANGED, Signal
from shared.domain.lead.draft import Draft
from shared.domain.lead.opportunity import Opportunity, add, fold, stated
from shared.domain.lead.workspace import Workspace
from shared.domain.lifecycle.handover import answered, assigned, in_time
from shared.domain.lifecycle.model import ACCEPTED

_TOLD_OF: Final = ("state", "stage", "amount", "currency", "opened_on", "closed_on", "account_id")


def take_in(work: Workspace, root: Draft, lead: Draft, signal: Signal) -> None:
    """Take over what a signal tells of sales and of orders. Only what really changed becomes a fact.

    Verified signals only: nobody with a public key speaks for sales, or says what was paid.
    """
    if not signal.evidence:
        return
    if signal.kind != REMOTE_CHANGED:
        _take_opportunity(work, root, lead, signal)
        return
    _take_owner(root, signal)
    _take_answer(work, root, signal)
    _take_opportunity(work, root, lead, signal)
    if signal.verdicts:
        _take_verdicts(work, root, signal)


def _take_owner(root: Draft, signal: Signal) -> None:
    if owner := signal.attributes.get("owner"):
        root.handover = assigned(root.handover, str(owner), signal.occurred_at) or root.handover


def _take_answer(work: Workspace, root: Draft, signal: Signal) -> None:
    state = str(signal.attributes.get("handover", ""))
    reason = str(signal.attributes.get("handover_reason", "")) or None
    held = root.handover
    new = answered(held, state, reason, signal.occurred_at)
    if new is None or held is None:
        return
    root.handover = new
    if new.state == held.state:
        return
    said = {"owner": new.owner, "answered_in_time": in_time(new), "due": new.due}
    if state == ACCEPTED:
        work.fact(root, "HandoverAccepted", signal, signal.occurred_at, **said)
    else:
        work.fact(root, "HandoverRejected", signal, signal.occurred_at, reason=reason, **said)
    work.note(root, f"handover_{state}", signal, owner=new.owner, reason=reason or "")


def _take_opportunity(work: Workspace, root: Draft, lead: Draft, signal: Signal) -> None:
    found = stated(signal)
    if found is None:
        return
    opportunity_id = found[0]
    before = _known(work, root, opportunity_id)
    lead.opportunities = add(lead.opportunities, *found)
    after = _known(work, root, opportunity_id)
    if after is None or (before is not None and _told(before) == _told(after)):
        return
    # The account of the CRM is the buyer's company. Who ordered in a shop buys for the company that person belongs to.
    company = company_link(signal) if signal.kind == REMOTE_CHANGED else None
    work.fact(
        root,
        "OpportunityChanged",
        signal,
        signal.occurred_at,
        opportunity_id=opportunity_id,
        company_id=company.company_id if company else None,
        origin=after.origin or "crm",
        **{name: getattr(after, name) or None for name in _TOLD_OF},
    )


def _told(opportunity: Opportunity) -> tuple[str, ...]:
    return tuple([getattr(opportunity, name) for name in _TOLD_OF])


def _known(work: Workspace, root: Draft, opportunity_id: str) -> Opportunity | None:
    return fold(lead.opportunities for lead in work.person(root)).get(opportunity_id)


def _take_verdicts(work: Workspace, root: Draft, signal: Signal) -> None:
    for verdict in signal.verdicts:
        work.fact(
            root,
            "FieldConflictResolved",
            signal,
            signal.occurred_at,
            system=verdict.system,
            field=verdict.field,
            rule=verdict.rule,
            winner=verdict.winner,
        )
    work.note(
        root,
        "conflicts_resolved",
        signal,
        reason=", ".join(verdict.field for verdict in signal.verdicts),
        verdicts=[verdict._asdict() for verdict in signal.verdicts],
    )
