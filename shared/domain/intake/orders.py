"""What senders say of an order, as the attributes by which a decision knows an opportunity.

One order is one opportunity for ever: ``order:<shop>:<order id>``. Only what is proved is told: a page that holds a
public key may claim that something was bought, but money is what a shop, a billing system or the books say.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from shared.domain.instant import Instant
from shared.domain.money.amounts import CURRENCY, LARGEST, NotAnAmount, plain, read_amount

PLACED, PAID, LOST, REFUNDED, UPDATED = "placed", "paid", "lost", "refunded", "updated"
"""What became of an order. LOST: cancelled, failed or given back whole; REFUNDED: the amount was given back."""

AMOUNTS: Final = ("amount", "revenue", "total", "subtotal", "value")
"""Names of the amount, the best first: ``revenue`` is without tax and shipping, ``total`` with them (Segment Spec)."""

FIELDS: Final = ("order_id", "order_change", "order_status", *AMOUNTS, "currency", "placed_on", "closed_on")
"""What a statement is made of. ``placed_on`` and ``closed_on`` are days, where they are not that of the event."""

RESERVED: Final = frozenset(
    {"opportunity_id", "opportunity_state", "opportunity_stage", "origin", "opened_on", "refunded", "refunded_on"}
)
"""Attributes that are made here or by a connector of the CRM: no sender brings them."""

MAX_ORDER_ID: Final = 80
_ORDER_ID: Final = re.compile(r"[A-Za-z0-9][\w./#-]*", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_CHANGES: Final = {"order_placed": PLACED, "order_paid": PAID, "order_refunded": REFUNDED}
_STATES: Final = {PLACED: "open", PAID: "won", LOST: "lost"}


def said_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that an object says of an order, by our names; ``order_id`` and amounts as text or number."""
    return {
        name: values[name]
        for name in FIELDS
        if isinstance(values.get(name), (str, int, float)) and not isinstance(values[name], bool)
    }


def statement(
    kind: str, said: Mapping[str, Any], *, shop: str, currency: str, at: Instant
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The attributes of an opportunity that an event states, and flags; nothing when it is about no order.

    ``kind`` of the signal says what became of the order unless ``order_change`` does. ``currency`` is that of a shop
    that names none. An amount that cannot be read for certain is left out and flagged: it is in no sum.
    """
    change = str(said.get("order_change") or _CHANGES.get(kind, ""))
    order_id = str(said.get("order_id") or "").strip()
    if not change or not order_id:
        return {}, ()
    amount, flags = _amount(said)
    code, bad_currency = _currency(said.get("currency") or currency)
    day = _day(at)
    found = {"opportunity_id": opportunity_id(shop, order_id), "origin": "shop"}
    if change == REFUNDED and flags:
        return {}, flags  # nobody knows how much of it
    if change == REFUNDED and amount:
        return found | {"refunded": amount, "refunded_on": day}, flags
    # Given back without an amount is given back whole.
    state = _STATES[LOST] if change == REFUNDED else _STATES.get(change, "")
    given_on, closed_on = (_given_day(said.get(name)) for name in ("placed_on", "closed_on"))
    found |= {
        "opportunity_state": state,
        "opportunity_stage": str(said.get("order_status") or ""),
        "amount": amount,
        "currency": code if amount else "",
        "opened_on": given_on or (day if change == PLACED else ""),
        "closed_on": (closed_on or day) if state in ("won", "lost") else "",
    }
    return {name: text for name, text in found.items() if text}, (*flags, *(bad_currency if amount else ()))


def opportunity_id(shop: str, order_id: str) -> str:
    """The id of an order; one that is long, or that might name somebody, is known by its digest."""
    plain_id = len(order_id) <= MAX_ORDER_ID and _ORDER_ID.fullmatch(order_id)
    return (
        f"order:{shop}:{order_id if plain_id else hashlib.sha256(order_id.encode('utf-8', 'replace')).hexdigest()[:32]}"
    )


def _amount(said: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    value = next((said[name] for name in AMOUNTS if said.get(name) not in (None, "")), None)
    if value is None:
        return "", ()
    try:
        # The shortest text that means a number is what its sender wrote; what is left of binary fractions is no money.
        amount = Decimal(repr(value)) if isinstance(value, (int, float)) else read_amount(str(value))
    except (NotAnAmount, ArithmeticError):
        return "", ("order:amount",)
    return (plain(amount), ()) if 0 <= amount < LARGEST else ("", ("order:amount",))


def _currency(value: object) -> tuple[str, tuple[str, ...]]:
    code = str(value or "").strip().upper()
    return (code, ()) if CURRENCY.fullmatch(code) else ("", ("order:currency",))


def _given_day(value: object) -> str:
    """The day of a date or a time: shops write both."""
    found = _DAY.match(str(value or ""))
    return found[0] if found else ""


def _day(at: Instant) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
