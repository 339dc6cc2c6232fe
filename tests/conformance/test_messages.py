"""What permits, messages, suppressions and contact points promise, held against each implementation."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.dynamodb.consent_ledger import DynamoConsentLedger
from shared.adapters.dynamodb.contact_points import DynamoContactPoints
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.messages import DynamoMessages
from shared.adapters.dynamodb.outbox import DynamoOutbox
from shared.adapters.dynamodb.permits import DynamoPermits
from shared.adapters.dynamodb.suppressions import DynamoSuppressions
from shared.adapters.dynamodb.table import Table
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.consent_ledger import MemoryConsentLedger, MemoryKeyRing
from shared.adapters.memory.lead_store import MemoryLeadStore
from shared.adapters.memory.messages import (
    MemoryContactPoints,
    MemoryMessages,
    MemoryPermits,
    MemorySuppressions,
)
from shared.adapters.memory.outbox import MemoryOutbox
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey
from shared.domain.engagement.model import Cadence, MessageRecord, Suppression
from shared.ports.consent_ledger import ConsentLedger
from shared.ports.leads import LeadStore
from shared.ports.messages import ContactPoints, Messages, Permit, PermitLost, Permits
from shared.ports.outbox import Outbox
from shared.ports.suppressions import Suppressions
from tests.conformance.builders import AT, a_consent, a_decision, a_fact, a_lead
from tests.conformance.worlds import REGION, TABLES, TENANT, create_table

ADDRESS = "digest-of-ada"
BARRIERS: Mapping[tuple[str, str], int | None] = {
    ("all", "bounced"): None, ("marketing", "complained"): None, ("ad.email", "unsubscribed"): None,
}  # fmt: skip


@dataclass
class Door:
    permits: Permits
    messages: Messages
    suppressions: Suppressions
    contacts: ContactPoints
    store: LeadStore
    ledger: ConsentLedger
    outbox: Outbox


def digest(address: str) -> str:
    return ADDRESS if address == "ada@example.com" else "another"


@contextmanager
def memory_door() -> Iterator[Door]:
    tables, identity = MemoryTables(), IdentityKey.fixed(b"identity")
    yield Door(
        permits=MemoryPermits(tables),
        messages=MemoryMessages(tables),
        suppressions=MemorySuppressions(tables),
        contacts=MemoryContactPoints(tables, digest),
        store=MemoryLeadStore(tables, identity=identity, clock=MemoryClock()),
        ledger=MemoryConsentLedger(tables, Sealer(MemoryKeyRing(tenant=TENANT), tenant=TENANT)),
        outbox=MemoryOutbox(tables),
    )


@contextmanager
def dynamodb_door() -> Iterator[Door]:
    with mock_aws():
        client: Any = boto3.client(
            "dynamodb", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        for name in (*TABLES, "engagement"):
            create_table(client, name)
        leads, ledger, engagement = (Table(client, n) for n in (TABLES.leads, TABLES.ledger, "engagement"))
        identity, ring = IdentityKey.fixed(b"identity"), MemoryKeyRing(tenant=TENANT)
        yield Door(
            permits=DynamoPermits(leads, ledger, engagement),
            messages=DynamoMessages(engagement, leads.name),
            suppressions=DynamoSuppressions(ledger, ["ad.email"]),
            contacts=DynamoContactPoints(leads, digest),
            store=DynamoLeadStore(client, TABLES, identity=identity, clock=MemoryClock()),
            ledger=DynamoConsentLedger(ledger, Table(client, TABLES.data_keys), Sealer(ring, tenant=TENANT)),
            outbox=DynamoOutbox(leads),
        )


WORLDS = {"memory": memory_door, "dynamodb": dynamodb_door}


@pytest.fixture(params=sorted(WORLDS))
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    with WORLDS[request.param]() as made:
        made.store.commit(a_decision(facts=()), made.ledger.seal([a_consent()]))
        yield made


def a_record(**changes: Any) -> MessageRecord:
    record = MessageRecord(
        message_id="msg_1",
        lead_id="lead_1",
        message="welcome",
        message_class="marketing",
        purpose="ad.email",
        channel="email",
        state="permitted",
        at=AT,
        cause="lead_1.1.0",
        address=ADDRESS,
        language="en",
        permitted_at=AT,
        evidence=("subject_1:1",),
    )
    return replace(record, **changes)


def a_permit(record: MessageRecord | None = None, **changes: Any) -> Permit:
    record = record or a_record()
    fact = a_message_fact("MessagePermitted", record)
    permit = Permit(
        record=record,
        fact=fact,
        root_id="lead_1",
        root_version=1,
        subject="subject_1",
        heads={"subject_1": 1, "subject_2": 0},
        barriers=BARRIERS,
        cadence=Cadence(),
    )
    return replace(permit, **changes)


def a_message_fact(name: str, record: MessageRecord) -> Any:
    fact = a_fact(name=name, message_id=record.message_id, message="welcome", purpose="ad.email", channel="email")
    return fact._replace(event_id=f"{record.message_id}.{name}.{record.attempt}")


def told(door: Door) -> list[str]:
    return [e["name"] for row in door.outbox.pending(before=AT + 10**9) for e in row.envelopes]


def test_a_permit_its_message_and_its_fact_are_written_together(door: Door) -> None:
    door.permits.grant(a_permit())

    assert door.messages.get("msg_1") == a_record()
    assert door.messages.of_lead("lead_1") == (a_record(),)
    assert door.permits.cadence(ADDRESS) == Cadence(1, (AT,))
    assert told(door) == ["MessagePermitted"]


def _a_signal(door: Door) -> None:
    door.store.commit(a_decision(a_lead(version=2), expected=1, facts=()))


def _a_withdrawal_in_the_ledger(door: Door) -> None:
    sealed = door.ledger.seal([a_consent(given=False, at=AT + 1)])
    door.store.commit(a_decision(a_lead("lead_2"), pointers=(), facts=()), sealed)


def _a_first_event_of_another_subject(door: Door) -> None:
    sealed = door.ledger.seal([a_consent("subject_2", given=False)])
    door.store.commit(a_decision(a_lead("lead_2"), pointers=(), facts=()), sealed)


def _the_same_permit(door: Door) -> None:
    door.permits.grant(a_permit(cadence=None))


def _another_message_to_the_address(door: Door) -> None:
    door.permits.grant(a_permit(a_record(message_id="msg_2")))


def _a(scope: str, reason: str) -> Callable[[Door], None]:
    return lambda door: door.suppressions.suppress(ADDRESS, Suppression(scope, reason, AT))


@pytest.mark.parametrize(
    "happens",
    [
        _a_signal,
        _a_withdrawal_in_the_ledger,
        _a_first_event_of_another_subject,
        _the_same_permit,
        _another_message_to_the_address,
        *(_a(*place) for place in BARRIERS),
    ],
)
def test_a_permit_is_lost_when_anything_that_was_read_changed(door: Door, happens: Callable[[Door], None]) -> None:
    happens(door)
    before = told(door)

    with pytest.raises(PermitLost):
        door.permits.grant(a_permit())
    assert told(door) == before


def test_a_suppression_that_was_read_does_not_hinder_unless_it_is_said_again(door: Door) -> None:
    place = ("ad.email", "unsubscribed")
    door.suppressions.suppress(ADDRESS, Suppression(*place, AT - 5))
    door.permits.grant(a_permit(barriers={**BARRIERS, place: AT - 5}))
    door.suppressions.suppress(ADDRESS, Suppression(*place, AT))

    with pytest.raises(PermitLost):
        door.permits.grant(
            a_permit(a_record(message_id="msg_2"), barriers={**BARRIERS, place: AT - 5}, cadence=Cadence(1, (AT,)))
        )
    assert door.suppressions.of(ADDRESS) == (Suppression(*place, AT),)
    assert door.suppressions.of("another") == ()


def test_an_attempt_ends_once(door: Door) -> None:
    door.permits.grant(a_permit())
    sent = a_record(state="sent", provider_id="ses-1")

    assert door.messages.settle(sent, a_message_fact("MessageSent", sent))
    assert not door.messages.settle(replace(sent, state="unknown"))
    assert door.messages.get("msg_1") == sent
    assert sorted(told(door)) == ["MessagePermitted", "MessageSent"]


def test_only_an_unsent_message_gets_another_permit(door: Door) -> None:
    again = a_permit(a_record(attempt=2), cadence=Cadence(1, (AT,)))
    door.permits.grant(a_permit())
    with pytest.raises(PermitLost):
        door.permits.grant(again)
    door.messages.settle(a_record(state="unsent"))

    door.permits.grant(again)
    held = door.messages.get("msg_1")
    assert held is not None
    assert (held.state, held.attempt) == ("permitted", 2)


def test_a_denial_is_recorded_once(door: Door) -> None:
    record = a_record(state="suppressed", reason="SEND.WITHDRAWN")
    fact = a_message_fact("MessageSuppressed", record)

    assert door.messages.refuse(record, fact)
    assert not door.messages.refuse(record, fact)
    assert told(door) == ["MessageSuppressed"]
    assert door.messages.get("msg_1") == record


def test_what_became_of_a_message_is_kept_with_its_first_time_whatever_else_is_written(door: Door) -> None:
    door.permits.grant(a_permit())
    door.messages.happened("msg_1", "delivered", AT + 2)
    door.messages.happened("msg_1", "delivered", AT + 9)
    door.messages.settle(a_record(state="sent", provider_id="ses-1"))
    door.messages.happened("msg_1", "bounced", AT + 3)
    door.messages.happened("msg_unknown", "bounced", AT)

    held = door.messages.get("msg_1")
    assert held is not None
    assert held.happened == {"delivered": AT + 2, "bounced": AT + 3}
    assert (held.state, held.shown_state) == ("sent", "bounced")
    assert door.messages.get("msg_unknown") is None


def test_an_address_is_found_by_its_digest_through_aliases(door: Door) -> None:
    door.store.commit(a_decision(a_lead("lead_9", merged_into="lead_1", identifiers={}), pointers=(), facts=()))

    assert door.contacts.address_of("lead_1", ADDRESS) == "ada@example.com"
    assert door.contacts.address_of("lead_9", ADDRESS) == "ada@example.com"
    assert door.contacts.address_of("lead_1", "strange") is None
    assert door.contacts.address_of("lead_unknown", ADDRESS) is None


def test_heads_of_subjects_without_events_are_empty(door: Door) -> None:
    heads = door.permits.heads(["subject_1", "subject_2"])

    assert {subject: head["seq"] for subject, head in heads.items()} == {"subject_1": 1, "subject_2": 0}
