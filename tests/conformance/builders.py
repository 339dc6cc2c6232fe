"""Decisions as the domain makes them, with everything that no test speaks about filled in."""

from typing import Any

from shared.domain.consent.model import ConsentEvent
from shared.domain.identity.model import Identifier, Stamp
from shared.domain.lead.decision import Decision, Fact, HistoryRow, LeadWrite, SeenWrite
from shared.domain.lead.model import Lead
from shared.domain.lead.seen import signal_digest
from shared.domain.touchpoint.model import Touchpoint

AT = 1_700_000_000_000
EMAIL = Identifier("email", "ada@example.com")
VISITOR = Identifier("anonymous", "browser-1")


def a_lead(lead_id: str = "lead_1", **changes: Any) -> Lead:
    values: dict[str, Any] = {"lead_id": lead_id, "version": 1, "identifiers": {EMAIL: Stamp(1, AT, "signal_1")}}
    return Lead(**{**values, **changes})


def a_touchpoint(signal_id: str = "signal_1", **changes: Any) -> Touchpoint:
    values: dict[str, Any] = {
        "signal_id": signal_id,
        "kind": "form_submitted",
        "occurred_at": AT,
        "recorded_at": AT,
        "source": "typeform",
        "channel": "Direct",
        "evidence": 1,
    }
    return Touchpoint(**{**values, **changes})


def a_fact(lead_id: str = "lead_1", version: int = 1, n: int = 0, name: str = "LeadCaptured", **data: Any) -> Fact:
    held = data or {"source": "typeform", "channel": "Direct", "evidence": "verified"}
    return Fact(f"{lead_id}.{version}.{n}", name, AT, AT, lead_id, version, "delivery_1", "signal_1", held)


def a_consent(subject_ref: str = "subject_1", *, given: bool = True, at: int = AT, **changes: Any) -> ConsentEvent:
    header: dict[str, Any] = {
        "event_id": f"consent_{at}_{given}",
        "type": "given" if given else "withdrawn",
        "state_after": "ConsentGiven" if given else "ConsentWithdrawn",
        "purpose_id": "ad.email",
        "channel": "email",
        "text_id": None,
        "evidence": "verified",
        "occurred_at": at,
        "recorded_at": at,
        "contact_point_ref": "contact_1",
        "cause": f"signal_{at}",
        "actor": "subject",
    }
    payload = {"contact_point": "email:ada@example.com", "ip": "192.0.2.7", "text": "Ja, gerne – Żółć"}
    return ConsentEvent(lead_id="lead_1", subject_ref=subject_ref, header={**header, **changes}, payload=payload)


def a_decision(lead: Lead | None = None, *, expected: int = 0, **changes: Any) -> Decision:
    """A lead captured by one form: head, pointer, phone, seen row, history row, a fact."""
    lead = lead or a_lead()
    values: dict[str, Any] = {
        "reason": "DECISION.APPLIED",
        "writes": (LeadWrite(lead, expected),),
        "pointers": ((EMAIL, lead.lead_id),) if not expected else (),
        "phones": (("+48600100200", lead.lead_id),),
        "seen": (SeenWrite(lead.lead_id, lead.seen_bucket, frozenset({signal_digest(f"signal_{lead.version}")})),),
        "history": (a_history(lead.lead_id, lead.version),),
        "facts": (a_fact(lead.lead_id, lead.version),),
    }
    return Decision(**{**values, **changes})


def a_history(lead_id: str = "lead_1", version: int = 1, **changes: Any) -> HistoryRow:
    values: dict[str, Any] = {"touchpoints": (a_touchpoint(f"signal_{version}"),)}
    return HistoryRow(lead_id=lead_id, version=version, recorded_at=AT + version, **{**values, **changes})
