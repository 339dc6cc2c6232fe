"""Plays the world: whatever one person did goes out in order of time, different people go out side by side.

A signal that comes late is judged as of the person's latest signal, so stages are those of real life only when a
person's signals are decided in order. A stretch of one person's signals through one door is one part of a request;
the first stretches of everybody are sent, decided, then the second ones, and so on. What it all cost comes at the end.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Final, Protocol

from infra.local.demo.payloads import BY_SEGMENT
from infra.local.demo.tables import Enquiry, MailEvent, Purchase, Row, World
from infra.local.demo.wire import Parcel, Request, Writer

PACKED: Final = frozenset({"segment", "mail"})
"""Doors that take many events, of many people, in one request."""
EVENTS_PER_REQUEST: Final = 50


class Doors(Protocol):
    """The public doors of a running system."""

    def send(self, requests: Sequence[Request]) -> None:
        """Send all of them, in any order, side by side; returns when every one was accepted."""

    def settle(self) -> None:
        """Wait until everything that was accepted is decided."""

    def now(self) -> int:
        """The system's time in milliseconds."""


@dataclass(frozen=True, slots=True)
class Played:
    """How much was sent."""

    rounds: int
    requests: int
    signals: int

    def __add__(self, more: "Played") -> "Played":
        """Both together."""
        return Played(self.rounds + more.rounds, self.requests + more.requests, self.signals + more.signals)


def play(world: World, writer: Writer, doors: Doors, tell: Callable[[int], None] = lambda _: None) -> Played:
    """Send the whole world; ``tell`` hears how many more signals are decided."""
    requests = signals = 0
    rounds = [parcels(stretches) for stretches in turns(world)]
    for parcels_of_round in rounds:
        now = doors.now()
        doors.send([writer.write(parcel, now) for parcel in parcels_of_round])
        doors.settle()
        count = sum(len(parcel.rows) for parcel in parcels_of_round)
        requests, signals = requests + len(parcels_of_round), signals + count
        tell(count)
    if world.costs:
        doors.send([writer.write_costs(world.costs, doors.now())])
        requests += 1
    return Played(len(rounds), requests, signals)


def turns(world: World) -> Iterator[list[Parcel]]:
    """The n-th stretch of every person, for n = 0, 1, 2 …; unknown visitors come with the first ones."""
    visitors = [Parcel(door="segment", rows=tuple(rows)) for _, rows in groupby(world.visits, lambda view: view.device)]
    people = [list(stretches(rows)) for rows in world.rows.values()]
    for number, turn in enumerate(zip_longest(*people)):
        yield [parcel for parcel in turn if parcel is not None] + ([] if number else visitors)


def stretches(rows: Iterable[Row]) -> Iterator[Parcel]:
    """One person's rows, cut wherever the door changes; after every row where a door takes one at a time."""
    for door, together in groupby(rows, door_of):
        if door in PACKED:
            yield Parcel(door=door, rows=tuple(together))
        else:
            yield from (Parcel(door=door, rows=(row,)) for row in together)


def door_of(row: Row) -> str:
    """Which door reports a row."""
    if isinstance(row, Enquiry):
        return row.door
    if isinstance(row, BY_SEGMENT):
        return "segment"
    if isinstance(row, Purchase):
        return row.door
    return "mail" if isinstance(row, MailEvent) else "standard-webhooks"


def parcels(stretches_of_turn: Iterable[Parcel]) -> list[Parcel]:
    """Stretches of different people packed together where the door allows; nobody's stretch is divided."""
    packed: list[Parcel] = []
    waiting: dict[str, list[Row]] = {}
    for stretch in stretches_of_turn:
        if stretch.door not in PACKED:
            packed.append(stretch)
            continue
        held = waiting.setdefault(stretch.door, [])
        if held and len(held) + len(stretch.rows) > EVENTS_PER_REQUEST:
            packed.append(Parcel(door=stretch.door, rows=tuple(held)))
            held.clear()
        held.extend(stretch.rows)
    return packed + [Parcel(door=door, rows=tuple(rows)) for door, rows in waiting.items() if rows]
