"""Fault injection itself, and the small adapters in memory."""

import pytest

from shared.adapters.memory.bus import MemoryFactBus, MemoryQueues
from shared.adapters.memory.clock import MemoryClock, SeededIds
from shared.adapters.memory.faults import Faults, Killed
from shared.ports.failures import StoreUnavailable, UnknownQueue


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def add(self) -> int:
        self.value += 1
        return self.value

    def take(self) -> int:
        self.value -= 1
        return self.value


def test_a_fault_before_a_call_keeps_it_from_happening_and_one_after_does_not() -> None:
    faults, counter = Faults(), Counter()
    wrapped = faults.wrap(counter, "counter")
    faults.before(1)
    faults.after(3)

    with pytest.raises(Killed):
        wrapped.add()
    assert counter.value == 0
    wrapped.add()
    with pytest.raises(Killed):
        wrapped.add()
    assert counter.value == 2


def test_a_fault_can_be_planned_for_a_named_call_several_times_with_any_error() -> None:
    faults = Faults()
    wrapped = faults.wrap(Counter(), "counter")
    faults.before(2, call="counter.take", times=2, error=lambda: StoreUnavailable("throttled"))

    wrapped.take()
    wrapped.add()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            wrapped.take()
    wrapped.take()

    assert faults.calls == ["counter.take", "counter.add"] + ["counter.take"] * 3


def test_cleared_faults_strike_no_more_and_attributes_are_passed_through() -> None:
    faults = Faults()
    wrapped = faults.wrap(Counter(), "counter")
    faults.before(1)

    faults.clear()

    assert wrapped.value == 0
    assert wrapped.add() == 1
    assert faults.calls == ["counter.add"]


def test_a_killed_process_cannot_be_survived_by_catching_exceptions() -> None:
    assert not issubclass(Killed, Exception)


def test_time_stands_still_until_it_is_moved() -> None:
    clock = MemoryClock(5)

    assert (clock.now(), clock.advance(3), clock.now()) == (5, 8, 8)


def test_seeds_differ_and_repeat_in_every_run() -> None:
    ids, again = SeededIds(), SeededIds()
    seeds = [ids.seed() for _ in range(50)]

    assert len(set(seeds)) == 50
    assert seeds == [again.seed() for _ in range(50)]
    assert all(len(seed) == 32 for seed in seeds)


def test_the_bus_in_memory_refuses_what_it_is_told_to() -> None:
    bus = MemoryFactBus(lambda fact: fact["event_id"] == "2")
    facts = [{"event_id": str(n), "name": "X"} for n in range(4)]

    assert bus.publish(facts) == (2,)
    assert [fact["event_id"] for fact in bus.published] == ["0", "1", "3"]


def test_an_unknown_queue_is_an_error() -> None:
    with pytest.raises(UnknownQueue):
        MemoryQueues("signals").send("lake", {})
