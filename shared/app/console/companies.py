"""A company as a page: what it brought in, who is there, and why an opportunity counts as one of marketing."""

from typing import Final, NamedTuple

from shared.app.console import forms, times, words
from shared.contracts import api

WHY: Final = {
    "opened_after_handover": "Marketing: touched, handed over to sales, then opened.",
    "order_after_touch": "Marketing: touched, then ordered.",
    "never_touched": "Not marketing: nobody there was touched.",
    "never_handed_over": "Not marketing: nobody there was handed over to sales after a touch.",
    "opened_before_handover": "Not marketing: sales had opened it before anybody was handed over.",
    "order_before_touch": "Not marketing: ordered before anybody was touched.",
}
STATES: Final = {"won": "good", "lost": "bad", "open": "calm"}
ORIGINS: Final = {"shop": "Order", "crm": "Opportunity"}


class Figure(NamedTuple):
    """A key figure of a company, and what it is made of."""

    label: str
    value: str
    note: str


class Deal(NamedTuple):
    """An opportunity or an order, as people read it. ``steps`` are what was, with its day, in order."""

    deal: api.CompanyDeal
    what: str
    amount: str
    tone: str
    why: str
    steps: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, str], ...]


class View(NamedTuple):
    """Everything on the page of a company."""

    name: str
    figures: tuple[Figure, ...]
    deals: tuple[Deal, ...]


def view(company: api.Company) -> View:
    """The page."""
    stage = words.stage(company.stage) if company.stage else times.NONE
    won = sum(deal.state == "won" for deal in company.opportunities)
    figures = (
        Figure("People", times.number(company.people), f"{times.number(company.leads)} of them leads"),
        Figure("Furthest stage", stage, "that any of them reached"),
        Figure("Touches", times.number(company.touches), f"{times.number(company.content)} with content"),
        Figure("Won", forms.glance(company.won_amount, company.currency), f"{times.number(won)} won"),
        Figure("Marketing revenue", forms.glance(company.marketing_amount, company.currency), "of what was won"),
    )
    names = {person.id: person.name or person.email or "Without a name" for person in company.persons}
    names |= {merged: names[person.id] for person in company.persons for merged in person.merged_ids}
    return View(
        company.name or company.domain or "A company without a name",
        figures,
        tuple(_deal(deal, names) for deal in company.opportunities),
    )


def _deal(deal: api.CompanyDeal, names: dict[str, str]) -> Deal:
    handed_over = deal.handed_over_on
    if deal.marketing and handed_over and deal.opened_on and handed_over > deal.opened_on:
        # The hand-over that counted was an earlier one; people know only of their latest.
        handed_over = None
    steps = {
        "First touch": deal.touched_on,
        "Handed over": None if deal.origin == "shop" else handed_over,
        "Ordered" if deal.origin == "shop" else "Opened": deal.opened_on,
        "To close" if deal.state == "open" else "Closed": deal.closed_on,
    }
    return Deal(
        deal=deal,
        what=ORIGINS.get(deal.origin, "Opportunity"),
        amount=forms.money(deal.amount),
        tone=STATES.get(deal.state, "calm"),
        why=WHY[deal.why],
        steps=tuple((name, day) for name, day in steps.items() if day),
        names=tuple((lead_id, names[lead_id]) for lead_id in deal.lead_ids if lead_id in names),
    )
