"""The same signals, decided on against memory and against DynamoDB, end in the same state."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from shared.app.decide_person import identifiers_of
from shared.domain.consent.chain import Intact, verify_chain
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide
from shared.domain.lead.rules import Rules
from tests.conformance.worlds import TENANT, World, dynamodb_world, memory_world
from tests.property.people import NOW, rules, signals


@pytest.fixture(scope="module")
def shipped() -> Rules:
    return rules()


def play(world: World, story: list[Signal], shipped: Rules) -> dict[str, Any]:
    """Decide on the signals in threes; returns everything that can be asked of the store afterwards."""
    told: set[Any] = set()
    for start in range(0, len(story), 3):
        part = story[start : start + 3]
        identifiers = [i for signal in part for i in identifiers_of(signal)]
        told.update(identifiers)
        decision = decide(world.store.load(identifiers), part, shipped, NOW, f"seed-{start}")
        world.store.commit(decision, world.ledger.seal(decision.consents))
    known = world.store.load(sorted(told))
    phones = {signal.phone for signal in story if signal.phone}
    companies = {lead.company.company_id for lead in known.leads.values() if lead.company}
    return {
        "owners": known.owners,
        "leads": known.leads,
        "seen": known.seen,
        "open": known.seen_open,
        "history": {lead_id: world.store.history(lead_id).rows for lead_id in known.leads},
        "found": {identifier: world.store.find(identifier) for identifier in told},
        "phones": {phone: world.store.find_by_phone(phone) for phone in phones},
        "names": {word: world.store.find_by_name([word]).lead_ids for word in ("anna", "boris", "cto")},
        "companies": {company: world.store.company_members(company) for company in companies},
        "facts": sorted(
            f["event_id"] for row in world.outbox.pending(before=NOW + 1, limit=9_999) for f in row.envelopes
        ),
        "consents": {lead.subject_ref: _ledger(world, lead.subject_ref) for lead in known.leads.values()},
    }


def _ledger(world: World, ref: str) -> list[Any]:
    entries = world.ledger.read(ref, decrypt=True)
    assert isinstance(verify_chain(entries, tenant=TENANT, subject_ref=ref, head=world.ledger.head(ref)), Intact)
    return [(entry.header["event_id"], entry.header["seq"], entry.header["type"], entry.payload) for entry in entries]


@given(story=signals(maximum=9))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_twins_hold_the_same_after_the_same_signals(shipped: Rules, story: list[Signal]) -> None:
    with memory_world() as memory, dynamodb_world() as dynamodb:
        assert play(memory, story, shipped) == play(dynamodb, story, shipped)
