"""What every ParkedRecords promises, held against each implementation."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.adapters.memory.bus import MemoryQueues
from shared.adapters.memory.faults import Killed
from shared.app.redrive_parked import NotRedriven, Redriven, redrive_parked
from shared.ports.failures import UnknownQueue
from shared.ports.operations import ParkedRecord
from tests.conformance.builders import AT
from tests.conformance.worlds import World


def a_record(parked_id: str = "parked_1", at: int = AT, **changes: object) -> ParkedRecord:
    record = ParkedRecord(
        parked_id=parked_id,
        code="QUEUE.DEAD_LETTER",
        reason="The consumer failed on this message every time.",
        source="typeform",
        parked_at=at,
        redrive={"queue": "signals", "body": {"delivery_id": "delivery_1", "n": [1, None, True]}},
        details={"queue": "signals-dlq"},
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def test_a_parked_record_is_found_and_listed(world: World) -> None:
    world.parked.park(a_record())

    assert world.parked.get("parked_1") == a_record(attempts=1)
    assert world.parked.list() == ((a_record(attempts=1),), None)
    assert world.parked.get("parked_2") is None


def test_parking_twice_is_one_record_with_two_attempts_in_its_old_place(world: World) -> None:
    world.parked.park(a_record())
    world.parked.park(a_record("parked_2", AT + 1))
    world.parked.park(a_record(at=AT + 2))

    records, _ = world.parked.list()

    assert [(record.parked_id, record.attempts, record.parked_at) for record in records] == [
        ("parked_2", 1, AT + 1),
        ("parked_1", 2, AT),
    ]


def test_open_records_are_listed_newest_first_and_page_by_page(world: World) -> None:
    for n in range(7):
        world.parked.park(a_record(f"parked_{n}", AT + n))

    pages, cursor = [], None
    while True:
        records, cursor = world.parked.list(cursor=cursor, limit=3)
        pages.append([record.parked_id for record in records])
        if cursor is None:
            break

    assert pages == [["parked_6", "parked_5", "parked_4"], ["parked_3", "parked_2", "parked_1"], ["parked_0"]]


def test_a_cursor_goes_into_a_url_as_it_is(world: World) -> None:
    for n in range(2):
        world.parked.park(a_record(f"parked_{n}", AT + n))

    _, cursor = world.parked.list(limit=1)

    assert cursor is not None
    assert set(cursor) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.")


def test_a_redriven_record_leaves_the_list_and_stays_readable(world: World) -> None:
    world.parked.park(a_record())

    world.parked.mark_redriven("parked_1", AT + 9)
    world.parked.mark_redriven("parked_1", AT + 10)
    world.parked.mark_redriven("unknown", AT + 10)

    assert world.parked.list() == ((), None)
    assert world.parked.get("parked_1") == a_record(state="redriven", redriven_at=AT + 9, attempts=1)


def test_what_dies_again_after_a_redrive_is_open_again_as_of_now(world: World) -> None:
    world.parked.park(a_record())
    world.parked.mark_redriven("parked_1", AT + 1)

    world.parked.park(a_record(at=AT + 2))

    (record,), _ = world.parked.list()
    assert record == a_record(at=AT + 2, attempts=2)
    assert world.parked.get("parked_1") == record


def test_a_redrive_sends_the_message_once_however_often_it_is_asked_for(world: World) -> None:
    queues = MemoryQueues("signals")
    world.parked.park(a_record())

    outcomes = [redrive_parked("parked_1", parked=world.parked, queues=queues, now=AT + n) for n in (1, 2)]

    assert outcomes == [Redriven("signals"), NotRedriven("PARKED.ALREADY_REDRIVEN")]
    assert queues.sent["signals"] == [{"delivery_id": "delivery_1", "n": [1, None, True]}]


def test_a_crash_between_sending_and_closing_leaves_the_record_open(world: World) -> None:
    queues = MemoryQueues("signals")
    world.parked.park(a_record())

    with pytest.raises(Killed):
        redrive_parked("parked_1", parked=world.parked, queues=world.faults.wrap(_dying(queues), "q"), now=AT)

    assert world.parked.list()[0] != ()
    assert redrive_parked("parked_1", parked=world.parked, queues=queues, now=AT) == Redriven("signals")
    assert len(queues.sent["signals"]) == 2


def _dying(queues: MemoryQueues) -> MemoryQueues:
    class Dying(MemoryQueues):
        def send(self, queue, body) -> None:  # noqa: ANN001
            queues.send(queue, body)
            raise Killed

    return Dying()


@pytest.mark.parametrize(("parked_id", "code"), [("unknown", "PARKED.UNKNOWN"), ("bare", "PARKED.NOTHING_TO_SEND")])
def test_what_cannot_be_sent_again_says_why(world: World, parked_id: str, code: str) -> None:
    world.parked.park(a_record("bare", redrive={}))

    outcome = redrive_parked(parked_id, parked=world.parked, queues=MemoryQueues(), now=AT)

    assert outcome == NotRedriven(code)


def test_a_redrive_to_a_queue_that_is_gone_leaves_the_record_open(world: World) -> None:
    world.parked.park(a_record())

    with pytest.raises(UnknownQueue):
        redrive_parked("parked_1", parked=world.parked, queues=MemoryQueues("lake"), now=AT)

    assert len(world.parked.list()[0]) == 1


def test_parallel_parking_of_one_record_counts_every_attempt(world: World) -> None:
    with ThreadPoolExecutor(8 if world.name == "memory" else 1) as pool:
        list(pool.map(lambda _: world.parked.park(a_record()), range(20)))

    record = world.parked.get("parked_1")
    assert record is not None
    assert record.attempts == 20
