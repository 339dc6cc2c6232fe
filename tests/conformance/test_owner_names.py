"""What every SyncStore promises about names of owners."""

from collections.abc import Iterator

import pytest

from tests.conformance.sync_worlds import SYNC_WORLDS, SyncWorld, dynamodb_sync


@pytest.fixture(params=sorted(SYNC_WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[SyncWorld]:
    with SYNC_WORLDS[request.param]() as made:
        yield made


def test_owners_that_were_never_named_have_no_name(world: SyncWorld) -> None:
    assert world.store.owner_names() == {}


def test_names_are_kept_for_every_process_and_the_latest_one_holds(world: SyncWorld) -> None:
    world.store.name_owners({"005A": "Anna Żak", "00G1": "Inbound leads"})
    world.another().name_owners({"005A": "Anna Nowak"})

    assert world.another().owner_names() == {"005A": "Anna Nowak", "00G1": "Inbound leads"}


def test_naming_nobody_changes_nothing(world: SyncWorld) -> None:
    world.store.name_owners({})

    assert world.store.owner_names() == {}


def test_a_name_that_is_known_costs_no_call_and_one_that_is_stored_no_write() -> None:
    with dynamodb_sync() as world:
        world.store.name_owners({"005A": "Anna"})
        calls: list[str] = []
        world.client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))

        world.store.name_owners({"005A": "Anna"})
        assert calls == []

        world.another().name_owners({"005A": "Anna"})
        assert calls == ["BatchGetItem"]
