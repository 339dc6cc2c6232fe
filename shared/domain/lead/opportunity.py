"""Opportunities of a person, as the CRM and shops tell of them: registers by id, bounded, folded over merged leads.

The CRM tells everything of an opportunity each time, so the latest statement holds. A shop may tell of an order in
parts: placed, paid, given back. Its parts are registers and sums of their own, so that they may come in any order.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from shared.domain.identity.model import Stamp
from shared.domain.intake.signal import Signal
from shared.domain.money.amounts import known, plain

MAX_OPPORTUNITIES: Final = 50
"""Of so many a head knows; beyond it those told of longest ago are forgotten, so that a head stays bounded."""

SHOP: Final = "shop"
"""The origin of an order. Opportunities of the CRM have none."""

_FURTHER: Final = {"": 0, "open": 1, "won": 2, "lost": 3}
"""Of two states at one instant the further one holds: shops know seconds, books know days."""


class Opportunity(NamedTuple):
    """One opportunity; the greatest stamp holds. ``""`` is unknown.

    ``state`` is ``open``, ``won`` or ``lost``, ``stage`` the CRM's own name of it. ``amount`` is a plain decimal in
    ``currency`` (ISO 4217). ``opened_on`` and ``closed_on`` are calendar days (``2026-11-21``) of the CRM, for an order
    days of UTC. ``stamp`` is that of the state. The last four are about orders only: the statement that told the
    amount, when it was not the one that told the state, and what was given back since, with the day of the latest.
    """

    stamp: Stamp
    state: str
    stage: str = ""
    amount: str = ""
    currency: str = ""
    opened_on: str = ""
    closed_on: str = ""
    account_id: str = ""
    origin: str = ""
    priced_at: int = 0
    priced_by: str = ""
    refunded: str = ""
    refunded_on: str = ""


def stated(signal: Signal) -> tuple[str, Opportunity] | None:
    """The opportunity that a signal tells of, with its id; None when of none. Claims tell of none."""
    found = signal.attributes.get("opportunity_id")
    if not found or not signal.evidence:
        return None
    opportunity_id, amount = str(found), _text(signal, "amount")
    shop = _text(signal, "origin") == SHOP
    return opportunity_id, Opportunity(
        Stamp(signal.evidence, signal.occurred_at, signal.signal_id),
        _text(signal, "opportunity_state"),
        _text(signal, "opportunity_stage"),
        amount,
        # A currency belongs to an amount, and goes where that goes.
        _text(signal, "currency") if amount or not shop else "",
        _text(signal, "opened_on"),
        _text(signal, "closed_on"),
        _text(signal, "account_id"),
        SHOP if shop else "",
        signal.occurred_at if shop and amount else 0,
        signal.signal_id if shop and amount else "",
        _text(signal, "refunded") if shop else "",
        _text(signal, "refunded_on") if shop else "",
    )


def add(held: Mapping[str, Opportunity], opportunity_id: str, new: Opportunity) -> dict[str, Opportunity]:
    """The opportunities with one more statement, which must not be counted in them yet.

    Commutes: registers and sums per id, then the greatest stamps of all. Of an order that was forgotten and comes back
    only what is told from then on is known.
    """
    together = dict(held)
    together[opportunity_id] = _joined(new, held.get(opportunity_id))
    if len(together) > MAX_OPPORTUNITIES:
        del together[min(together, key=lambda key: (together[key].stamp, key))]
    return together


def fold(mappings: Iterable[Mapping[str, Opportunity]]) -> dict[str, Opportunity]:
    """The opportunities of several leads that are one person as they stand, in order of id."""
    together: dict[str, Opportunity] = {}
    for mapping in mappings:
        for opportunity_id, found in mapping.items():
            together[opportunity_id] = _joined(found, together.get(opportunity_id))
    return {key: _settled(found) for key, found in sorted(together.items())}


def _joined(one: Opportunity, other: Opportunity | None) -> Opportunity:
    """Two statements about the same opportunity as one."""
    if other is None:
        return one
    if one.origin != SHOP or other.origin != SHOP:
        return max(one, other)
    standing, price = max(one, other, key=_standing), max(one, other, key=_priced)
    return standing._replace(
        amount=price.amount,
        currency=price.currency,
        priced_at=price.priced_at,
        priced_by=price.priced_by,
        opened_on=min(filter(None, (one.opened_on, other.opened_on)), default=""),
        refunded=_sum(one.refunded, other.refunded),
        refunded_on=max(one.refunded_on, other.refunded_on),
    )


def _standing(order: Opportunity) -> tuple[bool, int, int, str]:
    """What tells of a state, however early, comes before what tells of none: a change of the amount, a refund."""
    return bool(order.state), order.stamp.occurred_at, _FURTHER.get(order.state, 0), order.stamp.signal_id


def _priced(order: Opportunity) -> tuple[bool, int, Decimal, str]:
    """Of two amounts at one instant the lower one holds: what is given back on the day of the payment lowers it."""
    return bool(order.amount), order.priced_at, -(known(order.amount) or Decimal(0)), order.priced_by


def _sum(one: str, other: str) -> str:
    amounts = [amount for text in (one, other) if (amount := known(text)) is not None]
    return f"{sum(amounts):f}" if amounts else ""


def _settled(found: Opportunity) -> Opportunity:
    """An order as it stands: less what was given back, lost when that is all of it.

    Nobody tells of a day on which an order was opened when only its payment is reported: then it is that day.
    """
    if found.origin != SHOP:
        return found
    order = found._replace(opened_on=found.opened_on or found.closed_on)
    amount, refunded = known(order.amount), known(order.refunded)
    if amount is None or not refunded:
        return order
    if refunded >= amount:
        return order._replace(state="lost", closed_on=order.refunded_on or order.closed_on)
    return order._replace(amount=plain(amount - refunded))


def _text(signal: Signal, name: str) -> str:
    return str(signal.attributes.get(name, ""))
