"""The connector against a subscription that behaves as the vendor documents: what it costs, what it loses."""

from datetime import UTC, datetime

import pytest

from infra.local.simulators.faults import FaultKind
from shared.connectors.marketo.reading import instant
from shared.domain.instant import DAY, MINUTE
from shared.domain.sync.model import CREATED, GONE, REJECTED, REMAPPED, RETRY_LATER, SKIPPED, UPDATED
from shared.ports.sync import RemoteSystem
from tests.unit.connectors_marketo.world import World, write_of


@pytest.fixture
def world() -> World:
    return World()


def many(world: World, count: int) -> list[str]:
    with world.site.store.transaction():
        return [world.add(f"p{n}@example.com", firstName=f"P{n}") for n in range(count)]


def test_it_is_a_remote_system(world: World) -> None:
    system: RemoteSystem = world.system

    assert system.name == "marketo"
    assert system.usage() is None


# What it costs


def test_an_idle_cycle_is_three_calls(world: World) -> None:
    many(world, 2)
    position = world.caught_up()

    assert world.calls_of(lambda: world.pull(position)) == 3


def test_a_first_idle_cycle_of_a_new_process_also_logs_in_and_asks_for_the_days_count(world: World) -> None:
    position = world.caught_up()
    world.desk("usage", calls=1000)
    world.system = world.connect()

    assert world.calls_of(lambda: world.pull(position)) == 5
    usage = world.system.usage()
    assert usage is not None
    # Six calls of the first process, known by the vendor, and three since.
    assert usage.used == 1000 + 6 + 3
    assert world.calls_of(lambda: world.pull(position)) == 3


def test_a_thousand_updates_are_four_calls(world: World) -> None:
    ids = many(world, 1000)
    world.caught_up()
    writes = [write_of(f"lead_{key}", key, title="CTO") for key in ids]

    outcomes = []
    assert world.calls_of(lambda: outcomes.extend(world.system.write(writes))) == 4

    assert [(outcome.status, outcome.remote_id) for outcome in outcomes] == [(UPDATED, key) for key in ids]
    assert all(world.lead(key)["title"] == "CTO" for key in ids)


def test_a_thousand_changed_people_are_four_pages_of_the_log_and_four_reads(world: World) -> None:
    ids = many(world, 1000)
    position = world.caught_up()
    for key in ids:
        world.edit(key, title="CTO")

    records = []
    assert world.calls_of(lambda: records.extend(world.pull(position)[0])) == 2 + 4 + 4

    assert [record.remote_id for record in records] == ids


def test_people_with_many_changes_are_read_once_each(world: World) -> None:
    ids = many(world, 450)
    position = world.caught_up()
    for key in ids:
        world.edit(key, title="CTO", phone="+4912345", firstName="New", consentStatus="given")

    records = []
    # 1,800 entries: the two narrow streams take two pages each, as a page looks through 1,200 of them.
    assert world.calls_of(lambda: records.extend(world.pull(position)[0])) == 2 * 2 + 6 + 2

    assert sorted(record.remote_id for record in records) == sorted(ids)


def test_nobody_is_left_out_when_a_page_brings_more_than_one_read_takes(world: World) -> None:
    ids = many(world, 500)
    position = world.caught_up()
    for key in ids[:150]:
        world.edit(key, title="CTO", phone="+4912345")
    for key in ids[150:]:
        world.edit(key, title="CTO")

    page = world.system.changes(position)
    records, _ = world.pull(page.position)

    assert (len(page.records), page.more) == (300, True)
    assert [record.remote_id for record in [*page.records, *records]] == ids


def test_a_thousand_creations_are_four_calls(world: World) -> None:
    world.caught_up()
    writes = [write_of(f"lead_{n}", email=f"n{n}@example.com", firstName="N") for n in range(1000)]

    outcomes = []
    assert world.calls_of(lambda: outcomes.extend(world.system.write(writes))) == 4

    assert {outcome.status for outcome in outcomes} == {CREATED}
    assert len({outcome.remote_id for outcome in outcomes}) == 1000


# Changes


def test_the_first_pull_brings_everybody_who_is_there(world: World) -> None:
    ids = many(world, 650)

    records, _ = world.pull()

    assert [record.remote_id for record in records] == ids
    assert records[0].values["firstName"] == "P0"
    assert records[0].created_at == records[0].stamp == instant(world.lead(ids[0])["createdAt"])


def test_a_change_of_a_custom_field_is_found_with_its_time(world: World) -> None:
    person = world.add("ada@example.com", consentStatus="unknown")
    position = world.caught_up()
    changed_at = world.clock.advance(MINUTE)
    world.edit(person, consentStatus="given")
    world.clock.advance(MINUTE)

    (record,), _ = world.pull(position)

    assert record.values["consentStatus"] == "given"
    assert record.changed_at == {"consentStatus": changed_at}
    assert record.stamp == changed_at
    assert record.read_at == world.clock.now()
    assert world.lead(person)["updatedAt"] != datetime.fromtimestamp(changed_at / 1000, UTC).isoformat()


def test_the_current_value_counts_not_the_one_in_the_log(world: World) -> None:
    person = world.add("ada@example.com")
    position = world.caught_up()
    world.edit(person, title="B")
    latest = world.clock.advance(5000)
    world.edit(person, title="C")

    (record,), _ = world.pull(position)

    assert (record.values["title"], record.changed_at["title"]) == ("C", latest)


def test_values_are_canonical_and_our_id_is_a_reference(world: World) -> None:
    world.add("Ada@Example.COM", leadScore=12, unsubscribed=True, leadspineId="lead_1", phone="+49 (30) 12")

    (record,), _ = world.pull()

    assert record.values == {
        "email": "ada@example.com",
        "firstName": "",
        "title": "",
        "phone": "+493012",
        "leadScore": "12",
        "unsubscribed": "true",
        "consentStatus": "",
        "consentDate": "",
        "leadspineId": "lead_1",
    }
    assert record.references == {"leadspine_id": "lead_1"}


def test_a_merge_names_the_winner_and_reads_it(world: World) -> None:
    winner, loser = world.add("ada@example.com"), world.add("ada@example.org")
    position = world.caught_up()
    world.desk(f"people/{winner}/merge", loser=int(loser))

    records, _ = world.pull(position)

    assert [(r.remote_id, r.deleted, r.merged_into) for r in records] == [(loser, True, winner), (winner, False, None)]


def test_a_deletion_is_told_once(world: World) -> None:
    person = world.add("ada@example.com")
    position = world.caught_up()
    world.desk(f"people/{person}/delete")

    records, position = world.pull(position)

    assert [(r.remote_id, r.deleted, r.merged_into) for r in records] == [(person, True, None)]
    assert world.pull(position)[0] == []


def test_more_deletions_and_merges_than_a_page_are_all_told(world: World) -> None:
    ids = many(world, 700)
    position = world.caught_up()
    for winner, loser in zip(ids[:200:2], ids[1:200:2], strict=True):
        world.desk(f"people/{winner}/merge", loser=int(loser))
    for person in ids[200:]:
        world.desk(f"people/{person}/delete")

    records, _ = world.pull(position)

    merged = {record.remote_id: record.merged_into for record in records if record.merged_into}
    deleted = {record.remote_id for record in records if record.deleted and not record.merged_into}
    assert merged == dict(zip(ids[1:200:2], ids[:200:2], strict=True))
    assert deleted == set(ids[200:])


@pytest.mark.parametrize("blank", [1, 19])
def test_empty_pages_with_more_to_follow_are_not_the_end(world: World, blank: int) -> None:
    ids = many(world, 3)
    world.settings(empty_pages=blank)

    records, _ = world.pull()

    assert [record.remote_id for record in records] == ids


def test_too_many_empty_pages_end_a_pull_and_the_next_goes_on(world: World) -> None:
    position = world.caught_up()
    ids = many(world, 3)
    world.settings(empty_pages=30)

    first, position = world.pull(position)
    second, position = world.pull(position)
    third, _ = world.pull(position)

    assert first == []
    assert [record.remote_id for record in [*second, *third]] == ids


def test_what_becomes_visible_late_is_not_passed(world: World) -> None:
    position = world.caught_up()
    world.fault(FaultKind.LATE_VISIBILITY, seconds=120)
    person = world.add("late@example.com")

    early, position = world.pull(position)
    world.clock.advance(3 * MINUTE)
    late, _ = world.pull(position)

    assert early == []
    assert [record.remote_id for record in late] == [person]


def test_a_lost_token_is_made_anew_and_looks_back(world: World) -> None:
    world.add("old@example.com")
    world.clock.advance(DAY)
    position = world.caught_up()
    world.clock.advance(5 * MINUTE)
    person = world.add("new@example.com")
    lost = {**position, "tokens": dict.fromkeys(position["tokens"], "nonsense")}

    records, _ = world.pull(lost)

    assert [record.remote_id for record in records] == [person]


def test_after_a_pause_beyond_the_retention_everybody_is_read_again(world: World) -> None:
    world.settings(change_days=90)
    person = world.add("ada@example.com")
    position = world.caught_up()
    world.edit(person, title="Long ago")
    world.clock.advance(120 * DAY)

    records, position = world.pull(position)

    assert [record.values["title"] for record in records] == ["Long ago"]
    assert world.pull(position)[0] == []


def test_a_step_that_died_is_repeated_without_loss(world: World) -> None:
    ids = many(world, 700)
    first = world.system.changes({})
    world.system.changes(first.position)
    world.system = world.connect()

    records, _ = world.pull(first.position)

    assert [r.remote_id for r in [*first.records, *records]] == ids


def test_a_field_that_the_subscription_lacks_is_left_out() -> None:
    world = World({"email": "email", "title": "text", "shoeSize": "number"})
    world.add("ada@example.com", title="CTO")

    (record,), _ = world.pull()

    assert record.values == {"email": "ada@example.com", "title": "CTO"}
    assert [finding.subject for finding in world.system.preflight() if finding.ok is False] == [
        "field shoeSize",
        "no schema right",
    ]


def test_more_mapped_fields_than_one_call_takes_are_asked_in_several() -> None:
    names = {f"field{n}": "text" for n in range(150)}
    world = World({"email": "email", **names})
    rows = [{"name": name, "dataType": "string"} for name in names]
    session = world.session()
    base = world.credentials["base_url"]
    form = {"grant_type": "client_credentials", **{k: v for k, v in world.credentials.items() if k != "base_url"}}
    token = session.post(f"{base}/identity/oauth/token", data=form).json()["access_token"]
    schema = f"{base}/rest/v1/leads/schema/fields.json"
    assert session.post(schema, json={"input": rows}, headers={"Authorization": f"Bearer {token}"}).json()["success"]
    person = world.add("ada@example.com")
    position = world.caught_up()
    world.edit(person, field0="a", field149="z")

    records = []
    assert world.calls_of(lambda: records.extend(world.pull(position)[0])) == 2 + 2 + 1

    assert set(records[0].changed_at) == {"field0", "field149"}


# Reading


def test_people_are_read_by_id_and_who_is_gone_is_deleted(world: World) -> None:
    person = world.add("ada@example.com")

    records = world.system.read([person, "999", "not-an-id"])

    assert [(record.remote_id, record.deleted) for record in records] == [
        (person, False),
        ("999", True),
        ("not-an-id", True),
    ]


def test_six_hundred_people_are_two_reads(world: World) -> None:
    ids = many(world, 600)
    world.system.read(ids[:1])

    assert world.calls_of(lambda: world.system.read(ids)) == 2


# Writing


def test_a_creation_that_is_repeated_adopts_its_person(world: World) -> None:
    write = write_of("lead_1", email="ada@example.com", firstName="Ada", leadspineId="lead_1")

    first, again = world.system.write([write])[0], world.system.write([write])[0]

    assert (first.status, again.status) == (CREATED, REMAPPED)
    assert first.remote_id == again.remote_id


def test_a_creation_changes_nobody_who_is_there(world: World) -> None:
    person = world.add("ada@example.com", title="Theirs", phone="+4930")

    (outcome,) = world.system.write([write_of("lead_1", email="Ada@example.com", title="Ours", leadspineId="lead_1")])

    assert (outcome.status, outcome.remote_id, outcome.code) == (REMAPPED, person, "MARKETO.1005")
    assert (world.lead(person)["title"], world.lead(person).get("leadspineId")) == ("Theirs", None)


def test_a_lost_answer_makes_nobody_twice(world: World) -> None:
    world.fault(FaultKind.TIMEOUT_AFTER_COMMIT, path="/rest/v1/leads.json", times=1)

    (outcome,) = world.system.write([write_of("lead_1", email="ada@example.com", firstName="Ada")])

    (person,) = world.site.people.all()
    assert (outcome.status, outcome.remote_id) == (REMAPPED, str(person["id"]))
    assert (person["email"], person["firstName"]) == ("ada@example.com", "Ada")


def test_somebody_without_an_address_is_found_by_our_id(world: World) -> None:
    write = write_of("lead_1", firstName="Ada")

    first, again = world.system.write([write])[0], world.system.write([write])[0]

    assert (first.status, again.status) == (CREATED, REMAPPED)
    assert first.remote_id == again.remote_id
    assert world.lead(first.remote_id or "")["leadspineId"] == "lead_1"


def test_of_several_with_one_address_the_one_with_our_id_is_taken_else_the_oldest(world: World) -> None:
    world.add("ada@example.com")
    ours = world.add("ADA@example.com", leadspineId="lead_1")
    oldest = world.add("bob@example.com")
    world.add("bob@example.com", leadspineId="lead_9")

    writes = [write_of("lead_1", email="ada@example.com", title="A"), write_of("lead_2", email="bob@example.com")]
    outcomes = world.system.write(writes)

    assert [(outcome.status, outcome.remote_id) for outcome in outcomes] == [(REMAPPED, ours), (REMAPPED, oldest)]
    assert "title" not in world.lead(ours)


def test_one_address_twice_is_one_creation(world: World) -> None:
    writes = [write_of(f"lead_{n}", email="Ada@example.com", title=str(n)) for n in range(2)]

    outcomes = world.system.write(writes)

    assert [outcome.status for outcome in outcomes] == [CREATED, REMAPPED]
    assert outcomes[0].remote_id == outcomes[1].remote_id


def test_a_skipped_record_fails_alone(world: World) -> None:
    ids = many(world, 4)
    writes = [
        write_of("a", ids[0], title="CTO"),
        write_of("b", "999", title="CTO"),
        write_of("c", ids[1], shoeSize="44"),
        write_of("d", ids[2], consentDate="the day after"),
        write_of("e", ids[3], title="x" * 300, phone="1"),
        write_of("f", ids[0]),
    ]

    outcomes = world.system.write(writes)

    assert [(outcome.status, outcome.code, outcome.fields) for outcome in outcomes] == [
        (UPDATED, "", ()),
        (GONE, "MARKETO.1004", ()),
        (REJECTED, "MARKETO.1006", ("shoeSize",)),
        (REJECTED, "MARKETO.1001", ("consentDate",)),
        (REJECTED, "MARKETO.1003", ("title",)),
        (SKIPPED, "", ()),
    ]
    assert not any("the day after" in outcome.message for outcome in outcomes)


def test_an_address_beyond_ascii_is_refused_before_it_is_sent(world: World) -> None:
    person = world.add("ada@example.com")
    writes = [write_of("a", email="jörg@example.com"), write_of("b", person, email="zoë@example.com")]

    outcomes = []
    assert world.calls_of(lambda: outcomes.extend(world.system.write(writes))) == 0

    assert {(outcome.status, outcome.code, outcome.fields) for outcome in outcomes} == {
        (REJECTED, "MARKETO.EMAIL_NOT_ASCII", ("email",))
    }


def test_empty_clears_and_flags_are_flags(world: World) -> None:
    person = world.add("ada@example.com", title="CTO", leadScore=3)

    world.system.write([write_of("a", person, title="", leadScore="", unsubscribed="true")])

    lead = world.lead(person)
    assert (lead["title"], lead["leadScore"], lead["unsubscribed"]) == (None, None, True)


def test_an_opt_out_reaches_everybody_with_the_address(world: World) -> None:
    ids = [world.add("ada@example.com") for _ in range(3)]
    position = world.caught_up()

    world.system.write([write_of("a", ids[0], unsubscribed="true")])
    records, _ = world.pull(position)

    assert {record.remote_id: record.values["unsubscribed"] for record in records} == dict.fromkeys(ids, "true")


def test_a_value_that_marketo_blocks_shows_when_it_is_read_back(world: World) -> None:
    person = world.add("ada@example.com", title="First")
    position = world.caught_up()
    world.settings(blocked_fields=["title"])

    (outcome,) = world.system.write([write_of("a", person, title="Second", phone="+4930")])
    (record,), _ = world.pull(position)

    assert outcome.status == UPDATED
    assert record.values["title"] == "First"
    assert set(record.changed_at) == {"phone"}


def test_losers_of_a_merge_go_in_twenty_fives_and_again_without_harm(world: World) -> None:
    winner, *losers = many(world, 61)
    world.system.read([winner])

    assert world.calls_of(lambda: world.system.merge(winner, losers)) == 3
    world.system.merge(winner, losers)

    assert [str(lead["id"]) for lead in world.site.people.all()] == [winner]


def test_an_address_that_too_many_share_is_looked_up_in_parts(world: World) -> None:
    shared = [world.add("info@example.com") for _ in range(600)]
    other = [world.add("sales@example.com") for _ in range(600)]
    writes = [write_of("lead_1", email="info@example.com"), write_of("lead_2", email="sales@example.com")]

    outcomes = world.system.write(writes)

    assert [(outcome.status, outcome.remote_id) for outcome in outcomes] == [
        (REMAPPED, shared[0]),
        (REMAPPED, other[0]),
    ]


def test_somebody_who_exists_already_is_adopted_when_marketo_says_so(world: World) -> None:
    person = world.add("ada@example.com", title="Theirs")
    world.fault(FaultKind.ROW_ERROR, code="1005", times=1)

    (outcome,) = world.system.write([write_of("lead_1", email="Ada@Example.com", title="Ours")])

    assert (outcome.status, outcome.remote_id, outcome.code) == (REMAPPED, person, "MARKETO.1005")
    assert world.lead(person)["title"] == "Theirs"


def test_who_cannot_be_found_after_all_is_tried_again_later(world: World) -> None:
    world.fault(FaultKind.ROW_ERROR, code="1007", times=1)

    (outcome,) = world.system.write([write_of("lead_1", email="ada@example.com")])

    assert (outcome.status, outcome.code) == (RETRY_LATER, "MARKETO.1007")
