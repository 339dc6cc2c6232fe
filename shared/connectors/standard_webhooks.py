"""Standard Webhooks (and Svix): ``{"type", "timestamp", "data"}``; ``webhook-id`` is the same for every retry.

https://github.com/standard-webhooks/standard-webhooks . Types are those of our events with a dot (``lead.submitted``,
``email.clicked``, ``consent.withdrawn``); what we do not know is not for us and is answered 200.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.intake import SIGNAL_KINDS, InboundRequest, Rejected, Submission
from shared.domain.intake.fields import read_fields, scalar
from shared.domain.intake.orders import FIELDS, LOST, PAID
from shared.domain.intake.payload import read_payload

_ALIASES: Final = {
    "lead.submitted": "form_submitted",
    "lead.created": "form_submitted",
    "form.response_completed": "form_submitted",
    "contact.identified": "identified",
    "contact.created": "identified",
    "contact.updated": "identified",
    "customer.created": "identified",
    "company.identified": "company_identified",
    "identity.merged": "identity_linked",
    "email.spam_reported": "email_complained",
    "email.unsubscribed": "consent_withdrawn",
    "sms.undelivered": "sms_failed",
    "call.received": "call_completed",
    "payment.succeeded": "order_paid",
    "payment.refunded": "order_refunded",
    "order.completed": "order_placed",
    "order.cancelled": "order_refunded",
    "order.canceled": "order_refunded",
    "survey.completed": "survey_answered",
}
_ORDERS: Final = {"order.completed": PAID, "order.cancelled": LOST, "order.canceled": LOST}
"""What became of an order, where the signal's kind does not say it."""

_NOT_FOR_SENDERS: Final = frozenset({"remote_changed", "lead_notified", "custom_event"})
"""Signals that only our own connectors make."""

_ATTRIBUTES: Final = (
    "form_id", "form_name", "event", "content_id", "asset", *FIELDS,
    "campaign_id", "message_id", "webinar_id", "product_id", "duration", "group_id",
)  # fmt: skip


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:
    """One event, or none when its type means nothing to us."""
    payload = read_payload(request.body, request.headers)
    body = payload.object
    event_type = scalar(body.get("type")) or ""
    kind = kind_of(event_type)
    if kind is None:
        return []
    given = body.get("data")
    data: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    found = read_fields(data, options)
    found["vendor_id"] = request.headers.get("webhook-id") or request.headers.get("svix-id")
    found["occurred_at"] = found.get("occurred_at") or scalar(body.get("timestamp"))
    found["consents"] = found.get("consents", {}) | _purpose(kind, data)
    found["attributes"] = found.get("attributes", {}) | {
        key: data[key] for key in _ATTRIBUTES if isinstance(data.get(key), (str, int, float))
    }
    if change := _ORDERS.get(event_type.lower()):
        found["attributes"]["order_change"] = change
    found["previous_id"] = scalar(data.get("previous_id"))
    for name in _ATTRIBUTES:
        found.get("answers", {}).pop(name, None)
    flags = (*payload.flags, *found.pop("flags", ()))
    return [Submission(kind=kind, flags=flags, **found)]


def kind_of(event_type: str) -> str | None:
    """Our signal for a type of event."""
    name = event_type.lower()
    kind = _ALIASES.get(name) or name.replace(".", "_")
    return kind if kind in SIGNAL_KINDS and kind not in _NOT_FOR_SENDERS else None


def _purpose(kind: str, data: Mapping[str, Any]) -> dict[str, bool]:
    """``consent.given`` and ``consent.withdrawn`` name one purpose, or several."""
    if kind not in ("consent_given", "consent_withdrawn"):
        return {}
    named = data.get("purposes") or data.get("purpose") or ("ad.email" if kind == "consent_withdrawn" else [])
    purposes = named if isinstance(named, list) else [named]
    return {purpose: kind == "consent_given" for purpose in purposes if isinstance(purpose, str)}
