"""What the mail service tells of our messages, in neutral words. Matched by our own tags, never by address (facts 5.4).

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from shared.domain.instant import Instant

LEAD_TAG: Final = "lead"
MESSAGE_TAG: Final = "message"
"""Tags that a mail carries and every event about it repeats."""

KINDS: Final = {
    "delivery": "delivered", "bounce": "bounced", "complaint": "complained", "open": "opened", "click": "clicked",
    "reject": "rejected",
}  # fmt: skip
_DETAILS: Final = {
    "bounced": ("bounce", "bounceType", "bounceSubType"),
    "complained": ("complaint", "complaintFeedbackType", "complaintSubType"),
}
PERMANENT: Final = "Permanent"


class Feedback(NamedTuple):
    """One event. ``detail`` is the type of a bounce (``Permanent``, ``Transient``) or complaint."""

    kind: str
    message_id: str
    lead_id: str
    at: Instant
    detail: str = ""
    sub_detail: str = ""

    @property
    def permanent(self) -> bool:
        """True for an address that does not exist or never takes mail."""
        return self.kind == "bounced" and self.detail == PERMANENT


def read_event(event: Mapping[str, Any], received_at: Instant) -> Feedback | None:
    """The feedback in an event of SES as EventBridge hands it over; None for events and mails that are not ours.

    Raises:
        ValueError: it is no event of SES at all.
    """
    detail = event.get("detail")
    mail = detail.get("mail") if isinstance(detail, Mapping) else None
    if not isinstance(detail, Mapping) or not isinstance(mail, Mapping):
        raise ValueError("no event of the mail service")  # noqa: TRY004 - bad data, whatever its type
    kind = KINDS.get(str(detail.get("eventType") or detail.get("notificationType") or "").lower())
    message_id, lead_id = _tag(mail, MESSAGE_TAG), _tag(mail, LEAD_TAG)
    if kind is None or not message_id or not lead_id:
        return None
    own, first, second = _DETAILS.get(kind, (_block(kind), "", ""))
    block = detail.get(own)
    told = block if isinstance(block, Mapping) else {}
    at = _instant(told.get("timestamp")) or _instant(event.get("time")) or received_at
    return Feedback(
        kind, message_id, lead_id, min(at, received_at), str(told.get(first) or ""), str(told.get(second) or "")
    )


def _block(kind: str) -> str:
    return next(word for word, named in KINDS.items() if named == kind)


def _tag(mail: Mapping[str, Any], name: str) -> str:
    tags = mail.get("tags")
    values = tags.get(name) if isinstance(tags, Mapping) else None
    if isinstance(values, list):
        values = values[0] if values else ""
    return values if isinstance(values, str) and len(values) <= 100 else ""


def _instant(value: object) -> Instant:
    if not isinstance(value, str):
        return 0
    try:
        stamp = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return 0
    return round(stamp.timestamp() * 1000) if stamp.tzinfo else 0
