"""WooCommerce webhooks: orders as they stand, and customers. Signed with HMAC-SHA256 of the body, in Base64.

https://developer.woocommerce.com/docs/best-practices/urls-and-routing/webhooks/ and the REST API's order (v3). Saving
a webhook sends ``webhook_id=1``, unsigned, and wants 2xx. An order is sent several times per change, and again with
every edit: ``date_modified`` names the version. Times are UTC in the ``_gmt`` fields, without a zone.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from shared.contracts.intake import InboundRequest, Rejected, Submission
from shared.domain.intake.fields import Found, scalar
from shared.domain.intake.orders import LOST, PAID, PLACED
from shared.domain.intake.payload import read_payload
from shared.domain.intake.problem import Problem
from shared.domain.intake.signatures import Proof, proves
from shared.domain.money.amounts import known, plain

TOPIC: Final = "x-wc-webhook-topic"
_PING: Final = re.compile(rb"\s*webhook_id=\d+\s*")
_CHANGES: Final = {
    "pending": PLACED, "on-hold": PLACED,
    "processing": PAID, "completed": PAID,
    "cancelled": LOST, "refunded": LOST, "failed": LOST, "trash": LOST,
}  # fmt: skip
"""Statuses that every shop has. One of a plugin's own is paid when the order says when it was."""
_DRAFTS: Final = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
"""A cart that somebody is filling."""
_KINDS: Final = {PLACED: "order_placed", PAID: "order_paid", LOST: "order_refunded"}
_CAMPAIGN: Final = "_wc_order_attribution_utm_"
"""Where WooCommerce (8.5 and later) keeps the campaign that the order came from."""


def verify(request: InboundRequest, scheme: str, secrets: Sequence[str]) -> bool:
    """The signature of the body; the ping of a new webhook has none, and says nothing."""
    if scheme == "woocommerce" and _is_ping(request):
        return True
    proof = Proof(headers=request.headers, query=request.query, body=request.body, now=request.received_at)
    return proves(scheme, proof, secrets)


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:  # noqa: ARG001 - the port's
    """The order or the customer of a delivery; nothing for a ping and for what we did not ask for."""
    if _is_ping(request):
        return []
    payload = read_payload(request.body, request.headers)
    resource, _, event = request.headers.get(TOPIC, "").partition(".")
    body = payload.object
    if resource == "order" and event in ("created", "updated", "restored"):
        return _order(body, payload.flags)
    if resource == "customer" and event in ("created", "updated"):
        return [_customer(body, event, payload.flags)]
    return []


def _is_ping(request: InboundRequest) -> bool:
    return TOPIC not in request.headers and _PING.fullmatch(request.body) is not None


def _order(body: Mapping[str, Any], flags: tuple[str, ...]) -> list[Submission | Rejected]:
    status = scalar(body.get("status")) or ""
    if status in _DRAFTS:
        return []
    order_id, modified = scalar(body.get("id")), _time(body, "date_modified")
    if not (order_id and status):
        raise Problem("INTAKE.MALFORMED_EVENT", status=400, detail="An order has an id and a status.")
    paid = _time(body, "date_paid")
    change = _CHANGES.get(status, PAID if paid else PLACED)
    placed = _time(body, "date_created")
    attributes = {
        "order_id": order_id,
        "order_change": change,
        "order_status": status,
        "amount": _amount(body, change),
        "currency": scalar(body.get("currency")),
        "placed_on": placed,
        "closed_on": {PAID: paid or _time(body, "date_completed") or modified, LOST: modified}.get(change),
    }
    return [
        Submission(
            kind=_KINDS[change],
            vendor_id=f"order:{order_id}:{modified or status}",
            occurred_at=f"{modified or placed}Z" if modified or placed else None,
            utm=_campaign(body),
            flags=flags,
            attributes={name: text for name, text in attributes.items() if text},
            **_person(body),
        )
    ]


def _amount(body: Mapping[str, Any], change: str) -> str:
    """What the order came to, less what was given back. One that is lost keeps what it would have come to."""
    total = known(scalar(body.get("total")) or "")
    if total is None:
        return ""
    listed = body.get("refunds")
    refunds = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    # Refunds are below zero; of some versions they are above.
    given_back = sum((abs(known(scalar(one.get("total")) or "") or Decimal(0)) for one in refunds), Decimal(0))
    return plain(total if change == LOST else max(total - given_back, Decimal(0)))


def _customer(body: Mapping[str, Any], event: str, flags: tuple[str, ...]) -> Submission:
    version = event if event == "created" else _time(body, "date_modified")
    at = _time(body, "date_modified") or _time(body, "date_created")
    customer_id = scalar(body.get("id")) or ""
    return Submission(
        kind="identified",
        vendor_id=f"customer:{customer_id}:{version}" if customer_id else None,
        occurred_at=f"{at}Z" if at else None,
        flags=flags,
        **_person(body),
    )


def _person(body: Mapping[str, Any]) -> Found:
    """Who pays: the billing address, and what the account says beside it."""
    given = body.get("billing")
    billing: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    names = ("email", "first_name", "last_name", "company", "phone", "country")
    found = {name: scalar(billing.get(name)) or scalar(body.get(name)) for name in names}
    return {name: text.strip() for name, text in found.items() if text and text.strip()}


def _campaign(body: Mapping[str, Any]) -> dict[str, str]:
    listed = body.get("meta_data")
    items = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    keys = {f"{_CAMPAIGN}{name}": name for name in ("source", "medium", "campaign", "content", "term")}
    return {
        keys[key]: text
        for item in items
        if (key := str(item.get("key"))) in keys and (text := scalar(item.get("value")))
    }


def _time(body: Mapping[str, Any], name: str) -> str:
    """A time in UTC; shops of old versions have no such field, only that of the shop's own clock."""
    return scalar(body.get(f"{name}_gmt")) or scalar(body.get(name)) or ""
