"""Facts on the wire: the quick envelope and the models promise the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.contracts.envelope import SCHEMA_VERSIONS, envelope, iso
from shared.contracts.facts import MODELS, parse_fact
from tests.conformance.builders import AT, a_fact

FACTS = {model.__name__: model for model in MODELS}

DATA: dict[str, dict[str, Any]] = {
    "LeadCaptured": {"source": "typeform", "channel": "Direct", "evidence": "verified"},
    "LeadMerged": {"loser_id": "lead_2"},
    "LeadUnmerged": {"loser_id": "lead_2"},
    "ProfileChanged": {"fields": ["email", "title"]},
    "CompanyLinked": {"company_id": "company_1", "domain": "a.example", "by": "domain"},
    "TouchpointRecorded": {
        "touchpoint_id": "signal_1",
        "kind": "page_viewed",
        "channel": "Direct",
        "source": "segment",
        "campaign": None,
        "medium": None,
        "path": "/pricing",
        "human": True,
    },
    "ConsentGiven": {"purpose": "ad.email", "channel": "email", "source": "typeform"},
    "ConsentWithdrawn": {"purpose": "processing", "channel": None, "source": "typeform"},
    "ScoreChanged": {
        "total": 1234,
        "fit": 1000,
        "engagement": 234,
        "grade": "B2",
        "policy_version": "abc",
        "grade_changed": True,
    },
    "StageChanged": {
        "from_stage": "inquiry",
        "to_stage": "mql",
        "reason": "LIFECYCLE.SCORE",
        "policy_version": "abc",
        "backfilled": False,
        "entered": ["mql"],
    },
    "HandoverRequested": {"due": None},
    "HandoverAccepted": {"owner": "005A", "answered_in_time": True, "due": None},
    "HandoverRejected": {"owner": None, "answered_in_time": False, "due": AT, "reason": "No budget"},
    "HandoverOverdue": {"owner": None, "due": AT},
    "OpportunityChanged": {
        "opportunity_id": "006A",
        "account_id": "001A",
        "company_id": None,
        "state": "won",
        "stage": "Closed Won",
        "amount": "12500.00",
        "currency": "EUR",
        "opened_on": "2026-11-01",
        "closed_on": "2026-11-21",
    },
    "RemoteLinked": {"system": "marketo", "object": "person", "remote_id": "1001"},
    "FieldConflictResolved": {"system": "salesforce", "field": "phone", "rule": "latest", "winner": "leadspine"},
    "MessagePermitted": {"message_id": "message_1", "message": "welcome", "purpose": "ad.email", "channel": "email"},
    "MessageSent": {"message_id": "message_1", "message": "welcome", "purpose": "ad.email", "channel": "email"},
    "MessageSuppressed": {
        "message_id": "message_1",
        "message": "welcome",
        "purpose": "ad.email",
        "channel": "email",
        "reason": "SEND.WITHDRAWN",
    },
    "RecordParked": {"parked_id": "parked_1", "code": "QUEUE.DEAD_LETTER", "source": "typeform"},
}


def test_every_fact_has_a_model_a_version_and_a_case_here() -> None:
    assert set(FACTS) == set(SCHEMA_VERSIONS) == set(DATA)


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_quick_envelope_is_what_the_model_promises(name: str) -> None:
    wire = envelope(a_fact(name=name, **DATA[name]))

    fact = parse_fact(wire)

    assert type(fact) is FACTS[name]
    assert fact.schema_version == SCHEMA_VERSIONS[name]
    assert fact.model_dump(exclude_unset=True) == wire


@pytest.mark.parametrize("name", sorted(FACTS))
def test_nothing_that_was_not_promised_travels(name: str) -> None:
    for wire in (
        envelope(a_fact(name=name, **DATA[name], email="ada@example.com")),
        {**envelope(a_fact(name=name, **DATA[name])), "extra": 1},
        {**envelope(a_fact(name=name, **DATA[name])), "schema_version": "2-0-0"},
        {**envelope(a_fact(name=name, **DATA[name])), "occurred_at": "yesterday"},
    ):
        with pytest.raises(ValidationError):
            parse_fact(wire)


def test_a_fact_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError):
        parse_fact({**envelope(a_fact()), "name": "LeadVanished"})
    with pytest.raises(KeyError):
        envelope(a_fact(name="LeadVanished"))


@pytest.mark.parametrize(
    ("instant", "text"),
    [(0, "1970-01-01T00:00:00.000Z"), (AT + 7, "2023-11-14T22:13:20.007Z"), (-1, "1969-12-31T23:59:59.999Z")],
)
def test_instants_are_written_in_utc_with_milliseconds(instant: int, text: str) -> None:
    assert iso(instant) == text


@given(st.integers(0, 4_102_444_800_000), st.integers(0, 4_102_444_800_000))
def test_written_instants_sort_as_the_instants_do(one: int, other: int) -> None:
    assert (iso(one) < iso(other)) is (one < other)
