"""Geometry, periods and words of reports: pure functions."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.app.console import charts, forms, report_charts, report_files, times
from shared.app.console.periods import PERIODS, between, period_of
from shared.domain.insights.metrics import label_of
from shared.domain.instant import DAY
from shared.domain.intake.problem import Problem

NOW = 1_767_225_600_000
VALUES = st.lists(st.one_of(st.none(), st.floats(-1e7, 1e9, allow_nan=False)), min_size=1, max_size=40)


@given(VALUES)
def test_lines_stay_inside_their_frame_below_zero_too_and_gaps_have_no_dot(values: list[float | None]) -> None:
    drawn = charts.trend([str(n) for n in range(len(values))], [("Money", values)], report_charts.short)

    (line,) = drawn.lines
    assert len(line.dots) == sum(value is not None for value in values)
    assert all(charts.TOP - 0.1 <= dot.y <= charts.HEIGHT - charts.BOTTOM + 0.1 for dot in line.dots)
    assert all(len(tick.label) <= 8 for tick in drawn.up)
    if any(value is not None and value < 0 for value in values):
        assert drawn.up[2].label in ("0", "-0"), "zero has a rule of its own"


@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0, 100)), max_size=40, unique_by=lambda place: place[0]))
def test_stairs_go_right_and_up_only_and_stay_inside(places: list[tuple[int, float]]) -> None:
    rising = [(day, share) for (day, _), share in zip(sorted(places), sorted(s for _, s in places), strict=True)]

    drawn = charts.stairs("Bought", rising, report_charts.percent)

    corners = [tuple(map(float, corner.split(","))) for corner in drawn.lines[0].points.split()]
    assert corners == sorted(corners, key=lambda corner: (corner[0], -corner[1]))
    assert all(charts.LEFT <= x <= charts.WIDTH - charts.RIGHT for x, _ in corners)
    assert all(b[0] == a[0] or b[1] == a[1] for a, b in pairwise(corners)), "steps, no slopes"


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_what_is_below_zero_has_no_length(values: list[float]) -> None:
    drawn = charts.bars([("x", value) for value in values])

    assert all(
        (bar.share == 0) if value <= 0 else 0 <= bar.share <= 100 for bar, value in zip(drawn, values, strict=True)
    )


@pytest.mark.parametrize("grain", ["day", "week", "month"])
@given(days=st.lists(st.integers(0, 800), min_size=1, max_size=10))
def test_periods_without_anything_are_there_too(grain: str, days: list[int]) -> None:
    labels = {label_of(NOW + day * DAY, grain) for day in days}  # type: ignore[arg-type]

    found = between(labels, grain)  # type: ignore[arg-type]

    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (min(labels), max(labels))
    assert labels <= set(found)
    assert set(found) == {label_of(NOW + day * DAY, grain) for day in range(min(days), max(days) + 1)}  # type: ignore[arg-type]


def test_a_period_is_days_until_today_or_two_dates() -> None:
    assert period_of("30", "", "", NOW) == ("30", "2025-12-03", "2026-01-01")
    assert period_of("", "", "", NOW) == period_of("nothing", "", "", NOW) == ("all", None, None)
    assert period_of("", "2025-12-03", "2026-01-01", NOW).name == "30"
    assert period_of("30", "2026-01-01", "", NOW) == ("", "2026-01-01", None)
    assert set(PERIODS) == {"30", "90", "365", "all"}
    for start, end in (("2026-02-30", ""), ("", "yesterday"), ("2026-02-01", "2026-01-01"), ("' OR 1", "")):
        with pytest.raises(Problem) as caught:
            period_of("", start, end, NOW)
        assert (caught.value.code, caught.value.status) == ("API.BAD_REQUEST", 400)


def test_amounts_keep_their_cents_in_tables_and_lose_them_at_a_glance() -> None:
    thin, minus = times.THIN, "\N{MINUS SIGN}"
    assert forms.money("1234567.80") == f"1{thin}234{thin}567.80"
    assert forms.money("-5.5") == f"{minus}5.50"
    assert forms.glance("1234567.80", "EUR") == f"1{thin}234{thin}568 EUR"
    assert forms.glance("999.50", "EUR") == "999.50 EUR"
    assert forms.glance("0.00", "EUR") == "0 EUR"
    assert forms.percent(1.5) == f"150.0{thin}%"
    assert forms.percent(-0.143) == f"{minus}14.3{thin}%"
    assert forms.factor(1.845) in (f"1.84{thin}×", f"1.85{thin}×")
    assert {forms.shown(None, form) for form in ("count", "money", "share", "days", "hours", "factor")} == {times.NONE}


def test_axes_have_short_numbers() -> None:
    told = [report_charts.short(value) for value in (0, 2.5, 9999, 10_000, 250_000, 4_000_000, 2e9)]

    assert told == ["0", "2.5", "9999", "10K", "250K", "4M", "2bn"]


def test_texts_are_made_harmless_and_numbers_are_left_alone() -> None:
    file = report_files.file_of(["Name", "=x"], [("=1+1", -5), (" +1", Decimal("-5.50")), ('"a";b', None)], comma=True)

    assert file == '\ufeffName;\'=x\r\n\'=1+1;-5\r\n\' +1;-5,50\r\n"""a"";b";\r\n'


@pytest.mark.parametrize(
    ("language", "comma"),
    [("ru", True), ("pl-PL", True), ("DE", True), ("en-US", False), ("de-CH", False), ("es-MX", False), ("", False)],
)
def test_who_writes_decimals_with_a_comma(language: str, comma: bool) -> None:
    assert report_files.uses_comma(language) == comma
