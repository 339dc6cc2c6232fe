"""May this message go to this address now? Pure and total; whatever is not allowed is denied (facts 6.7).

The same function can be asked beforehand (a preview, a segment); only the gateway's answer counts, because it is
recorded in one transaction with the versions of everything that was read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from shared.domain.consent.model import GIVEN, STATE_AFTER, WITHDRAWN, ConsentRegister, ConsentState
from shared.domain.consent.policy import register_key
from shared.domain.consent.policy_model import ConsentText
from shared.domain.engagement.model import BOUNCED, COMPLAINED, UNSUBSCRIBED, Suppression, barriers
from shared.domain.engagement.policy_model import (
    CLASSES,
    MARKETING,
    MessageDefinition,
    MessagePolicy,
)
from shared.domain.identity.model import EMAIL, Identifier
from shared.domain.instant import Instant
from shared.domain.lead.model import Lead
from shared.domain.lead.projection import PersonView
from shared.domain.privacy.residency import LOCAL

PROCESSING: Final = "processing"
_SUPPRESSED: Final = {
    BOUNCED: "SEND.BOUNCED",
    COMPLAINED: "SEND.COMPLAINED",
    UNSUBSCRIBED: "SEND.UNSUBSCRIBED",
}


class Allow(NamedTuple):
    """It may go. ``evidence`` names the ledger events behind it (``subject:seq``), none where no consent is needed."""

    evidence: tuple[str, ...]


class Deny(NamedTuple):
    """It may not. ``code`` is stable, like ``SEND.WITHDRAWN`` or ``SEND.BOUNCED``."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything the decision reads about a person, an address and a message.

    ``address`` is the normalised address ("" when there is none). ``leads`` are the root and its members; ``heads``
    the heads of their chains in the ledger by subject. ``suppressions`` are those of the address. ``caused_at`` is
    when the fact that asks for the message happened. ``already``: this message went to this address before.
    ``recent`` are earlier marketing messages to it. ``has_link``: the mail can carry a link that unsubscribes.
    """

    view: PersonView
    leads: Sequence[Lead]
    address: str
    heads: Mapping[str, Mapping[str, Any]]
    suppressions: tuple[Suppression, ...]
    caused_at: Instant
    already: bool = False
    recent: tuple[Instant, ...] = ()
    has_link: bool = True


def decide_send(
    standing: Standing,
    message: MessageDefinition,
    policy: MessagePolicy,
    texts: Mapping[str, ConsentText],
    now: Instant,
) -> Allow | Deny:
    """Allow with evidence, or deny with the first reason in the order of the rule book (facts 6.7)."""
    if message.message_class not in CLASSES:
        return Deny("SEND.UNKNOWN_CLASS")
    if not standing.address:
        return Deny("SEND.NO_ADDRESS")
    marketing = message.message_class == MARKETING
    register = register_of(standing.leads, standing.address, message.purpose) if marketing else None
    denied = _suppressed(standing, message, register) or _objected(standing)
    evidence: tuple[str, ...] = ()
    if not denied and marketing:
        denied, evidence = _consented(standing, message, policy, texts, register)
    denied = denied or _delivery(standing, message, policy, now)
    return Deny(denied) if denied else Allow(evidence)


def address_of(leads: Iterable[Lead], view: PersonView, purpose: str) -> str:
    """The person's address for a purpose: one that consent was given from, the profile's own before others.

    Consent is bound to a contact point: an address that changed later starts without any (facts 6.8). Without a
    consent it is the profile's address, so that a refusal speaks about the right one.
    """
    own = (view.email or "").lower()
    given: dict[str, ConsentRegister] = {}
    visible = [identifier.value for identifier in view.identifiers if identifier.kind == EMAIL]
    held = tuple(leads)
    for value in visible:
        register = register_of(held, value, purpose)
        if register is not None and not register.withdrawn:
            given[value] = register
    if own in given or not given:
        return own if own in visible else next(iter(visible), "")
    return max(given, key=lambda value: given[value])


def register_of(leads: Iterable[Lead], address: str, purpose: str) -> ConsentRegister | None:
    """The latest statement from an address about a purpose, over all leads of a person."""
    key = register_key(Identifier(EMAIL, address), purpose)
    return max((lead.consents[key] for lead in leads if key in lead.consents), default=None)


def _suppressed(standing: Standing, message: MessageDefinition, register: ConsentRegister | None) -> str:
    against = set(barriers(message))
    for held in standing.suppressions:
        if (held.scope, held.reason) in against and not _lifted(held, register):
            return _SUPPRESSED[held.reason]
    return ""


def _lifted(held: Suppression, register: ConsentRegister | None) -> bool:
    """A later, verified consent of the same address lifts an unsubscription; nothing lifts a bounce or a complaint."""
    return (
        held.reason == UNSUBSCRIBED
        and register is not None
        and not register.withdrawn
        and bool(register.evidence)
        and register.occurred_at > held.since
    )


def _objected(standing: Standing) -> str:
    held = _state(standing.view.consents, PROCESSING)
    return "SEND.OBJECTED" if held is not None and held.state != GIVEN else ""


def _consented(
    standing: Standing,
    message: MessageDefinition,
    policy: MessagePolicy,
    texts: Mapping[str, ConsentText],
    register: ConsentRegister | None,
) -> tuple[str, tuple[str, ...]]:
    """Lead and ledger both have to say yes, for the person and for this very address, with verified evidence."""
    held = _state(standing.view.consents, message.purpose)
    if held is None:
        return "SEND.NO_CONSENT", ()
    if held.state == WITHDRAWN or (register is not None and register.withdrawn):
        return "SEND.WITHDRAWN", ()
    if register is None or held.state != GIVEN:
        return "SEND.NO_CONSENT", ()
    if not register.evidence:
        return "SEND.UNVERIFIED", ()
    refused, evidence = _ledger(standing, message.purpose)
    if refused:
        return refused, ()
    text = texts.get(register.text_id)
    if policy.require_text and (text is None or text.purpose != message.purpose):
        return "SEND.UNKNOWN_TEXT", ()
    return "", evidence


def _ledger(standing: Standing, purpose: str) -> tuple[str, tuple[str, ...]]:
    """The chain's own view. A verified withdrawal anywhere in it stands, whatever the lead's registers say."""
    contact = f"{EMAIL}:{standing.address}"
    mine = {lead.contact_points[contact] for lead in standing.leads if contact in lead.contact_points}
    evidence: list[str] = []
    for subject, head in sorted(standing.heads.items()):
        for key, statement in sorted(head["states"].items()):
            reference, _, about = key.partition(" ")
            if about != purpose or not statement["rank"][0]:
                continue
            if statement["state"] != STATE_AFTER[GIVEN]:
                return "SEND.LEDGER_WITHDRAWN", ()
            if reference in mine:
                evidence.append(f"{subject}:{statement['seq']}")
    return ("", tuple(evidence)) if evidence else ("SEND.NO_EVIDENCE", ())


def _delivery(standing: Standing, message: MessageDefinition, policy: MessagePolicy, now: Instant) -> str:
    """What is left when the person does not mind: place of the data, repetition, age, form, frequency."""
    marketing = message.message_class == MARKETING
    country = standing.view.profile.get("country")
    if country is not None and policy.residencies.get(country.value, LOCAL) != LOCAL:
        return "SEND.RESIDENCY"
    if standing.already:
        return "SEND.ALREADY_SENT"
    if now - standing.caused_at > message.fresh_ms:
        return "SEND.TOO_LATE"
    if marketing and not standing.has_link:
        return "SEND.NO_LINK"
    if marketing and sum(now - at < policy.cap_ms for at in standing.recent) >= policy.cap_messages:
        return "SEND.TOO_OFTEN"
    return ""


def _state(consents: Iterable[ConsentState], purpose: str) -> ConsentState | None:
    return next((held for held in consents if held.purpose == purpose), None)
