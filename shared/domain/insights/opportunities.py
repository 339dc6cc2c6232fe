"""Opportunities of the CRM and orders of shops, each once, with the people and the marketing behind them.

This is the definition; ``shared/adapters/duckdb`` computes the same in SQL, and a property test holds both equal.

Opportunity
    What was told last of its id, whoever of its people it was told about.
People
    Persons it was told about (its holders), and everybody of its company.
Company
    The one behind the CRM's account; else the smallest company id of its holders; else its first holder stands alone.
Marketing opportunity
    There is a hand-over of one of its people not earlier than the first touch of any of them, and the opportunity was
    opened on the day (UTC) of that hand-over or later: marketing touch, then hand-over, then opportunity. An order of a
    shop needs no hand-over, for nobody sells it: it was placed on the day of the first touch or later.
Channel, campaign, content
    Those of the first touch of its people.
Owner
    Who gave the latest answer to a hand-over of its people.
Consumed
    Touches of its people that consumed content.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from shared.domain.insights.metrics import label_of
from shared.domain.insights.model import NOBODY, Deal, LeadId, Person
from shared.domain.insights.persons import UNASSIGNED, latest

SHOP: Final = "shop"
"""The origin of an order. An opportunity of the CRM has ``crm``, or none when it was told before orders were known."""


class Opportunity(NamedTuple):
    """An opportunity with what reports ask about it. ``""`` is unknown; ``amount`` is text as the CRM said it."""

    opportunity_id: str
    state: str
    amount: str
    currency: str
    opened_on: str
    closed_on: str
    company: str
    marketing: bool
    channel: str
    campaign: str
    content: str
    owner: str
    consumed: int
    origin: str
    lead_ids: tuple[LeadId, ...]
    """Holders, in order of id."""


def opportunities(people: Iterable[Person]) -> tuple[Opportunity, ...]:
    """Every opportunity once, in order of id."""
    holders: dict[str, list[Person]] = {}
    colleagues: dict[str, list[Person]] = {}
    for person in sorted(people, key=lambda person: person.lead_id):
        for name in person.opportunities:
            holders.setdefault(name, []).append(person)
        if person.company_id:
            colleagues.setdefault(person.company_id, []).append(person)
    return tuple(_opportunity(name, holders[name], colleagues) for name in sorted(holders))


def _opportunity(name: str, holders: Sequence[Person], colleagues: dict[str, list[Person]]) -> Opportunity:
    deal: Deal = max((person.opportunities[name] for person in holders), key=latest)
    companies = [person.company_id for person in holders if person.company_id]
    company = deal.company_id or min(companies, default="")
    people = {person.lead_id: person for person in (*holders, *colleagues.get(company, ()))}.values()
    first = min((person.first_touch for person in people if person.first_touch), default=None)
    asked = [ask.requested_at for person in people for ask in person.asks.values() if ask.requested_at is not None]
    handed_over = min((at for at in asked if first and at >= first.occurred_at), default=None)
    begun = (first.occurred_at if first else None) if deal.origin == SHOP else handed_over
    answers = [ask.answer for person in people for ask in person.asks.values() if ask.answer and ask.answer.owner]
    return Opportunity(
        opportunity_id=name,
        state=deal.state,
        amount=deal.amount,
        currency=deal.currency,
        opened_on=deal.opened_on,
        closed_on=deal.closed_on,
        company=company or holders[0].lead_id,
        marketing=begun is not None and label_of(begun, "day") <= deal.opened_on,
        channel=first.channel if first else UNASSIGNED,
        campaign=first.campaign if first else "",
        content=first.content if first else "",
        owner=max(answers, default=NOBODY).owner,
        consumed=sum(person.content for person in people),
        origin=deal.origin,
        lead_ids=tuple(person.lead_id for person in holders),
    )
