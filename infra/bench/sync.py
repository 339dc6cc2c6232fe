"""What synchronisation costs: requests to the vendors against the fewest their bundles allow, rows, records per second.

The fewest requests for ``n`` changed people, in the two cycles from an edit until everybody is quiet:

- a pull of Salesforce: one per 2,000 rows, and one when nothing changed;
- a pull of Marketo: one each for deletions and merges, one per 300 entries of the log of changes and one when there are
  none, one per 300 people read; an edit of one field is one entry;
- writes: one per 200 people in Salesforce, one per 300 in Marketo.

The second cycle reads back what the first one wrote, because neither vendor can leave a client's own writes out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from infra.bench.results import Figure, Result, Target, spread
from infra.bench.sync_installation import Edited, SyncInstallation, Work
from infra.bench.sync_keeping import metered
from infra.bench.timing import Effort
from shared.domain.sync.model import MARKETO, SALESFORCE, SYSTEMS

PEOPLE: Final = 1_000
ROUNDS: Final = 3
METERED_PEOPLE: Final = 20

REPS: Final = "rep edits to Marketo"
MARKETERS: Final = "marketer edits to Salesforce"
THEMSELVES: Final = "people's own edits to both"
DIRECTIONS: Final[Mapping[str, tuple[Callable[[SyncInstallation], None], tuple[str, ...], tuple[str, ...]]]] = {
    REPS: (SyncInstallation.reps_edit, (SALESFORCE,), (MARKETO,)),
    MARKETERS: (SyncInstallation.marketers_edit, (MARKETO,), (SALESFORCE,)),
    THEMSELVES: (SyncInstallation.people_edit, (), SYSTEMS),
}
"""Name → who edits, where it is read, where it is written."""

RATIO_AT_MOST: Final = 1.1
IDLE_AT_MOST: Final = {SALESFORCE: 3, MARKETO: 5}
"""Requests of a cycle in which nothing changed, in a new process, with its login."""
AT_LEAST_PER_S: Final = 100

_ROWS: Final = {SALESFORCE: 2_000, MARKETO: 300}
_WRITES: Final = {SALESFORCE: 200, MARKETO: 300}
_TITLES: Final = {SALESFORCE: "Salesforce", MARKETO: "Marketo"}


class Missing(Exception):
    """Not every edit reached the other side in two cycles: what was counted is not what was asked for."""


class Units(NamedTuple):
    """DynamoDB units per person."""

    write: float
    read: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is the same in every run. Requests by system; ``again`` are records that a second sync wrote."""

    people: int
    idle: Mapping[str, int]
    idle_of_new_process: Mapping[str, int]
    edits: Mapping[str, Edited]
    again: int

    def ratio(self, direction: str) -> float:
        """Requests against the fewest."""
        return sum(self.edits[direction].calls.values()) / sum(fewest(direction, self.people).values())


def run(effort: Effort, people: int = PEOPLE) -> Result:
    """Measure."""
    counts, rounds = _counted(people, 1 if effort.quick else ROUNDS)
    rates = _rates(rounds)
    targets = [
        Target(
            name=f"requests, {name}", wanted=RATIO_AT_MOST, reached=counts.ratio(name), unit="× fewest", at_least=False
        )
        for name in DIRECTIONS
    ]
    targets += [
        Target(
            name=f"requests of an idle cycle, {_TITLES[name]}",
            wanted=wanted,
            reached=counts.idle_of_new_process[name],
            unit="calls",
            at_least=False,
        )
        for name, wanted in IDLE_AT_MOST.items()
    ]
    targets += [Target(name=rate.name, wanted=AT_LEAST_PER_S, reached=rate.value, unit="records/s") for rate in rates]
    again = _again(counts)
    targets += [Target(name=again.name, wanted=0, reached=again.value, unit=again.unit, at_least=False)]
    return Result(
        name="sync",
        title=f"Synchronisation of {people:,} changed people",
        figures=[*_calls(counts), *_idle(counts), *rates, *_units(), again],
        targets=targets,
        notes=[
            "requests from an edit of one field until everybody is quiet, in processes that are warm; both simulators "
            "in this process; the fewest: see infra/bench/sync.py; more fields changed at once are more entries in "
            "Marketo's log, 300 to a request",
            "records/s: processor time of one thread with memory adapters, without the simulators' share",
        ],
    )


@cache
def counted(people: int = PEOPLE) -> Counted:
    """Count once."""
    return _counted(people, 1)[0]


def _counted(people: int, rounds: int) -> tuple[Counted, list[Mapping[str, Edited]]]:
    """Count in the first of some rounds; the others are for the seconds."""
    world = SyncInstallation(people)
    idle = _idle_cycle(world)
    world.restart()
    idle_of_new_process = _idle_cycle(world)
    every = [{name: _edited(world, name, people, idle) for name in DIRECTIONS} for _ in range(rounds)]
    world.wish_for_everybody()
    again = world.settle()
    counts = Counted(people=people, idle=idle, idle_of_new_process=idle_of_new_process, edits=every[0], again=again)
    return counts, list(every)


def fewest(direction: str, people: int) -> dict[str, int]:
    """The fewest requests by system, from an edit until everybody is quiet."""
    _, read, written = DIRECTIONS[direction]
    return {
        name: _pull(name, people if name in read else 0)
        + (_ceil(people, _WRITES[name]) if name in written else 0)
        + _pull(name, people if name in written else 0)
        for name in SYSTEMS
    }


def _pull(system: str, people: int) -> int:
    pages = max(1, _ceil(people, _ROWS[system]))
    return pages if system == SALESFORCE else 2 + pages + _ceil(people, _ROWS[system])


def _ceil(number: int, size: int) -> int:
    return -(-number // size)


def _idle_cycle(world: SyncInstallation) -> dict[str, int]:
    return {name: work.calls for name, work in world.pull_all().items()}


def _edited(world: SyncInstallation, direction: str, people: int, idle: Mapping[str, int]) -> Edited:
    edit, _, written = DIRECTIONS[direction]
    # Marketo's tokens end after an hour: the login would be counted for whichever edit it comes with.
    world.rest()
    done = world.after(lambda: edit(world))
    for name in written:
        if done.pushed[name].records != people:
            raise Missing(f"{direction}: {done.pushed[name].records} of {people} records were written")
    if _idle_cycle(world) != idle or world.settle():
        raise Missing(f"{direction}: two cycles were not enough, so not every request was counted")
    return done


def _calls(counted: Counted) -> list[Figure]:
    figures = []
    for name, edited in counted.edits.items():
        least = fewest(name, counted.people)
        parts = ", ".join(f"{_TITLES[system]} {calls} of {least[system]}" for system, calls in edited.calls.items())
        ratio = f"{counted.ratio(name):.2f} × fewest: {parts}"
        figures.append(Figure(name=f"requests, {name}", value=sum(edited.calls.values()), unit="calls", ratio=ratio))
    return figures


def _idle(counted: Counted) -> list[Figure]:
    return [
        Figure(
            name=f"requests of an idle cycle, {_TITLES[name]}",
            value=calls,
            unit="calls",
            ratio=f"{counted.idle_of_new_process[name]} in a new process, login included",
        )
        for name, calls in counted.idle.items()
    ]


def _rates(rounds: list[Mapping[str, Edited]]) -> list[Figure]:
    def of(name: str, pick: Callable[[Mapping[str, Edited]], Work]) -> Figure:
        works = [pick(edits) for edits in rounds]
        return spread(name, [work.records / work.seconds for work in works], "records/s")

    return [
        of("reconciled, read in Salesforce", lambda edits: edits[REPS].reconciled),
        of("reconciled, read in Marketo", lambda edits: edits[MARKETERS].reconciled),
        of("written to Salesforce", lambda edits: edits[MARKETERS].pushed[SALESFORCE]),
        of("written to Marketo", lambda edits: edits[REPS].pushed[MARKETO]),
    ]


@cache
def units(people: int = METERED_PEOPLE) -> dict[str, Units]:
    """What reading an edit, writing it and reading it back use, per person."""
    with metered() as tables:
        world = SyncInstallation(people, tables.keep)

        def used(work: Callable[[], object]) -> Units:
            before = tables.reading()
            work()
            found = tables.reading().since(before)
            return Units(found.write_units / people, found.read_units / people)

        world.reps_edit()
        world.pull_all()
        reconciled = used(world.reconcile)
        world.tell()
        written = used(world.push_all)
        world.pull_all()
        read_back = used(world.reconcile)
    return {
        "take an edit in": reconciled,
        "write it to the other side": written,
        "recognise it when it is read back": read_back,
    }


def _units() -> list[Figure]:
    return [
        Figure(name=f"write units to {step}", value=used.write, unit="WRU/record", ratio=f"{used.read:.1f} RRU")
        for step, used in units().items()
    ]


def _again(counted: Counted) -> Figure:
    return Figure(name="records written by a second sync", value=counted.again, unit="records")
