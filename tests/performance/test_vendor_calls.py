"""How often the vendors are called, counted exactly: no clock, so these numbers hold on every machine."""

import pytest

from infra.bench import sync
from infra.bench.sync_installation import Work
from shared.domain.sync.model import MARKETO, SALESFORCE

STEPS = {
    sync.REPS: ((1, 3), (0, 4), (1, 2 + 4 + 4)),
    sync.MARKETERS: ((1, 2 + 4 + 4), (5, 0), (1, 3)),
    sync.THEMSELVES: ((1, 3), (5, 4), (1, 2 + 4 + 4)),
}
"""Direction → requests (Salesforce, Marketo) for a thousand people: read what changed, write, read back."""


@pytest.fixture(scope="module")
def counted() -> sync.Counted:
    return sync.counted(1_000)


def test_a_cycle_in_which_nothing_changed_is_one_call_and_three(counted: sync.Counted) -> None:
    assert counted.idle == {SALESFORCE: 1, MARKETO: 3}


def test_the_first_one_of_a_process_also_logs_in_and_asks_what_others_used(counted: sync.Counted) -> None:
    assert counted.idle_of_new_process == {SALESFORCE: 1 + 1, MARKETO: 3 + 1 + 1}


@pytest.mark.parametrize("direction", STEPS)
def test_a_thousand_changed_people_are_exactly_so_many_calls(counted: sync.Counted, direction: str) -> None:
    edited = counted.edits[direction]

    found = tuple(
        (step[SALESFORCE].calls, step[MARKETO].calls) for step in (edited.pulled, edited.pushed, edited.read_back)
    )

    assert found == STEPS[direction]


@pytest.mark.parametrize("direction", STEPS)
def test_no_call_is_more_than_bundles_need(counted: sync.Counted, direction: str) -> None:
    assert counted.edits[direction].calls == sync.fewest(direction, 1_000)
    assert counted.ratio(direction) == 1


def test_every_edit_is_read_once_and_written_once_to_the_other_side(counted: sync.Counted) -> None:
    def records(works: dict[str, Work]) -> tuple[int, int]:
        return works[SALESFORCE].records, works[MARKETO].records

    reps, marketers = counted.edits[sync.REPS], counted.edits[sync.MARKETERS]
    assert (records(dict(reps.pulled)), records(dict(reps.pushed))) == ((1_000, 0), (0, 1_000))
    assert (records(dict(marketers.pulled)), records(dict(marketers.pushed))) == ((0, 1_000), (1_000, 0))
    assert records(dict(counted.edits[sync.THEMSELVES].pushed)) == (1_000, 1_000)


def test_a_second_sync_of_everybody_writes_nothing(counted: sync.Counted) -> None:
    assert counted.again == 0


@pytest.mark.parametrize(
    ("people", "salesforce", "marketo"),
    [(1, 1 + 1, 3 + 1 + 4), (300, 1 + 1, 3 + 1 + 4), (301, 1 + 1, 3 + 2 + 6), (2_001, 2 + 1, 3 + 7 + 16)],
)
def test_the_fewest_calls_follow_from_the_vendors_bundles(people: int, salesforce: int, marketo: int) -> None:
    assert sync.fewest(sync.REPS, people) == {SALESFORCE: salesforce, MARKETO: marketo}
