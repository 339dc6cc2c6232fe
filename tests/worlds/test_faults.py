"""What can go wrong around one cycle, one by one: every fault of a vendor, a death at every call, two at once.

Afterwards there is one record per person, the same values everywhere, and a further comparison writes nothing.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from infra.local.simulators.faults import FaultKind
from shared.adapters.memory.faults import Killed
from shared.domain.instant import HOUR, MINUTE, Instant
from shared.domain.sync.model import MARKETO, SALESFORCE, SYSTEMS
from tests.worlds import truth
from tests.worlds.installation import Installation, form
from tests.worlds.machinery import Meanwhile, dying
from tests.worlds.world import A_DAY, heal, stays_as_it_is

ANNA, BEA, CARL = "anna@acme-works.de", "bea@other-works.de", "carl@third-works.de"
PER_CALL = {
    FaultKind.THROTTLE: {SALESFORCE: "REQUEST_LIMIT_EXCEEDED", MARKETO: "606"},
    FaultKind.ROW_ERROR: {SALESFORCE: "UNABLE_TO_LOCK_ROW", MARKETO: "719"},
}
API = {SALESFORCE: "/services/data", MARKETO: "/rest/v1"}


def busy() -> Installation:
    """People everywhere, and something for every part of a cycle to do."""
    world = Installation()
    demo = {"form_id": "demo", "title": "CEO", "country": "DE", "company": "Acme", "first_name": "Anna"}
    world.post(form(ANNA, phone="+4915112345678", last_name="Ek", **demo))
    world.post(form(BEA, name="Bea Bo"))
    world.process()
    world.settle()
    lead = next(row for row in world.rows("Lead") if row["Email"] == ANNA)
    world.play(SALESFORCE, "update", object="Lead", id=lead["Id"], Title="Chief", Status="Accepted")
    world.play(SALESFORCE, "create", object="Contact", LastName="Carlson", Email=CARL, HasOptedOutOfEmail=True)
    bea = next(person for person in truth.marketo_people(world) if person["email"] == BEA)
    world.play(MARKETO, f"people/{bea['id']}", title="Engineer")
    world.play(MARKETO, f"people/{bea['id']}/unsubscribe")
    world.play(MARKETO, "people", email="dora@fourth-works.de", lastName="Dor")
    world.post(form(ANNA, phone="+4915187654321"))
    world.post(form("eve@fifth-works.de", last_name="Eve", **{**demo, "first_name": "Eve"}))
    return world


def check(world: Installation, *, wait: Instant = A_DAY) -> None:
    """Everything that has to be true, and a further comparison writes nothing."""
    wrong = [*heal(world, wait=wait)]
    wrong += [f"{one.__name__}: {line}" for one in truth.CHECKS for line in one(world)]
    wrong += stays_as_it_is(world)
    assert not wrong, wrong
    people = sorted(row["Email"] for row in truth.live(world, "Lead", "Contact"))
    assert people == [ANNA, CARL, "eve@fifth-works.de"]
    assert len(truth.marketo_people(world)) == 4  # Carl opted out before anybody allowed anything
    anna = world.person(ANNA)
    assert anna.profile["title"].value == "Chief"
    assert anna.phone == "+4915187654321"
    states = {view.email: {c.purpose: c.state for c in view.consents}.get("ad.email") for view in world.views()}
    assert states[BEA] == states[CARL] == "withdrawn"


def pull(world: Installation) -> None:
    for system in SYSTEMS:
        world.pull(system)


def push(world: Installation) -> None:
    for system in SYSTEMS:
        world.push(system)


def test_without_any_trouble() -> None:
    world = busy()
    world.cycle()
    check(world)


@pytest.mark.parametrize("times", [1, 0], ids=["once", "until it clears"])
@pytest.mark.parametrize("moment", [pull, push])
@pytest.mark.parametrize("kind", FaultKind)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_fault_of_a_vendor(system: str, kind: FaultKind, moment: Callable[[Installation], None], times: int) -> None:
    world = busy()
    world.clock.advance(5 * MINUTE)
    world.process()
    if moment is push:
        pull(world)
        world.reconcile()
        world.tell()
    code = PER_CALL.get(kind, {}).get(system, "")
    seconds = {FaultKind.SLOW: 300.0, FaultKind.LATE_VISIBILITY: 60.0}.get(kind, 0.0)
    world.play(system, "faults", kind=str(kind), times=times, code=code, path=API[system], seconds=seconds)
    moment(world)
    world.reconcile()
    world.tell()
    push(world)
    check(world)


def _calls_of_a_cycle() -> int:
    world = busy()
    world.faults.clear()
    world.cycle()
    return len(world.faults.calls)


CALLS = _calls_of_a_cycle()
GROUP = 12
"""Calls per test: each of them is its own world."""


def test_a_cycle_has_calls_to_strike() -> None:
    assert CALLS > 100


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("first", range(1, CALLS + 1, GROUP))
def test_the_process_ends_around_any_call(first: int, when: str) -> None:
    for nth in range(first, min(first + GROUP, CALLS + 1)):
        world = busy()
        assert dying(world, world.cycle, nth=nth, when=when)
        # Not a day: a form that waits so long in the queue is history by then, and nobody is handed over for it.
        check(world, wait=10 * MINUTE)


@pytest.mark.parametrize("late", [False, True], ids=["while the lease holds", "after it ran out"])
@pytest.mark.parametrize("nth", range(1, 8))
@pytest.mark.parametrize("system", SYSTEMS)
def test_two_pulls_at_once(system: str, nth: int, late: bool) -> None:
    world = busy()
    world.process()
    found = []

    def second() -> None:
        world.clock.advance(7 * MINUTE if late else 0)
        found.append(world.pull(system, deps=replace(world.pulling[system], system=world.connect(system))).status)

    one, meanwhile = world.pulling[system], Meanwhile(nth, second)
    deps = replace(one, system=meanwhile.wrap(one.system), store=meanwhile.wrap(one.store))
    first = world.pull(system, deps=deps)
    assert {first.status, *found} <= {"done", "busy"}
    check(world)


@pytest.mark.parametrize("nth", range(1, 22))
@pytest.mark.parametrize("system", SYSTEMS)
def test_two_writers_with_the_same_wishes(system: str, nth: int) -> None:
    world = busy()
    world.process()
    world.tell()
    wishes = list(world.waiting[system])
    assert wishes

    def second() -> None:
        world.waiting[system] += wishes
        world.push(system, deps=replace(world.pushing[system], system=world.connect(system)))

    one, meanwhile = world.pushing[system], Meanwhile(nth, second)
    wrapped = {"system": meanwhile.wrap(one.system), "store": meanwhile.wrap(one.store)}
    world.push(system, deps=replace(one, **wrapped, sync=meanwhile.wrap(one.sync)))
    check(world)


@pytest.mark.parametrize("nth", [3, 40, 160])
def test_two_cycles_at_once(nth: int) -> None:
    world = busy()
    meanwhile = Meanwhile(nth, world.cycle)
    for system in SYSTEMS:
        for deps in (world.pulling, world.pushing):
            one = deps[system]
            deps[system] = replace(one, system=meanwhile.wrap(one.system))  # type: ignore[type-var]
    one_ = world.reconciling
    world.reconciling = replace(one_, store=meanwhile.wrap(one_.store), sync=meanwhile.wrap(one_.sync))
    world.cycle()
    check(world)


ROWS = 5_000


def test_thousands_of_rows_with_one_stamp_and_a_death_after_the_first_page() -> None:
    world = Installation()
    for n in range(ROWS):
        world.play(SALESFORCE, "create", object="Lead", LastName=f"L{n}", Company="Mass", Email=f"l{n}@mass-works.de")
    assert len({row["SystemModstamp"] for row in world.rows("Lead")}) == 1
    world.clock.advance(HOUR)
    world.faults.before(2, call="salesforce.changes")
    with pytest.raises(Killed):
        world.pull(SALESFORCE)
    world.faults.clear()
    world.restart()
    world.clock.advance(7 * MINUTE)
    assert world.pull(SALESFORCE).status == "done"
    read = {record.remote_id for page in world.changes.sent for record in world.records.get(page.key)}
    assert read == {row["Id"] for row in world.rows("Lead")}
    writes = world.sites[SALESFORCE].calls.total()
    before = len(world.changes.sent)
    world.clock.advance(5 * MINUTE)
    again = world.pull(SALESFORCE)
    assert (again.status, len(world.changes.sent)) == ("done", before)
    assert world.sites[SALESFORCE].calls.total() - writes <= 3
