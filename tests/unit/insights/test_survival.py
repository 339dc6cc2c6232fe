"""Kaplan-Meier on an example worked out by hand, and on what has to hold for any leads."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.insights.groups import Wait
from shared.domain.insights.survival import kaplan_meier, median_of

WAITS = st.dictionaries(st.integers(0, 50), st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12).map(
    lambda days: [Wait(day, *counts) for day, counts in sorted(days.items()) if any(counts)]
)


def test_open_leads_are_at_risk_until_their_time_ends() -> None:
    # Given: six leads; sales on days 3, 5 and 7, open ones on days 3, 6 and 9
    waits = [Wait(3, 1, 1), Wait(5, 1, 0), Wait(6, 0, 1), Wait(7, 1, 0), Wait(9, 0, 1)]

    steps = kaplan_meier(waits)

    # Then: 5/6, then 5/6 * 3/4, then 5/6 * 3/4 * 1/2
    assert [(step.day, step.at_risk, step.sold) for step in steps] == [(3, 6, 1), (5, 4, 1), (7, 2, 1)]
    assert [step.bought for step in steps] == [1 / 6, 0.375, 0.6875]
    assert median_of(steps) == 7


def test_nobody_bought_yet() -> None:
    assert kaplan_meier([Wait(3, 0, 4)]) == ()
    assert median_of(()) is None


@given(WAITS)
def test_the_share_grows_and_stays_between_nothing_and_all(waits: list[Wait]) -> None:
    bought = [step.bought for step in kaplan_meier(waits)]

    assert bought == sorted(bought)
    assert all(0 < share <= 1 for share in bought)


@given(WAITS)
def test_without_open_leads_it_is_the_plain_share(waits: list[Wait]) -> None:
    sold = [wait._replace(open=0) for wait in waits if wait.sold]
    everybody, so_far = sum(wait.sold for wait in sold), 0

    for step, wait in zip(kaplan_meier(sold), sold, strict=True):
        so_far += wait.sold
        assert step.bought == so_far / everybody


@given(WAITS)
def test_open_leads_never_make_the_share_smaller_than_counting_them_as_lost(waits: list[Wait]) -> None:
    everybody, so_far = sum(wait.sold + wait.open for wait in waits), 0

    for step in kaplan_meier(waits):
        so_far += step.sold
        assert step.bought >= so_far / everybody - 1e-12
