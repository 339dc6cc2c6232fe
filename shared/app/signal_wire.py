"""Signals to and from the wire, for imports, redrives and samples. The doors and the decision never come here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.contracts.envelope import iso
from shared.contracts.signals import IdentifierWire, SignalWire
from shared.domain.identity.model import Evidence, Identifier
from shared.domain.instant import Instant
from shared.domain.intake.signal import ConsentClaim, Signal


def to_wire(signal: Signal) -> dict[str, Any]:
    """A signal as JSON-ready values; what is empty is left out."""
    previous = signal.previous
    wire = SignalWire(
        signal_id=signal.signal_id,
        kind=signal.kind,
        occurred_at=iso(signal.occurred_at),
        recorded_at=iso(signal.recorded_at),
        source=signal.source,
        evidence="verified" if signal.evidence is Evidence.VERIFIED else "claimed",
        identifiers=[_identifier_to_wire(identifier) for identifier in signal.identifiers],
        vendor_id=signal.vendor_id,
        correlation_id=signal.correlation_id,
        archive_key=signal.archive_key,
        phone=signal.phone,
        previous=_identifier_to_wire(previous) if previous else None,
        company_domain=signal.company_domain,
        channel=signal.channel,
        profile=dict(signal.profile),
        attributes=dict(signal.attributes),
        answers=dict(signal.answers),
        utm=dict(signal.utm),
        consents=[_claim_to_wire(claim) for claim in signal.consents],
        evidence_details=dict(signal.evidence_details),
        flags=list(signal.flags),
    )
    return wire.model_dump(exclude_defaults=True)


def from_wire(data: Mapping[str, Any]) -> Signal:
    """A signal from its wire form.

    Raises:
        pydantic.ValidationError: it does not have that form; the message names the fields.
    """
    wire = SignalWire.model_validate(dict(data))
    return Signal(
        signal_id=wire.signal_id,
        kind=wire.kind,
        occurred_at=_instant(wire.occurred_at),
        recorded_at=_instant(wire.recorded_at),
        source=wire.source,
        evidence=Evidence[wire.evidence.upper()],
        identifiers=tuple(Identifier(i.kind, i.value) for i in wire.identifiers),
        vendor_id=wire.vendor_id,
        correlation_id=wire.correlation_id,
        archive_key=wire.archive_key,
        phone=wire.phone,
        previous=Identifier(wire.previous.kind, wire.previous.value) if wire.previous else None,
        company_domain=wire.company_domain,
        channel=wire.channel,
        profile=wire.profile,
        attributes=wire.attributes,
        answers=wire.answers,
        utm=wire.utm,
        consents=tuple(ConsentClaim(**claim.model_dump()) for claim in wire.consents),
        evidence_details=wire.evidence_details,
        flags=tuple(wire.flags),
    )


def _identifier_to_wire(identifier: Identifier) -> IdentifierWire:
    return IdentifierWire.model_validate({"kind": identifier.kind, "value": identifier.value})


def _claim_to_wire(claim: ConsentClaim) -> Any:
    return {
        "purpose": claim.purpose,
        "given": claim.given,
        "text_id": claim.text_id,
        "text_sha256": claim.text_sha256,
        "text": claim.text,
    }


def _instant(time: str) -> Instant:
    moment = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
