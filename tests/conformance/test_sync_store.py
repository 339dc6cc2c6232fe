"""What every SyncStore promises, held against each implementation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from shared.adapters.dynamodb.sync_codec import RECENT_BYTES
from shared.adapters.memory.faults import Killed
from shared.domain.sync.model import Verdict
from shared.ports.failures import StoreUnavailable
from shared.ports.sync import Cycle, FenceLost, Lease, LinkConflict
from tests.conformance.sync_builders import AT, HOUR, a_link, a_verdict
from tests.conformance.sync_worlds import SYNC_WORLDS, SyncWorld

MINUTE = 60_000
MONTH = 31 * 24 * HOUR
LINK = ("salesforce", "00Q000000000001AAA")


@pytest.fixture(params=sorted(SYNC_WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[SyncWorld]:
    with SYNC_WORLDS[request.param]() as made:
        yield made


# Links


def test_a_link_comes_back_as_it_was_saved_one_version_on(world: SyncWorld) -> None:
    first = world.store.save(a_link())
    second = world.store.save(replace(first, state="converted", successor="003x"))

    assert first == a_link(version=1)
    assert second == a_link(version=2, state="converted", successor="003x")
    assert world.another().links([LINK]) == {LINK: second}


def test_links_are_found_by_system_and_remote_id_and_those_that_do_not_exist_are_left_out(world: SyncWorld) -> None:
    marketo = world.store.save(a_link("1", system="marketo", object="person"))
    other = world.store.save(a_link("1"))

    found = world.store.links([("marketo", "1"), ("salesforce", "1"), ("salesforce", "2"), ("marketo", "1")])

    assert found == {("marketo", "1"): marketo, ("salesforce", "1"): other}
    assert world.store.links([]) == {}


def test_remote_ids_that_differ_in_case_are_two_links(world: SyncWorld) -> None:
    world.store.save(a_link("00Qa"))
    world.store.save(a_link("00QA"))

    assert len(world.store.links([("salesforce", "00Qa"), ("salesforce", "00QA")])) == 2


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_link_of_another_version_is_refused_and_nothing_is_written(world: SyncWorld, version: int) -> None:
    held = world.store.save(world.store.save(a_link()))

    with pytest.raises(LinkConflict):
        world.store.save(a_link(version=version, state="deleted"), [a_verdict()])

    assert world.store.links([LINK]) == {LINK: held}
    assert world.store.verdicts() == world.store.verdicts(lead_id="lead_1") == ((), None)


def test_a_link_that_does_not_exist_cannot_be_changed(world: SyncWorld) -> None:
    with pytest.raises(LinkConflict):
        world.store.save(a_link(version=1))

    assert world.store.links([LINK]) == {}


def test_of_two_who_loaded_the_same_link_one_saves(world: SyncWorld) -> None:
    world.store.save(a_link())
    one, two = (process.links([LINK])[LINK] for process in (world.store, world.another()))

    saved = world.another().save(replace(two, stamp=2))
    with pytest.raises(LinkConflict):
        world.store.save(replace(one, stamp=1))

    assert world.store.links([LINK]) == {LINK: saved}


def test_of_many_who_save_at_once_one_wins_each_version(world: SyncWorld) -> None:
    def attempt(n: int) -> int:
        try:
            return world.store.save(a_link(stamp=n)).stamp
        except LinkConflict:
            return -1

    with ThreadPoolExecutor(8 if world.name == "memory" else 1) as pool:
        won = [stamp for stamp in pool.map(attempt, range(16)) if stamp >= 0]

    assert won == [world.store.links([LINK])[LINK].stamp]


# Verdicts


def test_verdicts_are_kept_with_the_link_for_its_lead_and_in_the_list_of_all(world: SyncWorld) -> None:
    world.store.save(a_link(), [a_verdict(), a_verdict(field="title")])
    world.store.save(a_link("2", lead_id="lead_2"), [a_verdict(AT + 1)])

    assert world.store.verdicts(lead_id="lead_1") == ((a_verdict(), a_verdict(field="title")), None)
    assert world.store.verdicts(lead_id="lead_2") == ((a_verdict(AT + 1),), None)
    assert world.store.verdicts(lead_id="lead_3") == ((), None)
    assert world.store.verdicts() == ((a_verdict(AT + 1), a_verdict(), a_verdict(field="title")), None)


@pytest.mark.parametrize("lead_id", [None, "lead_1"])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 50])
def test_verdicts_are_paged_newest_first_across_rows_and_months(
    world: SyncWorld, lead_id: str | None, limit: int
) -> None:
    link = a_link()
    for n in (0, 2, 1, 3):  # months apart, not in order, several in a row
        at = AT + n * MONTH
        link = world.store.save(link, [a_verdict(at + k // 2, field=f"f{n}.{k}") for k in range(n + 1)])

    pages, cursor = [], None
    while True:
        found, cursor = world.another().verdicts(lead_id=lead_id, cursor=cursor, limit=limit)
        pages.append(found)
        if cursor is None:
            break

    listed = [verdict for page in pages for verdict in page]
    assert [v.field for v in listed] == ["f3.2", "f3.3", "f3.0", "f3.1", "f2.2", "f2.0", "f2.1", "f1.0", "f1.1", "f0.0"]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_a_cursor_goes_into_a_url_as_it_is(world: SyncWorld) -> None:
    world.store.save(a_link(), [a_verdict(), a_verdict(field="Żółć #?")])

    _, cursor = world.store.verdicts(limit=1)

    assert cursor is not None
    assert cursor.replace(".", "").isalnum()
    assert cursor.isascii()


@pytest.mark.parametrize("cursor", ["x", "1.2", "a.b.c.d.e", "...."])
def test_a_cursor_that_is_none_is_a_value_error_or_finds_nothing(world: SyncWorld, cursor: str) -> None:
    world.store.save(a_link(), [a_verdict()])
    try:
        found: tuple[tuple[Verdict, ...], str | None] = world.store.verdicts(cursor=cursor)
    except ValueError:
        return
    assert found == ((), None)


# Leases and cycles


def test_a_lease_has_one_holder_until_it_ends(world: SyncWorld) -> None:
    first = world.store.acquire("pull", now=AT, for_ms=MINUTE)

    assert first == Lease(name="pull", fence=1, until=AT + MINUTE)
    assert world.another().acquire("pull", now=AT + MINUTE - 1, for_ms=MINUTE) is None
    assert world.store.acquire("other", now=AT, for_ms=MINUTE) is not None
    assert world.another().acquire("pull", now=AT + MINUTE, for_ms=MINUTE) == Lease(
        name="pull", fence=2, until=AT + 2 * MINUTE
    )


def test_of_many_who_want_a_lease_one_gets_it(world: SyncWorld) -> None:
    with ThreadPoolExecutor(8 if world.name == "memory" else 1) as pool:
        leases = list(pool.map(lambda _: world.store.acquire("pull", now=AT, for_ms=MINUTE), range(16)))

    assert [lease.fence for lease in leases if lease] == [1]


def test_a_lease_that_was_given_back_is_free_at_once_and_its_fence_is_spent(world: SyncWorld) -> None:
    first = _lease(world, AT)
    world.store.release(first)

    second = world.store.acquire("pull", now=AT, for_ms=MINUTE)

    assert second is not None
    assert second.fence == first.fence + 1


def test_a_lease_that_somebody_else_has_by_now_is_not_given_back(world: SyncWorld) -> None:
    first = _lease(world, AT)
    _lease(world, AT + MINUTE)

    world.store.release(first)
    world.store.release(Lease(name="never", fence=1, until=AT))

    assert world.store.acquire("pull", now=AT + MINUTE, for_ms=MINUTE) is None
    assert world.store.acquire("never", now=AT, for_ms=MINUTE) == Lease(name="never", fence=1, until=AT + MINUTE)


def test_a_cycle_comes_back_as_it_was_and_a_new_one_is_fresh(world: SyncWorld) -> None:
    position = {"since": "2026-11-21T00:00:00Z", "tokens": ["a", 1, None, True], "deep": {"n": 1.5}}
    cycle = Cycle(
        position=position, recent={"b": "1", "a": "2"}, started_at=1, finished_at=2, calls=3, records=4, used=5,
        allowed=6, error="X.Y",
    )  # fmt: skip

    world.store.save_cycle("salesforce", cycle, _lease(world, AT))

    assert world.another().cycle("salesforce") == cycle
    assert list(world.store.cycle("salesforce").recent) == ["b", "a"]
    assert world.store.cycle("marketo") == Cycle()


def test_whoever_lost_the_lease_writes_nothing(world: SyncWorld) -> None:
    late = _lease(world, AT)
    new = _lease(world, AT + MINUTE)
    world.another().save_cycle("salesforce", Cycle(calls=2), new)

    with pytest.raises(FenceLost):
        world.store.save_cycle("salesforce", Cycle(calls=1), late)
    with pytest.raises(FenceLost):
        world.store.save_cycle("salesforce", Cycle(calls=1), Lease(name="never", fence=1, until=AT + MINUTE))

    assert world.store.cycle("salesforce").calls == 2


def test_a_pause_survives_every_cycle_that_is_saved(world: SyncWorld) -> None:
    lease = _lease(world, AT)
    world.store.save_cycle("salesforce", Cycle(calls=1), lease)
    world.another().set_paused("salesforce", paused=True)

    world.store.save_cycle("salesforce", Cycle(calls=2, paused=False), lease)
    paused = world.store.cycle("salesforce")
    world.store.set_paused("salesforce", paused=False)
    world.store.save_cycle("salesforce", Cycle(calls=3, paused=True), lease)

    assert (paused.calls, paused.paused) == (2, True)
    assert (world.store.cycle("salesforce").calls, world.store.cycle("salesforce").paused) == (3, False)
    world.store.set_paused("marketo", paused=True)
    assert world.store.cycle("marketo") == Cycle(paused=True)


def test_of_too_many_recent_records_the_oldest_are_forgotten(world: SyncWorld) -> None:
    recent = {f"00Q{n:015d}": f"{n * 2654435761 % 2**128:032x}" for n in range(5000)}

    world.store.save_cycle("salesforce", Cycle(recent=recent), _lease(world, AT))

    kept = world.store.cycle("salesforce").recent
    assert list(kept.items()) == list(recent.items())[-len(kept) :]
    assert RECENT_BYTES // 60 < len(kept) < len(recent)


# Wishes


def test_wishes_are_told_oldest_first_once_each_and_forgotten_when_read(world: SyncWorld) -> None:
    world.store.read_again("salesforce", ["c", "b"], now=AT + 1)
    world.store.read_again("salesforce", ["z"], now=AT)
    world.store.read_again("salesforce", iter(["b", "a", "a"]), now=AT + 2)
    world.store.read_again("marketo", ["1"], now=AT)

    assert world.store.to_read("salesforce") == ("z", "b", "c", "a")
    assert world.store.to_read("salesforce", limit=2) == ("z", "b")

    world.store.was_read("salesforce", iter(["z", "b", "unknown"]))

    assert world.store.to_read("salesforce") == ("c", "a")
    assert world.store.to_read("marketo") == ("1",)


def test_a_wish_that_is_made_again_while_it_is_fulfilled_stays_in_its_place(world: SyncWorld) -> None:
    world.store.read_again("salesforce", ["a", "b"], now=AT)
    told = world.store.to_read("salesforce")
    world.another().read_again("salesforce", ["b", "c"], now=AT + 1)

    world.store.was_read("salesforce", told)
    left = world.store.to_read("salesforce")
    world.store.was_read("salesforce", left)

    assert left == ("b", "c")
    assert world.store.to_read("salesforce") == ()


def test_a_wish_nobody_was_told_of_can_be_forgotten(world: SyncWorld) -> None:
    world.store.read_again("marketo", ["1"], now=AT)

    world.store.was_read("marketo", ["1"])

    assert world.store.to_read("marketo") == ()


# Claims, turns, owners


def test_a_claim_has_one_holder_until_it_ends_or_is_given_back(world: SyncWorld) -> None:
    def claim(now: int, lead_id: str = "lead_1", system: str = "salesforce") -> bool:
        return world.another().claim(system, lead_id, now=now, for_ms=MINUTE)

    assert claim(AT)
    assert not claim(AT)
    assert not claim(AT + MINUTE - 1)
    assert claim(AT, "lead_2")
    assert claim(AT, system="marketo")
    assert claim(AT + MINUTE)  # its writer died: another takes over
    assert not claim(AT + MINUTE)
    world.store.unclaim("salesforce", "lead_1")
    world.store.unclaim("salesforce", "unknown")
    assert claim(AT + MINUTE)


def test_of_many_who_claim_a_person_one_may_create(world: SyncWorld) -> None:
    with ThreadPoolExecutor(8 if world.name == "memory" else 1) as pool:
        rights = list(pool.map(lambda _: world.store.claim("marketo", "lead_1", now=AT, for_ms=MINUTE), range(16)))

    assert sum(rights) == 1


def test_turns_grow_by_one_each_by_name(world: SyncWorld) -> None:
    with ThreadPoolExecutor(8 if world.name == "memory" else 1) as pool:
        turns = list(pool.map(lambda _: world.store.turn("dach"), range(16)))

    assert sorted(turns) == list(range(1, 17))
    assert world.another().turn("pl") == 1
    assert world.another().turn("dach") == 17


def test_a_person_keeps_the_owner_who_was_given_first(world: SyncWorld) -> None:
    assert world.store.assigned_owner("lead_1") is None
    assert world.store.assigned_owner("lead_1", "anna") == "anna"
    assert world.another().assigned_owner("lead_1", "ben") == "anna"
    assert world.another().assigned_owner("lead_1") == "anna"
    assert world.store.assigned_owner("lead_2") is None


# What only the implementation on DynamoDB can get wrong


@pytest.fixture
def dynamodb() -> Iterator[SyncWorld]:
    with SYNC_WORLDS["dynamodb"]() as made:
        yield made


def test_how_many_calls_reading_and_saving_links_costs(dynamodb: SyncWorld) -> None:
    def calls() -> list[str]:
        made = [call.partition(".")[2] for call in dynamodb.faults.calls]
        dynamodb.faults.clear()
        return made

    held = dynamodb.store.save(a_link())
    assert calls() == ["put_item"]
    held = dynamodb.store.save(held, [a_verdict()])
    assert calls() == ["put_item", "transact_write_items"]  # the first conflict of a month tells of the month
    dynamodb.store.save(held, [a_verdict(AT + 1, field=f"f{n}") for n in range(200)])
    assert calls() == ["transact_write_items"]
    dynamodb.store.links([("salesforce", str(n)) for n in range(250)])
    assert calls() == ["batch_get_item"] * 3
    dynamodb.store.cycle("salesforce")
    assert calls() == ["batch_get_item"]
    dynamodb.store.acquire("pull", now=AT, for_ms=MINUTE)
    assert calls() == ["update_item"]


def test_every_row_has_a_version_and_a_key_without_the_name_of_a_person(dynamodb: SyncWorld) -> None:
    _everything(dynamodb)

    rows = dynamodb.client.scan(TableName="sync")["Items"]

    assert {row["_v"]["N"] for row in rows} == {"1"}
    kinds = {row["pk"]["S"].partition("#")[0] for row in rows}
    assert kinds == {"LINK", "VERDICTS", "CYCLE", "LEASE", "WISH", "CLAIM", "TURN", "OWNER"}
    expiring = {row["pk"]["S"].partition("#")[0] for row in rows if "expires_at" in row}
    assert expiring == {"VERDICTS", "CLAIM"}
    assert all(int(row["expires_at"]["N"]) < AT for row in rows if "expires_at" in row)  # seconds


def test_nothing_is_scanned_and_nothing_written_in_batches(dynamodb: SyncWorld) -> None:
    _everything(dynamodb)

    assert {call.partition(".")[2] for call in dynamodb.faults.calls} == {
        "get_item", "batch_get_item", "query", "put_item", "update_item", "delete_item", "transact_write_items",
    }  # fmt: skip


@pytest.mark.parametrize("verdicts", [[], [a_verdict()]])
def test_a_save_whose_answer_is_lost_is_found_done_when_tried_again(
    dynamodb: SyncWorld, verdicts: list[Verdict]
) -> None:
    dynamodb.store.save(a_link("2"), verdicts)
    call = "dynamodb.transact_write_items" if verdicts else "dynamodb.put_item"
    dynamodb.faults.after(1, call=call, error=lambda: ReadTimeoutError(endpoint_url="sync"))

    with pytest.raises(StoreUnavailable):
        dynamodb.store.save(a_link(), verdicts)
    with pytest.raises(LinkConflict):
        dynamodb.store.save(a_link(), verdicts)

    assert dynamodb.store.links([LINK]) == {LINK: a_link(version=1)}


def test_a_process_killed_before_or_after_a_save_leaves_all_of_it_or_nothing(dynamodb: SyncWorld) -> None:
    dynamodb.faults.before(1, call="dynamodb.transact_write_items")
    with pytest.raises(Killed):
        dynamodb.store.save(a_link(), [a_verdict()])
    assert (dynamodb.store.links([LINK]), dynamodb.store.verdicts()) == ({}, ((), None))

    dynamodb.faults.after(1, call="dynamodb.transact_write_items")
    with pytest.raises(Killed):
        dynamodb.store.save(a_link(), [a_verdict()])
    assert LINK in dynamodb.store.links([LINK])
    assert dynamodb.store.verdicts() == dynamodb.store.verdicts(lead_id="lead_1") == ((a_verdict(),), None)


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (["ConditionalCheckFailed", "None"], LinkConflict),
        (["TransactionConflict", "None"], LinkConflict),
        (["ThrottlingError", "None"], StoreUnavailable),
        (["None", "ProvisionedThroughputExceeded"], StoreUnavailable),
        (["ThrottlingError", "ConditionalCheckFailed"], LinkConflict),
        (["ValidationError", "None"], ClientError),
    ],
)
def test_what_a_cancelled_transaction_means(dynamodb: SyncWorld, reasons: list[str], expected: type[Exception]) -> None:
    cancelled = ClientError(
        {
            "Error": {"Code": "TransactionCanceledException", "Message": ""},
            "CancellationReasons": [{"Code": code} for code in reasons],
        },
        "TransactWriteItems",
    )
    dynamodb.faults.before(1, call="dynamodb.transact_write_items", error=lambda: cancelled)

    with pytest.raises(expected):
        dynamodb.store.save(a_link(), [a_verdict()])


@pytest.mark.parametrize(
    ("code", "taken"),
    [("ThrottlingException", StoreUnavailable), ("InternalServerError", StoreUnavailable), ("Whatever", ClientError)],
)
def test_a_refused_lease_is_told_from_a_store_that_does_not_answer(
    dynamodb: SyncWorld, code: str, taken: type[Exception]
) -> None:
    error = ClientError({"Error": {"Code": code, "Message": ""}}, "UpdateItem")
    dynamodb.faults.before(1, call="dynamodb.update_item", error=lambda: error)

    with pytest.raises(taken):
        dynamodb.store.acquire("pull", now=AT, for_ms=MINUTE)


def _lease(world: SyncWorld, now: int) -> Lease:
    lease = world.store.acquire("pull", now=now, for_ms=MINUTE)
    assert lease is not None
    return lease


def _everything(world: SyncWorld) -> None:
    """Use every method once."""
    store = world.store
    link = store.save(a_link())
    store.save(link, [a_verdict()])
    store.links([LINK])
    store.verdicts()
    store.verdicts(lead_id="lead_1")
    lease = _lease(world, AT)
    store.save_cycle("salesforce", Cycle(), lease)
    store.set_paused("salesforce", paused=True)
    store.cycle("salesforce")
    store.release(lease)
    store.read_again("salesforce", ["a", "b"], now=AT)
    store.to_read("salesforce")
    store.was_read("salesforce", ["a"])
    for lead_id in ("lead_1", "lead_2"):
        store.claim("salesforce", lead_id, now=AT, for_ms=MINUTE)
    store.unclaim("salesforce", "lead_2")
    store.turn("dach")
    store.assigned_owner("lead_1", "anna")
    store.assigned_owner("lead_1", "ben")
