"""What operators ask of the API: queues, parked records of a kind, the clock of a laptop, running costs, owners."""

from typing import Any

import pytest

from shared.adapters.memory.operations import MemoryQueueDepths
from shared.domain.running_costs.bill import FIRST_FORM, VISIT, bill
from shared.ports.operations import ParkedRecord, QueueDepth
from tests.unit.api.world import NOW, World, ann_and_bob

DEPTHS = (
    QueueDepth(name="signals", waiting=3, in_flight=2, delayed=1, dead_letters_to="signals-dlq"),
    QueueDepth(name="signals-dlq", waiting=4, in_flight=1, delayed=0),
    QueueDepth(name="bus-dlq", waiting=0, in_flight=0, delayed=0),
)
ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/api/queues", None),
    ("GET", "/api/parked", None),
    ("GET", "/api/parked/summary", None),
    ("GET", "/api/running-costs", None),
    ("GET", "/api/clock", None),
    ("POST", "/api/clock", {"seconds": 60}),
    ("POST", "/api/parked/redrive", {}),
)


def park(world: World, number: int, code: str = "DECISION.FAILED", source: str = "form", **given: Any) -> str:
    record = ParkedRecord(
        parked_id=f"parked_{number:04}",
        code=code,
        reason="because",
        source=source,
        parked_at=NOW + number,
        **{"redrive": {"queue": "signals", "body": {"n": number}}, **given},
    )
    world.parked.park(record)
    return record.parked_id


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=str)
@pytest.mark.parametrize("role", ["marketer", "sales", "privacy"])
def test_only_operators_are_answered(method: str, path: str, body: Any, role: str) -> None:
    world = World()
    park(world, 1)

    status, answer = world.call(method, path, body, roles=role)

    assert (status, answer["code"]) == (403, "API.FORBIDDEN")
    assert not world.queues.sent["signals"]
    assert world.get("/api/clock")["offset_s"] == 0


def test_every_queue_is_told_with_what_failed_in_it() -> None:
    world = World(depths=MemoryQueueDepths(DEPTHS))

    signals, dead, bus = world.get("/api/queues")["items"]

    assert signals == {
        "name": "signals", "waiting": 3, "in_flight": 2, "delayed": 1,
        "dead_letters_to": "signals-dlq", "dead_letters": 5, "runbook": "signals-backlog",
    }  # fmt: skip
    assert (dead["dead_letters_to"], dead["dead_letters"], dead["runbook"]) == ("", 0, "signals-dlq-not-drained")
    assert bus["runbook"] == "bus-dlq-not-drained"


def test_parked_records_are_found_by_code_and_by_source() -> None:
    world = World()
    park(world, 1)
    wanted = park(world, 2, "QUEUE.DEAD_LETTER", "lake")
    park(world, 3, "QUEUE.DEAD_LETTER", "form")

    def found(**asked: str) -> list[str]:
        return [item["id"] for item in world.get("/api/parked", **asked)["items"]]

    assert found() == ["parked_0003", "parked_0002", "parked_0001"]
    assert found(code="QUEUE.DEAD_LETTER") == ["parked_0003", "parked_0002"]
    assert found(source="lake") == found(code="QUEUE.DEAD_LETTER", source="lake") == [wanted]
    assert found(code="NO.SUCH") == []


def test_a_filter_finds_what_lies_many_pages_back_and_its_pages_hold_each_record_once() -> None:
    world = World()
    rare = [park(world, n, "RARE.ONE") for n in range(60)]
    for n in range(100, 400):
        park(world, n)

    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.get("/api/parked", code="RARE.ONE", **cursor)
        ids += [item["id"] for item in page["items"]]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}

    assert sorted(ids) == sorted(rare)


def test_a_cursor_of_one_filter_is_none_of_another() -> None:
    world = World()
    for n in range(60):
        park(world, n)
    cursor = world.get("/api/parked")["cursor"]

    status, answer = world.call("GET", "/api/parked", query={"code": "DECISION.FAILED", "cursor": cursor})

    assert (status, answer["code"]) == (400, "API.BAD_CURSOR")


def test_kinds_of_parked_records_are_counted() -> None:
    world = World()
    for n in range(3):
        park(world, n)
    park(world, 9, "QUEUE.DEAD_LETTER", "lake")

    assert world.get("/api/parked/summary") == {
        "items": [
            {"code": "DECISION.FAILED", "source": "form", "count": 3},
            {"code": "QUEUE.DEAD_LETTER", "source": "lake", "count": 1},
        ],
        "more": False,
    }


def redrive(world: World, **asked: str) -> Any:
    status, answer = world.call("POST", "/api/parked/redrive", asked)
    assert status == 200, answer
    return answer


def test_all_records_of_a_filter_are_run_again_and_no_other() -> None:
    world = World()
    for n in range(3):
        park(world, n)
    other = park(world, 9, "QUEUE.DEAD_LETTER", "lake")

    assert redrive(world, code="DECISION.FAILED") == {"sent": 3, "by_hand": 0, "more": False}
    assert redrive(world, code="DECISION.FAILED") == {"sent": 0, "by_hand": 0, "more": False}
    assert [sent["n"] for sent in world.queues.sent["signals"]] == [2, 1, 0]
    assert [item["id"] for item in world.get("/api/parked")["items"]] == [other]


def test_one_go_sends_a_hundred_and_the_next_one_continues() -> None:
    world = World()
    for n in range(130):
        park(world, n)

    assert redrive(world) == {"sent": 100, "by_hand": 0, "more": True}
    assert redrive(world) == {"sent": 30, "by_hand": 0, "more": False}
    assert len({sent["n"] for sent in world.queues.sent["signals"]}) == 130


def test_records_that_nobody_can_send_are_counted_and_hold_up_none() -> None:
    world = World()
    park(world, 1, redrive={})
    park(world, 2, redrive={"queue": "gone", "body": {}})
    park(world, 3)

    assert redrive(world) == {"sent": 1, "by_hand": 2, "more": False}
    status, answer = world.call("POST", "/api/parked/parked_0002/redrive")
    assert (status, answer["code"]) == (409, "API.NOT_REDRIVABLE")


@pytest.mark.parametrize(
    ("given", "runbook"),
    [
        ({"code": "QUEUE.DEAD_LETTER"}, "dead-letters-parked"),
        ({"code": "DECISION.FAILED"}, "signals-parked"),
        ({"code": "OUTBOX.FACT_TOO_LARGE", "source": "outbox"}, "facts-parked"),
        ({"code": "SYNC.REFUSED", "source": "salesforce"}, "records-refused"),
        ({"code": "SALESFORCE.LOGIN_REFUSED", "source": "salesforce", "redrive": {}}, "sync-refused"),
    ],
    ids=str,
)
def test_a_record_names_the_page_that_helps(given: dict[str, Any], runbook: str) -> None:
    world = World()
    parked_id = park(world, 1, **given)

    assert world.get(f"/api/parked/{parked_id}")["runbook"] == runbook


def test_the_clock_of_a_laptop_moves_forward_only() -> None:
    world = World()
    before = world.clock.now()

    status, moved = world.call("POST", "/api/clock", {"seconds": 3600})

    assert (status, moved["offset_s"]) == (200, 3600)
    assert world.clock.now() == before + 3_600_000
    for seconds in (0, -1, 400 * 86_400, "soon", None):
        assert world.call("POST", "/api/clock", {"seconds": seconds})[0] == 400
    assert world.get("/api/clock")["offset_s"] == 3600


def test_elsewhere_there_is_no_clock_to_move() -> None:
    world = World(laptop=False)

    assert world.call("GET", "/api/clock")[0] == 404
    assert world.call("POST", "/api/clock", {"seconds": 60})[0] == 404


def test_running_costs_are_those_of_the_installations_own_counts() -> None:
    world = ann_and_bob()
    kpis = world.get("/api/reports/kpis")

    costs = world.get("/api/running-costs")

    leads, events = kpis["leads"], kpis["touches"]
    visits = sum(bill(VISIT).values()) * (events - leads)
    dollars = (visits + sum(bill(FIRST_FORM).values()) * leads) / 1_000_000
    assert (costs["leads"], costs["events"]) == (leads, events)
    assert costs["per_lead"] == pytest.approx(dollars / leads)
    assert costs["per_million_events"] == pytest.approx(dollars / events * 1_000_000)
    assert sum(part["dollars"] for part in costs["parts"]) == pytest.approx(costs["per_million_events"])
    assert costs["monthly_total"] == pytest.approx(2 * 1.00 + 7 * 0.40 + 30 * 0.10 + 8 * 3.00)


def test_without_anybody_nothing_is_divided() -> None:
    costs = World().get("/api/running-costs")

    assert (costs["per_lead"], costs["per_million_events"], costs["parts"]) == (None, None, [])


def test_owners_are_named_as_the_crm_calls_them_latest() -> None:
    world = World()
    world.sync.name_owners({"005A": "Anna Żak", "00G1": "Inbound leads"})
    assert world.call("GET", "/api/owners", roles="sales")[1]["items"] == [
        {"id": "005A", "name": "Anna Żak"},
        {"id": "00G1", "name": "Inbound leads"},
    ]

    world.sync.name_owners({"005A": "Anna Nowak"})
    world.clock.advance(60_000)
    assert world.get("/api/owners")["items"][0]["name"] == "Anna Nowak"
