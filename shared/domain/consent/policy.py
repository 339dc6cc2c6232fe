"""What a person allows. The latest statement of a contact point holds; of several, the least permissive one."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.consent.model import (
    GIVEN,
    STATE_AFTER,
    WITHDRAWN,
    ConsentRegister,
    ConsentState,
)
from shared.domain.identity.model import CONTACT_KINDS, Identifier
from shared.domain.intake.signal import ConsentClaim, Signal


def contact_point(signal: Signal) -> Identifier:
    """What the consent is bound to: the e-mail address where there is one, else the strongest identifier."""
    for kind in CONTACT_KINDS:
        for identifier in signal.identifiers:
            if identifier.kind == kind:
                return identifier
    return signal.strongest


def register_key(contact: Identifier, purpose: str) -> str:
    """Where the head keeps the register of a contact point and a purpose."""
    return f"{contact.kind}:{contact.value} {purpose}"


def register(signal: Signal, claim: ConsentClaim) -> ConsentRegister:
    """A statement as a register, which compares by precedence."""
    return ConsentRegister(
        signal.evidence,
        signal.occurred_at,
        0 if claim.given else 1,
        signal.signal_id,
        signal.source,
        claim.text_id or (claim.text_sha256 or "")[:16],
    )


def channel_of(purpose: str) -> str | None:
    """The channel a purpose speaks about: ``ad.email`` is about e-mail; ``processing`` about none."""
    return purpose.partition(".")[2] or None


def states(registers: Iterable[Mapping[str, ConsentRegister]], *, verified: bool) -> tuple[ConsentState, ...]:
    """What holds now for one person, from the registers of all its leads, by purpose.

    A verified person's consent is never changed by a claim: claimed registers count only while nobody is verified.
    """
    latest: dict[str, ConsentRegister] = {}
    for mapping in registers:
        for key, value in mapping.items():
            if key not in latest or value > latest[key]:
                latest[key] = value
    by_purpose: dict[str, ConsentRegister] = {}
    for key, value in latest.items():
        if verified and not value.evidence:
            continue
        purpose = key.rpartition(" ")[2]
        held = by_purpose.get(purpose)
        if held is None or (value.withdrawn, *value) > (held.withdrawn, *held):
            by_purpose[purpose] = value
    return tuple(
        ConsentState(
            purpose=purpose,
            channel=channel_of(purpose),
            state=WITHDRAWN if held.withdrawn else GIVEN,
            since=held.occurred_at,
            source=held.source,
            evidence=held.evidence,
            text_id=held.text_id,
        )
        for purpose, held in sorted(by_purpose.items())
    )


def ledger_header(
    signal: Signal, claim: ConsentClaim, *, event_id: str, contact_ref: str, state_after: str
) -> dict[str, Any]:
    """The header of a ledger event, without chain fields and without personal data (facts §6.2)."""
    return {
        "event_id": event_id,
        "type": GIVEN if claim.given else WITHDRAWN,
        "state_after": STATE_AFTER[state_after],
        "purpose_id": claim.purpose,
        "channel": channel_of(claim.purpose),
        "text_id": claim.text_id,
        "text_sha256": claim.text_sha256,
        "form_id": str(signal.attributes["form_id"]) if "form_id" in signal.attributes else None,
        "act": "checkbox_tick" if claim.given else "withdrawal",
        "source": signal.source,
        "evidence": "verified" if signal.evidence else "claimed",
        "occurred_at": signal.occurred_at,
        "recorded_at": signal.recorded_at,
        "contact_point_ref": contact_ref,
        "cause": signal.signal_id,
        "actor": "subject",
    }


def ledger_payload(signal: Signal, claim: ConsentClaim, contact: Identifier) -> dict[str, Any]:
    """The personal part of a ledger event, encrypted under the person's key (facts §6.3)."""
    return {
        "contact_point": f"{contact.kind}:{contact.value}",
        "text": claim.text,
        **{key: value for key, value in sorted(signal.evidence_details.items()) if value},
    }
