"""Geometry and words: pure functions."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.app.console import charts, overview, times
from shared.contracts.reports import FunnelCohort, FunnelReport
from shared.domain.instant import DAY, HOUR, MINUTE

COUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=70)


@given(COUNTS)
def test_a_trend_stays_inside_its_frame_and_its_axis_holds_every_value(values: list[int]) -> None:
    drawn = charts.trend([str(n) for n in range(len(values))], [("Leads", values)])

    (line,) = drawn.lines
    assert len(line.dots) == len(values)
    assert all(charts.LEFT <= dot.x <= charts.WIDTH - charts.RIGHT for dot in line.dots)
    assert all(charts.TOP - 0.1 <= dot.y <= charts.HEIGHT - charts.BOTTOM + 0.1 for dot in line.dots)
    assert int(drawn.up[-1].label) >= max(values)
    assert len(drawn.across) <= charts.LABELS + 1


@given(COUNTS)
def test_bars_compare_with_the_longest(values: list[int]) -> None:
    drawn = charts.bars([("x", value) for value in values])

    assert [bar.value for bar in drawn] == values
    assert all(0 <= bar.share <= 100 for bar in drawn)
    assert max(bar.share for bar in drawn) == (100 if max(values) else 0)


def test_spans_are_told_in_their_largest_sensible_unit() -> None:
    told = [
        times.span(ms) for ms in (0, 59_000, MINUTE, 119 * MINUTE, 2 * HOUR, 47 * HOUR, 2 * DAY, 90 * DAY, 998 * DAY)
    ]

    assert told == ["0 s", "59 s", "1 min", "119 min", "2 h", "47 h", "2 days", "3 months", "2.7 years"]


def test_numbers_are_grouped_and_nothing_is_a_dash() -> None:
    assert times.number(1234567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
    assert times.number(None) == times.percent(None) == times.days(None) == times.NONE
    assert times.percent(0.0481) == "4.8\N{NARROW NO-BREAK SPACE}%"
    assert times.points(-2.5) == "\N{MINUS SIGN}2.5"
    assert times.points(10) == "+10"


def report(*labels: str) -> FunnelReport:
    cohorts = [FunnelCohort(cohort=label, counts={"inquiry": 2}) for label in labels]
    return FunnelReport(
        name="funnel", from_=None, to=None, generated_at="2026-01-01T00:00:00Z", by="day", visitors=0, stages=[],
        side=[], cohorts=cohorts,
    )  # fmt: skip


def test_periods_fit_the_time_between_and_those_without_anybody_are_counted_as_such() -> None:
    for days, periods in (
        (("2026-02-27", "2026-03-02"), ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]),
        (("2025-12-15", "2026-01-08"), ["2025-W51", "2025-W52", "2026-W01", "2026-W02"]),
        (("2025-09-30", "2026-04-01"), [f"2025-{m:02}" for m in range(9, 13)] + [f"2026-{m:02}" for m in range(1, 5)]),
    ):
        rows = overview._rows(report(*days))
        assert [row.period for row in rows] == periods
        assert [row.counts[0] for row in rows] == [2, *[0] * (len(periods) - 2), 2]
    assert overview._rows(report()) == ()


@given(st.lists(st.dates(date(2020, 1, 1), date(2023, 12, 31)), min_size=1, max_size=40, unique=True))
def test_days_add_up_to_every_period(days: list[date]) -> None:
    rows = overview._rows(report(*sorted(day.isoformat() for day in days)))

    assert sum(row.counts[0] for row in rows) == 2 * len(days)
    assert [row.period for row in rows] == sorted({row.period for row in rows})
