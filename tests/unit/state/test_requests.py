"""What each access costs in requests: counted, not timed."""

from collections.abc import Iterator

import pytest

from shared.adapters.dynamodb.table import Table
from shared.domain.identity.model import Identifier
from shared.domain.lead.decision import SeenWrite
from shared.ports.failures import StoreUnavailable
from tests.conformance.builders import EMAIL, VISITOR, a_consent, a_decision, a_lead
from tests.conformance.worlds import World, dynamodb_world


@pytest.fixture
def world() -> Iterator[World]:
    with dynamodb_world() as made:
        yield made


def calls(world: World) -> list[str]:
    made = [call.removeprefix("dynamodb.") for call in world.faults.calls]
    world.faults.clear()
    return made


def test_a_stranger_costs_one_read_and_one_write(world: World) -> None:
    world.store.load([VISITOR])
    lead_id = world.identity.weak_lead_id(VISITOR)
    world.store.commit(a_decision(a_lead(lead_id), pointers=()))

    assert calls(world) == ["batch_get_item", "transact_write_items"]


def test_a_known_visitor_costs_two_reads(world: World) -> None:
    lead_id = world.identity.weak_lead_id(VISITOR)
    world.store.commit(a_decision(a_lead(lead_id), pointers=()))
    calls(world)

    world.store.load([VISITOR])

    assert calls(world) == ["batch_get_item", "batch_get_item"]


def test_a_known_e_mail_address_costs_three_reads(world: World) -> None:
    world.store.commit(a_decision())
    calls(world)

    world.store.load([EMAIL])

    assert calls(world) == ["batch_get_item"] * 3


def test_ninety_known_people_in_one_load_cost_as_many_reads_as_one(world: World) -> None:
    emails = [Identifier("email", f"{n}@example.com") for n in range(90)]
    for n, email in enumerate(emails):
        world.store.commit(a_decision(a_lead(f"lead_{n}"), pointers=((email, f"lead_{n}"),)))
    calls(world)

    known = world.store.load(emails)

    assert len(known.leads) == 90
    assert calls(world) == ["batch_get_item"] * 3


def test_a_lead_with_many_buckets_costs_one_query_for_all_of_them(world: World) -> None:
    for n in range(5):
        lead = a_lead(version=n + 1, seen_bucket=n)
        world.store.commit(a_decision(lead, expected=n, seen=(SeenWrite("lead_1", n, frozenset({f"{n:016d}"})),)))
    calls(world)

    known = world.store.load([EMAIL])

    assert len(known.seen["lead_1"]) == 5
    assert calls(world) == ["batch_get_item", "batch_get_item", "query"]


def test_sealing_costs_two_reads_and_one_data_key_per_new_person_and_then_none(world: World) -> None:
    world.store.commit(a_decision(), world.ledger.seal([a_consent()]))
    first = calls(world)
    world.ledger.seal([a_consent(at=9)])

    assert first == ["batch_get_item", "batch_get_item", "kms.generate_data_key", "transact_write_items"]
    assert calls(world) == ["batch_get_item", "batch_get_item"]


def test_a_plain_key_is_kept_for_five_minutes_and_no_longer(world: World) -> None:
    _, wrapped = world.ring.generate("subject_1", "C")
    world.ring.unwrap(wrapped, "subject_1", "C")
    kept = calls(world)
    world.clock.advance(300_001)
    world.ring.unwrap(wrapped, "subject_1", "C")

    assert kept == ["kms.generate_data_key"]
    assert calls(world) == ["kms.decrypt"]


class Reluctant:
    """Processes one key per request, or none at all."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.requests = 0

    def batch_get_item(self, RequestItems):  # noqa: ANN001, ANN201, N803
        self.requests += 1
        keys = RequestItems["leads"]["Keys"]
        left = {"leads": {"Keys": keys[self.takes :]}} if keys[self.takes :] else {}
        return {"Responses": {"leads": keys[: self.takes]}, "UnprocessedKeys": left}

    def batch_write_item(self, RequestItems):  # noqa: ANN001, ANN201, N803
        self.requests += 1
        left = RequestItems["leads"][self.takes :]
        return {"UnprocessedItems": {"leads": left} if left else {}}


def test_keys_that_stay_unprocessed_are_asked_for_again_with_growing_pauses() -> None:
    from shared.adapters.dynamodb.keys import Key

    pauses: list[float] = []
    client, keys = Reluctant(takes=1), [Key("a", "1"), Key("b", "1"), Key("c", "1")]
    table = Table(client, "leads", pause=pauses.append)  # type: ignore[arg-type]

    assert set(table.get_many(keys)) == set(keys)
    table.delete_many(keys)

    assert client.requests == 6
    assert pauses == [0.05, 0.1, 0.05, 0.1]


def test_keys_that_are_never_processed_are_reported_and_never_dropped() -> None:
    from shared.adapters.dynamodb.keys import Key

    table = Table(Reluctant(takes=0), "leads", pause=lambda _: None)  # type: ignore[arg-type]

    with pytest.raises(StoreUnavailable):
        table.get_many([Key("a", "1")])
    with pytest.raises(StoreUnavailable):
        table.delete_many([Key("a", "1")])
