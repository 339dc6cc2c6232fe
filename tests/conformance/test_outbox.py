"""What every Outbox promises, held against each implementation; relay and sweeper on top of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.adapters.memory.bus import MemoryFactBus
from shared.adapters.memory.faults import Killed
from shared.app.relay_outbox import ATTEMPTS, Relaying, relay_outbox
from shared.app.sweep_outbox import LEFT_BEHIND, sweep_outbox
from shared.contracts.envelope import envelope
from tests.conformance.builders import AT, a_decision, a_fact, a_lead
from tests.conformance.worlds import World


def commit(world: World, count: int, **data: Any) -> None:
    for n in range(count):
        lead_id = f"lead_{n}"
        facts = (a_fact(lead_id, 1, 0), a_fact(lead_id, 1, 1, **data))
        world.store.commit(a_decision(a_lead(lead_id), pointers=(), facts=facts))


def deps(world: World, bus: MemoryFactBus) -> Relaying:
    return Relaying(bus=bus, outbox=world.outbox, parked=world.parked, clock=world.clock, pause=lambda _: None)


def pending(world: World) -> list[Any]:
    return list(world.outbox.pending(before=AT + 1, limit=10_000))


def test_a_decision_leaves_one_row_with_all_its_facts_in_order(world: World) -> None:
    facts = (a_fact(), a_fact(n=1, name="ProfileChanged", fields=["email"]))

    world.store.commit(a_decision(facts=facts))

    (row,) = pending(world)
    assert list(row.envelopes) == [envelope(fact) for fact in facts]
    assert row.written_at == AT


def test_only_rows_before_the_instant_are_pending(world: World) -> None:
    commit(world, 3)

    assert list(world.outbox.pending(before=AT)) == []
    assert len(list(world.outbox.pending(before=AT + 1))) == 3


def test_a_removed_row_is_gone_and_removing_it_twice_is_no_error(world: World) -> None:
    commit(world, 30)
    names = [row.key for row in pending(world)]

    world.outbox.remove(names[:28])
    world.outbox.remove([*names[:28], names[0]])

    assert sorted(row.key for row in pending(world)) == sorted(names[28:])


def test_pending_rows_keep_to_the_limit(world: World) -> None:
    commit(world, 40)

    assert len(list(world.outbox.pending(before=AT + 1, limit=16))) <= 16


def test_a_decision_without_facts_leaves_no_row(world: World) -> None:
    world.store.commit(a_decision(facts=()))

    assert pending(world) == []


def test_the_relay_publishes_every_fact_and_removes_the_rows(world: World) -> None:
    commit(world, 5)
    bus = MemoryFactBus()

    relayed = relay_outbox(pending(world), deps(world, bus))

    assert (relayed.published, relayed.parked, relayed.failed) == (10, 0, frozenset())
    assert len({fact["event_id"] for fact in bus.published}) == 10
    assert pending(world) == []


def test_a_refused_fact_is_tried_again_without_repeating_the_others(world: World) -> None:
    commit(world, 3)
    refusals: list[str] = []

    def refuse(fact: Mapping[str, Any]) -> bool:
        refused = fact["event_id"] == "lead_1.1.0" and len(refusals) < ATTEMPTS - 1
        if refused:
            refusals.append("once more")
        return refused

    bus = MemoryFactBus(refuse)
    relayed = relay_outbox(pending(world), deps(world, bus))

    assert relayed.failed == frozenset()
    assert sorted(fact["event_id"] for fact in bus.published) == sorted(
        f"lead_{n}.1.{m}" for n in range(3) for m in (0, 1)
    )


def test_a_row_whose_fact_is_refused_for_good_stays_and_is_named_and_the_others_go(world: World) -> None:
    commit(world, 3)
    bus = MemoryFactBus(lambda fact: fact["event_id"] == "lead_1.1.0")

    relayed = relay_outbox(pending(world), deps(world, bus))

    (stuck,) = pending(world)
    assert relayed.failed == {stuck.key}
    assert stuck.envelopes[0]["lead_id"] == "lead_1"
    assert relayed.published == 5


def test_a_fact_too_large_for_the_bus_is_parked_and_holds_up_nothing(world: World) -> None:
    big = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(90_000))
    facts = (a_fact(), a_fact(n=1, name="ProfileChanged", fields=[big]), a_fact(n=2))
    world.store.commit(a_decision(facts=facts))
    bus = MemoryFactBus()

    relayed = relay_outbox(pending(world), deps(world, bus))

    assert (relayed.published, relayed.parked, relayed.failed) == (2, 1, frozenset())
    assert pending(world) == []
    ((record,), _) = world.parked.list()
    assert record.code == "OUTBOX.FACT_TOO_LARGE"
    assert record.details == {"event_id": "lead_1.1.1", "name": "ProfileChanged", "lead_id": "lead_1"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_relay_killed_between_any_two_calls_loses_no_fact(world: World, when: str) -> None:
    commit(world, 4)
    rows = pending(world)
    world.faults.clear()
    world.faults.before(1) if when == "before" else world.faults.after(1)
    bus = MemoryFactBus()

    with pytest.raises(Killed):
        relay_outbox(rows, deps(world, bus))
    relay_outbox(rows, deps(world, bus))

    assert {fact["event_id"] for fact in bus.published} == {f"lead_{n}.1.{m}" for n in range(4) for m in (0, 1)}
    assert pending(world) == []


def test_the_sweeper_takes_only_what_the_stream_left_behind(world: World) -> None:
    commit(world, 2)
    bus = MemoryFactBus()

    early = sweep_outbox(deps(world, bus), lambda: 60_000)
    world.clock.advance(LEFT_BEHIND + 1)
    late = sweep_outbox(deps(world, bus), lambda: 60_000)

    assert (early.rows, late.rows, late.published) == (0, 2, 4)
    assert pending(world) == []


def test_the_sweeper_goes_on_page_by_page_until_nothing_is_left(world: World) -> None:
    commit(world, 400 if world.name == "memory" else 60)
    world.clock.advance(LEFT_BEHIND + 1)
    bus = MemoryFactBus()

    swept = sweep_outbox(deps(world, bus), lambda: 60_000)

    assert swept.published == 2 * swept.rows == len(bus.published)
    assert pending(world) == []


def test_the_sweeper_stops_when_its_time_is_over_or_nothing_moves(world: World) -> None:
    commit(world, 3)
    world.clock.advance(LEFT_BEHIND + 1)

    out_of_time = sweep_outbox(deps(world, MemoryFactBus()), lambda: 9_000)
    bus_down = sweep_outbox(deps(world, MemoryFactBus(lambda _: True)), lambda: 60_000)

    assert (out_of_time.rows, bus_down.rows, bus_down.failed) == (0, 0, 3)
    assert len(pending(world)) == 3
