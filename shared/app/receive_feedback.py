"""What the mail service tells of our messages becomes signals and suppressions.

A permanent bounce stops every class of message to the address; a complaint stops marketing and withdraws the consent.
First the suppression, then the signal, then the note in the message: a repetition after a crash does all of it again,
and every part of it is the same the second time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.app.record_withdrawal import MAIL, Recording, record_signal, record_withdrawal
from shared.domain.engagement.feedback import Feedback, read_event
from shared.domain.engagement.model import ALL, BOUNCED, COMPLAINED, MessageRecord, Suppression
from shared.domain.engagement.policy_model import INTERNAL, MARKETING
from shared.ports.clock import Clock
from shared.ports.messages import Messages
from shared.ports.suppressions import Suppressions

SIGNALS: Final = {
    "delivered": "email_delivered", "opened": "email_opened", "clicked": "email_clicked", "bounced": "email_bounced",
    "complained": "email_complained",
}  # fmt: skip

UNKNOWN: Final = "unknown"
"""No event about a message of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedbacking:
    """What taking in feedback needs."""

    messages: Messages
    suppressions: Suppressions
    recording: Recording
    clock: Clock
    count: Callable[[str], None] = lambda _: None


def receive_feedback(event: Mapping[str, Any], deps: Feedbacking) -> str:
    """Take in one event as EventBridge hands it over; returns what it was.

    Raises:
        ValueError: it is no event of the mail service.
        StoreUnavailable: not now; doing all of it again is right.
    """
    told = read_event(event, deps.clock.now())
    record = deps.messages.get(told.message_id) if told else None
    if told is None or record is None or record.lead_id != told.lead_id:
        deps.count(UNKNOWN)
        return UNKNOWN
    _suppress(told, record, deps)
    if record.message_class != INTERNAL:
        _signal(told, record, deps)
    deps.messages.happened(record.message_id, told.kind, told.at)
    deps.count(told.kind)
    return told.kind


def _suppress(told: Feedback, record: MessageRecord, deps: Feedbacking) -> None:
    if told.permanent:
        deps.suppressions.suppress(record.address, Suppression(ALL, BOUNCED, told.at))
    if told.kind == "complained":
        deps.suppressions.suppress(record.address, Suppression(MARKETING, COMPLAINED, told.at))


def _signal(told: Feedback, record: MessageRecord, deps: Feedbacking) -> None:
    kind = SIGNALS.get(told.kind)
    if kind is not None:
        body = {
            "kind": kind,
            # A mail is opened often; each instant is one signal, and its repetition is the same one.
            "id": f"{record.message_id}:{told.kind}:{told.at if told.kind in ('opened', 'clicked') else told.detail}",
            "occurred_at": told.at,
            "message_id": record.message_id,
            "message": record.message,
            "bounce_type": told.detail if told.kind == "bounced" else "",
            "bounce_sub_type": told.sub_detail if told.kind == "bounced" else "",
            "complaint_type": told.detail if told.kind == "complained" else "",
        }
        record_signal(deps.recording, MAIL, body, lead_id=record.lead_id, address=record.address, now=deps.clock.now())
    if told.kind == "complained" and record.purpose:
        record_withdrawal(
            deps.recording,
            lead_id=record.lead_id,
            address=record.address,
            purpose=record.purpose,
            message_id=record.message_id,
            at=told.at,
            now=deps.clock.now(),
            way="complaint",
        )
