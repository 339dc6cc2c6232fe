"""Whatever people do between pulls, and wherever a pull dies: in the end we have seen everybody as they are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.simulators.faults import FaultKind
from shared.domain.sync.model import RemoteRecord
from shared.ports.sync import Position
from tests.unit.connectors_marketo.world import World

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["add", "edit", "edit", "custom", "delete", "merge", "blank", "late", "step", "step", "die", "lose", "time"]
        ),
        st.integers(0, 30),
    ),
    max_size=40,
)


class Follower:
    """What somebody who applies every record knows."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, str]] = {}
        self.successors: dict[str, str] = {}
        self.deleted: set[str] = set()

    def apply(self, records: tuple[RemoteRecord, ...] | list[RemoteRecord]) -> None:
        for record in records:
            if record.deleted:
                self.people.pop(record.remote_id, None)
                if record.merged_into:
                    self.successors[record.remote_id] = record.merged_into
                else:
                    self.deleted.add(record.remote_id)
            else:
                self.people[record.remote_id] = dict(record.values)


def weather(world: World, what: str, number: int) -> None:
    if what == "blank":
        world.settings(empty_pages=number % 4)
    elif what == "late":
        world.site.faults.clear()
        if number % 2:
            world.fault(FaultKind.LATE_VISIBILITY, seconds=number)
    elif what == "time":
        world.clock.advance(number * 1000)


def play(world: World, what: str, number: int) -> None:
    living = [str(lead["id"]) for lead in world.site.people.all()]
    if what == "add":
        world.add(f"p{number}@example.com", title="T")
    if not living:
        return
    person, other = living[number % len(living)], living[(number + 1) % len(living)]
    if what == "edit":
        world.edit(person, title=f"T{number}", firstName="N")
    elif what == "custom":
        world.edit(person, consentStatus=f"c{number}")
    elif what == "delete":
        world.desk(f"people/{person}/delete")
    elif what == "merge" and person != other:
        world.desk(f"people/{person}/merge", loser=int(other))


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_nothing_is_lost(steps: list[tuple[str, int]]) -> None:
    world, follower = World(), Follower()
    kept: Position = world.caught_up()
    for what, number in steps:
        if what in ("step", "die", "lose"):
            if what == "lose" and "at" in kept:
                kept = {**kept, "tokens": dict.fromkeys(kept["tokens"], "lost")}
            page = world.system.changes(kept)
            follower.apply(page.records)
            # Whoever dies before the position is kept begins where it stood.
            kept = kept if what == "die" else page.position
        else:
            weather(world, what, number)
            play(world, what, number)
    world.site.faults.clear()
    for _ in range(4):
        records, kept = world.pull(kept)
        follower.apply(records)

    living = {str(lead["id"]): lead for lead in world.site.people.all()}
    assert set(follower.people) == set(living)
    for key, lead in living.items():
        seen = follower.people[key]
        assert [seen["title"], seen["consentStatus"]] == [lead.get(n) or "" for n in ("title", "consentStatus")]
    assert set(follower.successors) == set(world.site.store.rows("merged"))
    assert not follower.deleted & (set(living) | set(follower.successors))
    assert world.pull(kept)[0] == []
