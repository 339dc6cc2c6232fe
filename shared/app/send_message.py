"""The only door out: decide whether a message may go, record the permit, then hand it to the mail service.

Load → decide_send → one transaction that records the permit on condition of everything that was read → one call. A
withdrawal that is recorded before the permit makes the transaction fail and the decision start again; one that is
recorded after it comes too late for this mail only, which a permit's 60 seconds bound. Killed before the permit:
nothing happened. Killed after it: nobody knows whether the service has the mail, so it is not sent again; its state is
``unknown`` and shown. Emits MessagePermitted, MessageSent and MessageSuppressed through the outbox.
"""

from dataclasses import replace
from typing import Final

from shared.app.message_attempt import Attempt, Sending, barriers_of, fact_of, load_attempt, record_of
from shared.app.message_causes import Cause, wanted
from shared.app.message_mail import Written, write_mail
from shared.app.record_withdrawal import record_withdrawal
from shared.domain.consent.model import GIVEN
from shared.domain.consent.send import Allow, Deny, decide_send
from shared.domain.engagement.model import (
    PERMIT_LIFE,
    PERMITTED,
    REFUSED,
    SENT,
    SUPPRESSED,
    UNKNOWN,
    UNSENT,
    UNSUBSCRIBED,
    MessageRecord,
)
from shared.domain.engagement.policy_model import MARKETING, MessageDefinition
from shared.ports.failures import StoreUnavailable
from shared.ports.messages import (
    MailNotTaken,
    MailRefused,
    MailUncertain,
    Permit,
    PermitLost,
)

ATTEMPTS: Final = 12
"""How often a lost race is decided again before the queue is asked to deliver later."""

REPEATED: Final = "repeated"
GONE: Final = "gone"


def send_messages(cause: Cause, deps: Sending) -> tuple[str, ...]:
    """Everything that a fact asks for; returns what became of each message.

    Raises:
        StoreUnavailable: not now; doing it again sends nothing twice.
    """
    outcomes: list[str] = []
    waiting: StoreUnavailable | None = None
    for message, staff in wanted(cause, deps.policy):
        try:
            outcome = _send(cause, message, staff, deps)
        except StoreUnavailable as error:
            waiting = error
            continue
        deps.count(outcome)
        outcomes.append(outcome)
    if waiting is not None:
        raise waiting
    return tuple(outcomes)


def _send(cause: Cause, message: MessageDefinition, staff: str, deps: Sending) -> str:
    for _ in range(ATTEMPTS):
        read = load_attempt(cause, message, staff, deps)
        if read is None:
            return GONE
        if (known := _known(cause, read, deps)) is not None:
            return known
        decided = decide_send(read.standing, message, deps.policy, deps.paper.texts, deps.clock.now())
        if isinstance(decided, Deny):
            return _refuse(cause, message, staff, read, decided, deps)
        try:
            record, written = _permit(cause, message, read, decided, deps)
        except PermitLost:
            continue
        return _deliver(record, written, read, cause, deps)
    raise StoreUnavailable("record permit: lost every race")


def _known(cause: Cause, read: Attempt, deps: Sending) -> str | None:
    """What to do about a message that has a permit already; None when the decision is still open.

    Raises:
        StoreUnavailable: its permit still lives, so whoever has it may be sending right now.
    """
    held = read.held
    if held is None or held.state == UNSENT:
        return None
    if held.state == PERMITTED:
        if deps.clock.now() - held.permitted_at <= PERMIT_LIFE:
            raise StoreUnavailable("a permit of this message is in use")
        deps.messages.settle(replace(held, state=UNKNOWN, reason="SEND.INTERRUPTED"))
    return REPEATED if held.cause == cause.event_id else None


def _refuse(cause: Cause, message: MessageDefinition, staff: str, read: Attempt, denied: Deny, deps: Sending) -> str:
    """Record why not. The id is made of the cause: the same fact is refused once, another one again."""
    refusal_id = deps.keys.id_of("msg", "refused", message.id, read.root.lead_id, staff, cause.event_id)
    record = replace(record_of(cause, message, read, deps), message_id=refusal_id, state=SUPPRESSED, reason=denied.code)
    told = deps.messages.refuse(record, fact_of("MessageSuppressed", record, cause, read, deps))
    _make_up(message, read, deps)
    return SUPPRESSED if told else REPEATED


def _make_up(message: MessageDefinition, read: Attempt, deps: Sending) -> None:
    """A suppression by link without its withdrawal: whoever wrote it was killed before the rest. Record it now."""
    consents = {held.purpose: held for held in read.view.consents}
    held = consents.get(message.purpose)
    for suppression in read.standing.suppressions:
        unsaid = held is not None and held.state == GIVEN and held.since <= suppression.since
        if suppression.reason == UNSUBSCRIBED and suppression.scope == message.purpose and unsaid:
            record_withdrawal(
                deps.recording,
                lead_id=read.root.lead_id,
                address=deps.keys.digest(read.standing.address),
                purpose=suppression.scope,
                message_id=read.message_id,
                at=suppression.since,
                now=deps.clock.now(),
                way="found",
            )


def _permit(
    cause: Cause, message: MessageDefinition, read: Attempt, allowed: Allow, deps: Sending
) -> tuple[MessageRecord, Written]:
    written = write_mail(
        message,
        read.view,
        read.leads,
        to=read.standing.address,
        message_id=read.message_id,
        paper=deps.paper,
    )
    record = replace(
        record_of(cause, message, read, deps),
        state=PERMITTED,
        language=written.language,
        evidence=allowed.evidence,
        attempt=read.held.attempt + 1 if read.held else 1,
        at=read.held.at if read.held else deps.clock.now(),
    )
    subjects = [evidence.partition(":")[0] for evidence in allowed.evidence]
    deps.permits.grant(
        Permit(
            record=record,
            fact=fact_of("MessagePermitted", record, cause, read, deps),
            root_id=read.root.lead_id,
            root_version=read.root.version,
            subject=subjects[0] if subjects else read.root.subject_ref or read.root.lead_id,
            heads={subject: int(head["seq"]) for subject, head in read.standing.heads.items()},
            barriers=barriers_of(message, read.standing.suppressions),
            cadence=read.cadence if message.message_class == MARKETING else None,
            details={"message": message.id, "policy": deps.policy.version},
        )
    )
    return record, written


def _deliver(record: MessageRecord, written: Written, read: Attempt, cause: Cause, deps: Sending) -> str:
    """One call under the permit, and a note of how it ended."""
    if deps.clock.now() - record.permitted_at > PERMIT_LIFE:
        _settle_unsent(record, "SEND.PERMIT_EXPIRED", deps)
    try:
        provider_id = deps.mail.send(written.mail)
    except MailNotTaken as error:
        _settle_unsent(record, str(error), deps)
    except MailRefused as refusal:
        ended = replace(record, state=REFUSED, reason=refusal.code)
        told = replace(ended, reason="SEND.REFUSED_BY_SERVICE")
        deps.messages.settle(ended, fact_of("MessageSuppressed", told, cause, read, deps))
        return REFUSED
    except MailUncertain as error:
        deps.messages.settle(replace(record, state=UNKNOWN, reason=str(error)))
        return UNKNOWN
    sent = replace(record, state=SENT, provider_id=provider_id)
    deps.messages.settle(sent, fact_of("MessageSent", sent, cause, read, deps))
    return SENT


def _settle_unsent(record: MessageRecord, reason: str, deps: Sending) -> None:
    """The service has it certainly not: another delivery of the fact may ask for another permit."""
    deps.messages.settle(replace(record, state=UNSENT, reason=reason))
    raise StoreUnavailable("the mail service does not take mails now")
