"""Whatever people do, however short pages are and wherever a run dies: a pull loses nothing and ends."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.connectors.salesforce.reading import instant
from tests.contracts.salesforce_world import World

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("make"), st.sampled_from(["Lead", "Contact"]), st.integers(1, 9)),
        st.tuples(st.just("edit"), st.integers(0, 50), st.just(0)),
        st.tuples(st.just("delete"), st.integers(0, 50), st.just(0)),
        st.tuples(st.just("wait"), st.integers(0, 400), st.just(0)),
        st.tuples(st.just("page"), st.booleans(), st.just(0)),
    ),
    max_size=25,
)


class Following:
    """Pulls page by page; every page is another process."""

    def __init__(self, *, rows: int, page_size: int) -> None:
        self.world = World()
        self.world.site.org.change_settings({"page_size": page_size})
        self.seen: dict[str, tuple[int, bool]] = {}
        self.known: list[tuple[str, str]] = []
        self.position: Any = {}
        self._rows = rows

    def page(self, *, dies: bool = False) -> bool:
        system = self.world.a_system()
        system._puller._rows = self._rows
        found = system.changes(self.position)
        self.seen.update({record.remote_id: (record.stamp, record.deleted) for record in found.records})
        self.position = self.position if dies else found.position
        return found.more

    def pull(self) -> None:
        for _ in range(400):
            if not self.page():
                return
        raise AssertionError("the pull does not end")

    def step(self, what: str, one: Any, two: Any) -> None:
        if what == "make":
            self.known += [(one, self.world.make(one, LastName=f"L{number}")) for number in range(two)]
        elif what == "wait":
            self.world.pass_by(seconds=one)
        elif what == "page":
            self.page(dies=one)
        elif self.known:
            self._change(what, *self.known[one % len(self.known)])

    def _change(self, what: str, name: str, record_id: str) -> None:
        if self.world.row(name, record_id)["IsDeleted"]:
            return
        if what == "delete":
            self.world.remove(name, record_id)
        else:
            self.world.edit(name, record_id, Title=f"T{self.world.now()}")


@settings(max_examples=30, deadline=None)
@given(steps=STEPS, rows=st.integers(1, 6), page_size=st.integers(1, 6))
def test_every_state_of_every_record_is_seen_in_the_end(
    steps: list[tuple[str, Any, Any]], rows: int, page_size: int
) -> None:
    following = Following(rows=rows, page_size=page_size)
    for step in steps:
        following.step(*step)
    # One pull may have been under way: what changed since it began belongs to the next one.
    following.pull()
    following.pull()
    assert following.position["started"] == 0
    for name, record_id in following.known:
        row = following.world.row(name, record_id)
        assert following.seen[record_id] == (instant(row["SystemModstamp"]), row["IsDeleted"])
