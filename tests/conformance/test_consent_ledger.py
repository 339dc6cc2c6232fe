"""What every ConsentLedger promises, held against each implementation."""

from itertools import permutations

import pytest

from shared.domain.consent.chain import Broken, Intact, commitment, replay, verify_chain
from shared.ports.failures import EvidenceDestroyed
from shared.ports.key_ring import WrongContext
from shared.ports.leads import LeadConflict
from tests.conformance.builders import AT, a_consent, a_decision, a_lead
from tests.conformance.worlds import TENANT, World


def append(world: World, *events, version: int = 1) -> None:  # noqa: ANN002
    lead = a_lead(version=version, subject_ref="subject_1")
    world.store.commit(a_decision(lead, expected=version - 1, consents=events), world.ledger.seal(events))


def test_sealed_events_are_read_back_in_order_and_decrypt_to_what_was_said(world: World) -> None:
    given, withdrawn = a_consent(), a_consent(given=False, at=AT + 5)

    append(world, given, withdrawn)

    entries = world.ledger.read("subject_1", decrypt=True)
    assert [entry.header["type"] for entry in entries] == ["given", "withdrawn"]
    assert [entry.header["seq"] for entry in entries] == [1, 2]
    assert [entry.payload for entry in entries] == [given.payload, withdrawn.payload]
    assert all(commitment(entry.blind or b"", entry.payload or {}) == entry.header["commit"] for entry in entries)


def test_without_decryption_nothing_personal_is_read(world: World) -> None:
    append(world, a_consent())

    (entry,) = world.ledger.read("subject_1")

    assert entry.payload is None
    assert entry.blind is None
    assert b"ada@example.com" not in entry.ciphertext
    assert "ada@" not in repr(entry.header)


def test_the_chain_goes_on_over_several_decisions_and_verifies(world: World) -> None:
    for version in range(1, 5):
        append(world, a_consent(at=AT + version, given=version % 2 == 0), version=version)

    entries = world.ledger.read("subject_1")
    head = world.ledger.head("subject_1")
    assert verify_chain(entries, tenant=TENANT, subject_ref="subject_1", head=head) == Intact(4, head["hash"])


def test_the_stored_head_equals_the_replay_of_its_events(world: World) -> None:
    for version, order in enumerate(permutations((AT, AT + 1, AT + 2)), start=1):
        events = [a_consent("subject_1", at=at, given=at != AT + 1) for at in order]
        append(world, *events, version=version)

    entries = world.ledger.read("subject_1")
    assert len(entries) == 18
    assert world.ledger.head("subject_1") == replay(entry.header for entry in entries)


def test_a_cut_off_tail_shows_against_the_stored_head(world: World) -> None:
    append(world, a_consent(), a_consent(given=False, at=AT + 1))

    shortened = world.ledger.read("subject_1")[:1]

    head = world.ledger.head("subject_1")
    assert verify_chain(shortened, tenant=TENANT, subject_ref="subject_1", head=head) == Broken(
        1, shortened[0].header["event_id"], "HEAD"
    )


def test_a_fork_of_a_chain_is_refused(world: World) -> None:
    append(world, a_consent())
    one, two = a_consent(at=AT + 1), a_consent(given=False, at=AT + 2)
    sealed_one, sealed_two = world.ledger.seal([one]), world.ledger.seal([two])

    world.store.commit(a_decision(a_lead(version=2), expected=1), sealed_one)
    before = world.snapshot()
    with pytest.raises(LeadConflict, match="ledger"):
        world.store.commit(a_decision(a_lead(version=3), expected=2), sealed_two)

    assert world.snapshot() == before
    assert [entry.header["event_id"] for entry in world.ledger.read("subject_1")][1:] == [one.header["event_id"]]


def test_two_first_events_of_one_person_do_not_make_two_keys(world: World) -> None:
    one, two = world.ledger.seal([a_consent()]), world.ledger.seal([a_consent(at=AT + 1)])

    world.store.commit(a_decision(), one)
    with pytest.raises(LeadConflict):
        world.store.commit(a_decision(a_lead(version=2), expected=1), two)

    assert len(world.ledger.read("subject_1", decrypt=True)) == 1


def test_a_key_is_made_once_per_person(world: World) -> None:
    first = world.ledger.seal([a_consent(), a_consent(at=AT + 1), a_consent("subject_2")])
    world.store.commit(a_decision(), first)
    second = world.ledger.seal([a_consent(at=AT + 2)])

    assert [event.new_key is not None for event in (*first, *second)] == [True, False, True, False]


def test_a_key_is_refused_for_another_person_tier_or_tenant(world: World) -> None:
    plain, wrapped = world.ring.generate("subject_1", "C")

    assert world.ring.unwrap(wrapped, "subject_1", "C") == plain
    with pytest.raises(WrongContext):
        world.ring.unwrap(wrapped, "subject_2", "C")
    with pytest.raises(WrongContext):
        world.ring.unwrap(wrapped, "subject_1", "P")
    with pytest.raises(WrongContext):
        world.other_tenant.unwrap(wrapped, "subject_1", "C")
    with pytest.raises(WrongContext):
        world.ring.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), "subject_1", "C")


def test_after_the_key_is_destroyed_the_chain_verifies_but_says_nothing_and_takes_nothing_new(world: World) -> None:
    append(world, a_consent())

    world.destroy_key("subject_1")

    entries = world.ledger.read("subject_1", decrypt=True)
    assert entries[0].payload is None
    assert isinstance(verify_chain(entries, tenant=TENANT, subject_ref="subject_1"), Intact)
    with pytest.raises(EvidenceDestroyed):
        world.ledger.seal([a_consent(at=AT + 1)])


def test_sealing_alone_writes_nothing(world: World) -> None:
    before = world.snapshot()

    world.ledger.seal([a_consent(), a_consent("subject_2")])

    assert world.snapshot() == before
    assert world.ledger.seal([]) == ()
    assert world.ledger.read("nobody") == ()
    assert world.ledger.head("nobody")["seq"] == 0
