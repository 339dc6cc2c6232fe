"""What a mail provider's event list says (SendGrid's words, which others copy), machines told apart from people."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.domain.intake.fields import Found, scalar
from shared.domain.intake.text import fold

KINDS: Final = {
    "open": "email_opened", "opened": "email_opened", "click": "email_clicked", "clicked": "email_clicked",
    "delivered": "email_delivered", "delivery": "email_delivered",
    "bounce": "email_bounced", "bounced": "email_bounced",
    "spamreport": "email_complained", "complaint": "email_complained", "complained": "email_complained",
    "unsubscribe": "consent_withdrawn", "unsubscribed": "consent_withdrawn", "groupunsubscribe": "consent_withdrawn",
    "processed": "custom_event", "deferred": "custom_event", "dropped": "custom_event",
}  # fmt: skip

IMAGE_PROXIES: Final = ("googleimageproxy", "ggpht.com", "yahoomailproxy", "applemail privacy")
"""User agents that fetch every picture of a mail, read or not."""

SCANNER_S: Final = 3
"""A click so soon after delivery was made by a mail gateway that tries every link."""


def is_mail_event(item: object) -> bool:
    """Whether an object is an event of a mail provider."""
    if not isinstance(item, Mapping) or fold(str(item.get("event") or "")) not in KINDS:
        return False
    return any(key in item for key in ("sg_event_id", "sg_message_id", "smtp-id", "email"))


def read_mail_event(item: Mapping[str, Any], batch: Sequence[Any]) -> Found:
    """Keyword arguments of a Submission from one event; its batch tells when the mail was delivered."""
    event = fold(str(item["event"]))
    kind = KINDS[event]
    attributes = {"event": f"email_{event}", "message_id": scalar(item.get("sg_message_id") or item.get("message_id"))}
    found: Found = {
        "kind": kind,
        "vendor_id": scalar(item.get("sg_event_id") or item.get("event_id") or item.get("id")),
        "occurred_at": item.get("timestamp"),
        "email": scalar(item.get("email")),
        "user_agent": scalar(item.get("useragent") or item.get("user_agent")),
        "ip": scalar(item.get("ip")),
        "page_url": scalar(item.get("url")),
        "attributes": {key: value for key, value in attributes.items() if value},
        "consents": {"ad.email": False} if kind == "consent_withdrawn" else {},
        "flags": _flags(item, kind, batch),
    }
    return {key: value for key, value in found.items() if value not in (None, "", {}, ())}


def _flags(item: Mapping[str, Any], kind: str, batch: Sequence[Any]) -> tuple[str, ...]:
    agent = str(item.get("useragent") or item.get("user_agent") or "").lower()
    by_proxy = item.get("sg_machine_open") is True or any(word in agent for word in IMAGE_PROXIES)
    if kind == "email_opened" and by_proxy:
        return ("machine_open",)
    if kind == "email_clicked" and _clicked_at_once(item, batch):
        return ("suspected_bot",)
    return ()


def _clicked_at_once(click: Mapping[str, Any], batch: Sequence[Any]) -> bool:
    def same_mail(item: Any) -> bool:
        keys = ("sg_message_id", "email")
        return (
            is_mail_event(item)
            and fold(str(item["event"])) == "delivered"
            and all(item.get(key) == click.get(key) for key in keys)
        )

    clicked = click.get("timestamp")
    times = [item.get("timestamp") for item in batch if same_mail(item)]
    return isinstance(clicked, int) and any(isinstance(at, int) and 0 <= clicked - at <= SCANNER_S for at in times)
