"""Events in the words of the Segment Spec (identify, group, alias, page, screen, track), which half the world speaks.

https://segment.com/docs/connections/spec/ . Knows nothing about batches, keys and signatures: that is the connector's.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.instant import MINUTE, Instant
from shared.domain.intake.campaign import utm_of_object, utm_of_url
from shared.domain.intake.fields import Found, named_values, scalar
from shared.domain.intake.orders import LOST, PAID, UPDATED, said_of
from shared.domain.intake.problem import Problem
from shared.domain.intake.text import fold
from shared.domain.intake.timestamps import read_time

KINDS: Final = {
    "identify": "identified",
    "group": "company_identified",
    "alias": "identity_linked",
    "page": "page_viewed",
    "screen": "screen_viewed",
    "track": "custom_event",
}

SEMANTIC: Final[Mapping[str, str]] = {
    fold(name): kind
    for kind, names in {
        "order_placed": "Order Completed,Order Placed,Purchase,Purchased,Purchased an Item,Checkout Completed",
        "order_paid": "Order Paid,Payment Succeeded,Payment Completed",
        "order_refunded": "Order Refunded,Order Cancelled,Order Canceled,Order Partially Refunded",
        "product_viewed": "Product Viewed",
        "cart_updated": "Product Added,Product Removed,Cart Viewed,Cart Updated,Checkout Started,Checkout Step Viewed,"
        "Checkout Step Completed",
        "content_downloaded": "Content Downloaded,File Downloaded,Asset Downloaded,Document Downloaded,"
        "Whitepaper Downloaded,Ebook Downloaded",
        "form_submitted": "Form Submitted",
        "page_viewed": "Page Viewed",
        "screen_viewed": "Screen Viewed",
        "email_delivered": "Email Delivered",
        "email_opened": "Email Opened",
        "email_clicked": "Email Clicked,Email Link Clicked",
        "email_bounced": "Email Bounced",
        "email_complained": "Email Complained,Email Marked as Spam",
        "sms_delivered": "SMS Delivered",
        "sms_received": "SMS Received",
        "sms_failed": "SMS Failed",
        "chat_started": "Chat Started,Live Chat Conversation Started",
        "chat_message_received": "Chat Message Received,Live Chat Message Received",
        "webinar_registered": "Webinar Registered,Webinar Signup",
        "webinar_attended": "Webinar Attended,Webinar Joined",
        "call_completed": "Call Completed",
        "call_missed": "Call Missed",
        "survey_answered": "Survey Answered,Survey Completed",
        "review_given": "Review Given,Product Reviewed",
        "referral_made": "Referral Made,Invite Sent",
    }.items()
    for name in names.split(",")
}
"""Names of track events that mean a signal of ours (ecommerce, e-mail and chat spec, and our own words)."""

_ORDERS: Final[Mapping[str, str]] = {
    fold(name): change
    for change, names in {
        PAID: "Order Completed,Purchase,Purchased,Purchased an Item,Checkout Completed",
        LOST: "Order Cancelled,Order Canceled",
        UPDATED: "Order Updated",
    }.items()
    for name in names.split(",")
}
"""What became of an order, where the signal's kind does not say it. The Spec has no event of a payment: an order is
completed when it was (https://segment.com/docs/connections/spec/ecommerce/v2/#order-completed)."""

_GIVEN_BACK: Final = ("refund", "refund_amount", "refunded_amount")

_SKEW: Final = MINUTE
"""Below this the difference of clocks is the time of travel and changes with every retry: leave the time alone."""

_COPIED: Final = (
    "form_id", "form_name", "value", "revenue", "total", "currency", "order_id", "product_id", "sku", "category",
    "content_id", "content_type", "asset", "campaign_id", "message_id", "webinar_id", "duration", "quantity", "plan",
    "employees", "industry", "link", "title", "subject",
)  # fmt: skip


def is_track_event(item: object) -> bool:
    """Whether an object speaks this language."""
    if not isinstance(item, Mapping) or item.get("type") not in KINDS:
        return False
    return any(key in item for key in ("messageId", "anonymousId", "userId", "properties", "traits", "event"))


def read_track_event(
    item: object, *, kind: str | None, received_at: Instant, sent_at: object = None, must_identify: bool = True
) -> Found:
    """Keyword arguments of a Submission from one event; ``kind`` is the call's name where the event has no ``type``.

    Raises:
        Problem: INTAKE.MALFORMED_EVENT or INTAKE.NO_IDENTIFIER.
    """
    if not isinstance(item, Mapping):
        raise Problem("INTAKE.MALFORMED_EVENT", status=400, detail="An event is a JSON object.")
    name = item.get("type") or kind
    if not isinstance(name, str) or name not in KINDS:
        raise Problem(
            "INTAKE.MALFORMED_EVENT", status=400, detail=f"The type of an event is one of {', '.join(KINDS)}."
        )
    context = _object(item.get("context"))
    traits = {**_object(context.get("traits")), **_object(item.get("traits"))}
    found = _common(item, context, _object(item.get("properties")))
    found |= _WHO[name](item, traits)
    found["kind"] = _kind(name, item)
    found["occurred_at"] = _occurred_at(item, received_at, item.get("sentAt") or sent_at)
    if must_identify and not any(found.get(key) for key in ("user_id", "anonymous_id", "email")):
        raise Problem("INTAKE.NO_IDENTIFIER", status=400, detail="An event has a userId or an anonymousId.")
    return {key: value for key, value in found.items() if value not in (None, "", {}, ())}


def _kind(name: str, item: Mapping[str, Any]) -> str:
    if name != "track":
        return KINDS[name]
    event = scalar(item.get("event"))
    if not event:
        raise Problem("INTAKE.MALFORMED_EVENT", status=400, detail="A track event has a name (event).")
    return SEMANTIC.get(fold(event), KINDS["track"])


def _common(item: Mapping[str, Any], context: Mapping[str, Any], properties: Mapping[str, Any]) -> Found:
    page = _object(context.get("page"))
    url = scalar(properties.get("url")) or scalar(page.get("url"))
    attributes = {key: value for key in _COPIED if (value := _plain(properties.get(key))) is not None}
    named = {"event": item.get("event"), "page_name": item.get("name"), "category": item.get("category")}
    attributes |= {key: text for key, value in named.items() if (text := scalar(value))}
    attributes |= _order(attributes, properties)
    return {
        "vendor_id": scalar(item.get("messageId")),
        "user_id": scalar(item.get("userId")),
        "anonymous_id": scalar(item.get("anonymousId")),
        "page_url": url or scalar(properties.get("path")) or scalar(page.get("path")),
        "referrer": scalar(properties.get("referrer")) or scalar(page.get("referrer")),
        "ip": scalar(context.get("ip")),
        "user_agent": scalar(context.get("userAgent")),
        "utm": utm_of_url(url) | utm_of_object(context.get("campaign")),
        "attributes": attributes,
    }


def _order(attributes: Mapping[str, Any], properties: Mapping[str, Any]) -> Found:
    """What an event says of an order beyond the properties that every event has."""
    if "order_id" not in attributes:
        return {}
    found = said_of(properties)
    if change := _ORDERS.get(fold(str(attributes.get("event", "")))):
        found["order_change"] = change
    given_back = next((properties[name] for name in _GIVEN_BACK if properties.get(name)), None)
    return found if given_back is None else {**found, "amount": _plain(given_back)}


def _identify(_: Mapping[str, Any], traits: Mapping[str, Any]) -> Found:
    company = traits.get("company")
    first, last = (scalar(traits.get(key) or traits.get(other)) for key, other in _NAMES)
    return {
        "email": scalar(traits.get("email")),
        "phone": scalar(traits.get("phone")),
        "name": scalar(traits.get("name")),
        "first_name": first,
        "last_name": last,
        "title": scalar(traits.get("title")),
        "company": scalar(company.get("name") if isinstance(company, Mapping) else company),
        "country": scalar(_object(traits.get("address")).get("country")) or scalar(traits.get("country")),
    }


def _group(item: Mapping[str, Any], traits: Mapping[str, Any]) -> Found:
    """A group is a company: its traits never describe the person, except for the name of where the person works."""
    attributes = {key: value for key in _COPIED if (value := _plain(traits.get(key))) is not None}
    group = scalar(item.get("groupId"))
    return {"company": scalar(traits.get("name")), "attributes": attributes | ({"group_id": group} if group else {})}


def _alias(item: Mapping[str, Any], _: Mapping[str, Any]) -> Found:
    previous = scalar(item.get("previousId"))
    if not previous:
        raise Problem("INTAKE.MALFORMED_EVENT", status=400, detail="An alias has a previousId.")
    return {"previous_id": previous}


def _seen(_: Mapping[str, Any], traits: Mapping[str, Any]) -> Found:
    """Page, screen and track: the address in ``context.traits`` tells who it was (the e-mail spec relies on it)."""
    return {"email": scalar(traits.get("email"))}


_NAMES: Final = (("firstName", "first_name"), ("lastName", "last_name"))
_WHO: Final = {
    "identify": _identify, "group": _group, "alias": _alias, "page": _seen, "screen": _seen, "track": _seen,
}  # fmt: skip


def _occurred_at(item: Mapping[str, Any], received_at: Instant, sent_at: object) -> object:
    """The client's time. With ``originalTimestamp`` and ``sentAt`` the client's clock is put right, as Segment does."""
    original = item.get("originalTimestamp")
    if not (original and sent_at):
        return item.get("timestamp") or original
    happened, flags = read_time(original, 1 << 62)
    sent, sent_flags = read_time(sent_at, 1 << 62)
    skew = received_at - sent
    return original if flags or sent_flags or abs(skew) < _SKEW else happened + skew


def _plain(value: object) -> str | int | float | bool | None:
    return value if isinstance(value, (str, int, float, bool)) else None


def _object(value: object) -> Mapping[str, Any]:
    if isinstance(value, list):
        return named_values(value)
    return value if isinstance(value, Mapping) else {}
