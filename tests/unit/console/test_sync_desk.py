"""Looking ahead and reading again, from the pages of synchronisation."""

import pytest

from shared.adapters.memory.operations import MemoryQueueDepths
from shared.ports.operations import QueueDepth
from tests.unit.api.test_handovers import a_world, told
from tests.unit.api.world import World, ann_and_bob
from tests.unit.console.browsing import Browser, console_of


@pytest.fixture
def world() -> World:
    return ann_and_bob()


def opened(world: World, *roles: str) -> Browser:
    browser = Browser(console_of(world, roles=roles or ("operator",)))
    browser.log_in()
    return browser


def ann(world: World) -> str:
    return str(world.search(email="ann@acme.example")["items"][0]["id"])


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(world: World) -> None:
    browser = opened(world, "marketer")
    world.told.clear()

    body = browser.post("/console/sync/dry-run", leads=ann(world), limit="20", system="").body

    for shown in ("Ann Smith", "Marketo", "A new record", "ann@acme.example", "Head of IT", "1 person looked at"):
        assert shown in body
    assert not any(world.out.sent.values())
    assert world.told[-1][1]["people"] == [ann(world)]
    assert "ann@acme" not in str(world.told)


def test_a_dry_run_of_one_system_leaves_the_other_out(world: World) -> None:
    body = opened(world).post("/console/sync/dry-run", leads=ann(world), system="salesforce").body

    assert "Salesforce only" in body
    assert "Marketo" not in body


def test_a_dry_run_without_names_looks_at_the_newest_people(world: World) -> None:
    body = opened(world).post("/console/sync/dry-run", leads="  ", limit="1", system="marketo").body

    assert "1 person looked at" in body


def test_a_dry_run_says_who_is_nobody_and_why_others_are_left_alone(world: World) -> None:
    (bob,) = world.search(email="bob@acme.example")["items"]

    body = opened(world).post("/console/sync/dry-run", leads=f"{bob['id']}, lead_nobody", system="marketo").body

    assert "Nobody has the id lead_nobody" in body
    assert "Nothing would be written" in body
    assert "The rule for creating a record does not hold yet." in body


@pytest.mark.parametrize(
    "fields", [{"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"leads": "a " * 201}, {"leads": "x" * 65},
               {"limit": "5", "system": "sap"}], ids=str,
)  # fmt: skip
def test_a_dry_run_that_cannot_be_is_refused(world: World, fields: dict[str, str]) -> None:
    assert opened(world).post("/console/sync/dry-run", **fields).status == 400


def test_reading_again_asks_the_next_pull_and_both_writers_and_shows_it(world: World) -> None:
    body = opened(world).post("/console/sync/resync", lead=f" {ann(world)} ").body

    assert "Ann Smith will be read again" in body
    assert "00Q1" in body
    assert world.sync.to_read("salesforce") == ("00Q1",)
    assert {system for system, wishes in world.out.sent.items() if wishes} == {"salesforce", "marketo"}


def test_nobody_can_be_read_again_who_is_not_there(world: World) -> None:
    browser = opened(world)

    for lead in ("lead_nobody", "", "x" * 500):
        assert browser.post("/console/sync/resync", lead=lead).status == 404
    assert not any(world.out.sent.values())


def test_who_may_only_look_sees_no_form_that_changes_anything(world: World) -> None:
    looking, operating = (opened(world, role).get("/console/sync").body for role in ("sales", "operator"))

    assert "What would be written?" in looking
    assert "Read a person again" not in looking
    assert "Read a person again" in operating


def test_what_waits_to_be_written_is_the_sum_of_a_systems_queues() -> None:
    depths = (
        QueueDepth(name="marketo-first", waiting=1, in_flight=2, delayed=0, dead_letters_to="marketo-dlq"),
        QueueDepth(name="marketo-out", waiting=30, in_flight=0, delayed=9, dead_letters_to="marketo-dlq"),
        QueueDepth(name="marketo-dlq", waiting=500, in_flight=0, delayed=0),
    )

    body = opened(World(depths=MemoryQueueDepths(depths))).get("/console/sync").body

    assert "<dt>Waiting to be written</dt><dd>42</dd>" in body
    assert "<dt>Waiting to be written</dt><dd>–</dd>" in body, "Salesforce's queues are not known"


def test_operators_have_a_person_read_again_from_their_page(world: World) -> None:
    page = f"/console/leads/{ann(world)}"
    browser = opened(world)
    assert f'name="lead" value="{ann(world)}"' in browser.get(page).body
    assert "/console/sync/resync" not in opened(world, "marketer").get(page).body

    browser.post("/console/sync/resync", lead=ann(world))

    assert world.sync.to_read("salesforce") == ("00Q1",)


def test_a_persons_page_names_the_owner_and_not_their_id() -> None:
    world = a_world()
    world.happen([told(60, "anna@example.com", handover="accepted", owner="005A")])
    world.sync.name_owners({"005A": "Sam Sales"})
    (item,) = world.get("/api/handovers", state="accepted")["items"]

    body = opened(world, "sales").get(f"/console/leads/{item['lead_id']}").body

    assert "with Sam Sales" in body
    assert "with 005A" not in body
