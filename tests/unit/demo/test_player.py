"""Playing: everything goes out once, and what one person did goes out in its order."""

from collections import Counter
from itertools import pairwise

from infra.local.demo.player import EVENTS_PER_REQUEST, PACKED, door_of, parcels, stretches, turns
from infra.local.demo.tables import World
from infra.local.demo.wire import Parcel


def test_every_row_is_sent_exactly_once(world: World) -> None:
    sent = Counter(row.row_id for turn in turns(world) for parcel in parcels(turn) for row in parcel.rows)

    assert sent == Counter(row.row_id for row in world.all_rows())


def test_a_person_is_in_one_request_of_a_round_and_in_order_over_all_rounds(world: World) -> None:
    order: dict[str, list[str]] = {}
    for turn in turns(world):
        packed = parcels(turn)
        people = Counter(
            person for parcel in packed for person in {row.person_id for row in parcel.rows if row.person_id}
        )
        assert not people or max(people.values()) == 1
        for parcel in packed:
            for row in parcel.rows:
                order.setdefault(row.person_id, []).append(row.row_id)

    for person_id, rows in world.rows.items():
        assert order[person_id] == [row.row_id for row in rows]


def test_a_request_holds_what_its_door_takes(world: World) -> None:
    for turn in turns(world):
        for parcel in parcels(turn):
            assert {
                "json" if parcel.door == "mail" and door_of(row) == "json" else door_of(row) for row in parcel.rows
            } == {parcel.door}
            assert len(parcel.rows) == 1 or parcel.door in PACKED


def test_a_stretch_longer_than_a_request_is_not_divided(world: World) -> None:
    rows = world.visits[:1] * (EVENTS_PER_REQUEST + 1)
    long, short = Parcel(door="segment", rows=rows), Parcel(door="segment", rows=rows[:1])

    assert [len(parcel.rows) for parcel in parcels([short, long, short])] == [1, EVENTS_PER_REQUEST + 1, 1]


def test_a_stretch_ends_where_the_door_changes(world: World) -> None:
    for rows in world.rows.values():
        doors = [parcel.door for parcel in stretches(rows)]
        assert all(a != b or a not in PACKED for a, b in pairwise(doors))
