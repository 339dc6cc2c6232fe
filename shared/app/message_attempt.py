"""What one attempt to send reads, and what it writes down: the message record and facts about it."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.app.find_person import find_person
from shared.app.message_causes import Cause
from shared.app.message_mail import Stationery
from shared.app.record_withdrawal import Recording
from shared.app.unsubscribe_token import LinkKeys
from shared.domain.consent.send import Standing, address_of
from shared.domain.engagement.model import (
    PERMITTED,
    UNSENT,
    Cadence,
    MessageRecord,
    Suppression,
    barriers,
)
from shared.domain.engagement.policy_model import ADDRESS, MARKETING, MessageDefinition, MessagePolicy
from shared.domain.instant import Instant
from shared.domain.lead.decision import Fact
from shared.domain.lead.model import Lead
from shared.domain.lead.projection import PersonView, project
from shared.domain.lead.rules import Rules
from shared.ports.clock import Clock
from shared.ports.leads import LeadStore
from shared.ports.messages import (
    MailService,
    Messages,
    Permits,
)
from shared.ports.suppressions import Suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The collaborators of the gateway."""

    store: LeadStore
    permits: Permits
    messages: Messages
    suppressions: Suppressions
    mail: MailService
    recording: Recording
    paper: Stationery
    rules: Rules
    clock: Clock
    count: Callable[[str], None] = lambda _: None

    @property
    def policy(self) -> MessagePolicy:
        """The messages and their limits."""
        return self.paper.policy

    @property
    def keys(self) -> LinkKeys:
        """Makes digests and ids."""
        return self.paper.keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one attempt to decide has read. ``held`` is the message as it is known already."""

    root: Lead
    leads: tuple[Lead, ...]
    view: PersonView
    message_id: str
    held: MessageRecord | None
    cadence: Cadence
    standing: Standing


def load_attempt(cause: Cause, message: MessageDefinition, staff: str, deps: Sending) -> Attempt | None:
    """Everything that the decision reads, strongly consistent; None when the lead is gone. ``staff``: who is told."""
    found = find_person(deps.store, cause.lead_id)
    if found is None:
        return None
    root, members = found
    leads = (root, *members)
    view = project(root, members, deps.rules, deps.clock.now())
    address = staff or address_of(leads, view, message.purpose)
    digest = deps.keys.digest(address) if address else ""
    once = address if message.once == ADDRESS else f"{address}\n{cause.event_id}"
    message_id = deps.keys.id_of("msg", message.id, once)
    marketing = message.message_class == MARKETING
    held = deps.messages.get(message_id) if address else None
    cadence = deps.permits.cadence(digest) if address and marketing else Cadence()
    standing = Standing(
        view=view,
        leads=leads,
        address=address,
        heads=deps.permits.heads(sorted({lead.subject_ref for lead in leads if lead.subject_ref})),
        suppressions=deps.suppressions.of(digest) if address else (),
        caused_at=cause.occurred_at,
        already=held is not None and held.state != UNSENT,
        recent=cadence.times,
        has_link=bool(deps.paper.url),
    )
    return Attempt(
        root=root, leads=leads, view=view, message_id=message_id, held=held, cadence=cadence, standing=standing
    )


def barriers_of(
    message: MessageDefinition, suppressions: tuple[Suppression, ...]
) -> dict[tuple[str, str], Instant | None]:
    """Every suppression that could stand against the message, with its time as read; None where there is none."""
    standing = {(held.scope, held.reason): held.since for held in suppressions}
    return {place: standing.get(place) for place in barriers(message)}


def record_of(cause: Cause, message: MessageDefinition, read: Attempt, deps: Sending) -> MessageRecord:
    """The message as it is when its permit is asked for."""
    now = deps.clock.now()
    address = read.standing.address
    return MessageRecord(
        message_id=read.message_id,
        lead_id=read.root.lead_id,
        message=message.id,
        message_class=message.message_class,
        purpose=message.purpose,
        channel=message.channel,
        state=PERMITTED,
        at=now,
        cause=cause.event_id,
        address=deps.keys.digest(address) if address else "",
        permitted_at=now,
    )


def fact_of(name: str, record: MessageRecord, cause: Cause, read: Attempt, deps: Sending) -> Fact:
    """A fact about a message. Its id is made of the message and the attempt, so that telling it twice is recognised."""
    suffix = name.removeprefix("Message").lower() + (f".{record.attempt}" if record.attempt > 1 else "")
    data = {
        "message_id": record.message_id,
        "message": record.message,
        "purpose": record.purpose,
        "channel": record.channel,
    }
    now = deps.clock.now()
    return Fact(
        event_id=f"{record.message_id}.{suffix}",
        name=name,
        occurred_at=now,
        recorded_at=now,
        lead_id=read.root.lead_id,
        lead_version=read.root.version,
        correlation_id=cause.correlation_id,
        causation_id=cause.event_id,
        data={**data, "reason": record.reason} if name == "MessageSuppressed" else data,
    )
