"""What every SegmentStore promises, held against each implementation."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.api import LeadFilters
from shared.ports.failures import StoreUnavailable
from shared.ports.segments import Segment, SegmentsChanged
from tests.conformance.builders import AT
from tests.conformance.worlds import World


def a_segment(segment_id: str = "segment_1", **changes: Any) -> Segment:
    asked = LeadFilters.model_validate({"stage": "mql", "from": "2026-01-01", "company": "Żabka"})
    made = Segment(segment_id=segment_id, name="Good ones – Żółć", filter=asked, created_at=AT, updated_at=AT)
    return replace(made, **changes)


def test_without_segments_there_is_nothing_to_read(world: World) -> None:
    kept = world.segments.read()

    assert (kept.revision, kept.segments) == (0, ())
    assert world.segments.get("segment_1") is None


def test_a_segment_is_read_as_it_was_kept(world: World) -> None:
    world.segments.put(a_segment(), 0)
    world.segments.put(a_segment("segment_0"), 1)

    kept = world.segments.read()

    assert kept.revision == 2
    assert kept.segments == (a_segment("segment_0"), a_segment())
    assert world.segments.get("segment_1") == a_segment()


def test_a_segment_takes_the_place_of_the_one_of_its_id(world: World) -> None:
    world.segments.put(a_segment(), 0)
    world.segments.put(a_segment(name="Others", updated_at=AT + 1), 1)

    assert world.segments.read().segments == (a_segment(name="Others", updated_at=AT + 1),)


def test_a_removed_segment_is_gone_and_removing_it_again_is_no_error(world: World) -> None:
    world.segments.put(a_segment(), 0)
    world.segments.remove("segment_1", 1)
    world.segments.remove("segment_1", 2)

    assert world.segments.read().segments == ()
    assert world.segments.get("segment_1") is None


def test_a_change_on_what_was_read_before_another_change_writes_nothing(world: World) -> None:
    world.segments.put(a_segment(), 0)

    for revision in (0, 2):
        with pytest.raises(SegmentsChanged):
            world.segments.put(a_segment("segment_2"), revision)
        with pytest.raises(SegmentsChanged):
            world.segments.remove("segment_1", revision)

    assert world.segments.read().segments == (a_segment(),)
    assert world.segments.read().revision == 1


def test_of_many_changes_on_the_same_reading_exactly_one_holds(world: World) -> None:
    def attempt(n: int) -> bool:
        try:
            world.segments.put(a_segment(f"segment_{n}"), 0)
        except SegmentsChanged:
            return False
        return True

    with ThreadPoolExecutor(20 if world.name == "memory" else 1) as pool:
        won = list(pool.map(attempt, range(20)))

    assert won.count(True) == 1
    assert len(world.segments.read().segments) == 1


def test_an_unreachable_store_says_try_later(world: World) -> None:
    world.faults.before(1, times=99, error=lambda: StoreUnavailable("write segment"))

    with pytest.raises(StoreUnavailable):
        world.segments.put(a_segment(), 0)
