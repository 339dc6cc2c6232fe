"""Times of every make, and what becomes of those that cannot be trusted."""

import pytest

from shared.domain.intake.timestamps import read_time
from tests.unit.intake.builders import NOW

NOON = 1_767_268_800_000


@pytest.mark.parametrize(
    "value",
    [
        1_767_268_800,
        1_767_268_800_000,
        1_767_268_800_000_000,
        1_767_268_800_000_000_000,
        1_767_268_800.0,
        "1767268800",
        "1767268800000",
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00.000+00:00",
        "2026-01-01T12:00:00+0000",
        "2026-01-01T15:00:00+03",
        "2026-01-01 12:00:00 UTC",
        "2026-01-01T08:00:00,0000001-04:00",
        "Thu, 01 Jan 2026 12:00:00 +0000",
        "1 Jan 2026 13:00 +0100",
        "1/1/2026 12:00 PM Z",
    ],
)
def test_every_way_to_write_an_instant_names_the_same_one(value: object) -> None:
    assert read_time(value, NOW + 1) == (NOON, ())


@pytest.mark.parametrize(("value", "instant"), [("1767268800.153125", NOON + 153), (1_767_268_799.5, NOON - 500)])
def test_fractions_are_kept_to_the_millisecond(value: object, instant: int) -> None:
    assert read_time(value, NOW + 1_000)[0] == instant


@pytest.mark.parametrize(
    ("value", "instant", "flag"),
    [
        ("2026-01-01 12:00:00", NOON, "time:naive"),
        ("2026-01-01", NOON - 12 * 3_600_000, "time:naive"),
        ("01.01.2026 12:00", NOON, "time:naive_dmy"),
        ("1/1/2026 12:00", NOON, "time:naive_mdy"),
        ("31/12/2025 12:00", NOON - 24 * 3_600_000, "time:naive_dmy"),
        ("12/31/2025 12:00 AM", NOON - 36 * 3_600_000, "time:naive_mdy"),
    ],
)
def test_a_time_without_a_zone_is_read_as_utc_and_flagged(value: str, instant: int, flag: str) -> None:
    assert read_time(value, NOW + 1) == (instant, (flag,))


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        (None, ()),
        ("", ()),
        ("  ", ()),
        (True, ()),
        (0, ("time:epoch0",)),
        ("0", ("time:epoch0",)),
        ("9999-12-31T23:59:59Z", ("time:future",)),
        (NOW + 11 * 60_000, ("time:future",)),
        ("1970-01-02T00:00:00Z", ("time:implausible",)),
        ("yesterday", ("time:unreadable",)),
        ("2026-13-45T99:99:99Z", ("time:unreadable",)),
        ("0001-01-01T00:00:00Z", ("time:implausible",)),
        (-5, ("time:unreadable",)),
        (1e300, ("time:unreadable",)),
        ("9" * 60, ("time:unreadable",)),
    ],
)
def test_what_names_no_credible_time_falls_back_to_the_time_of_receipt(value: object, flags: tuple[str, ...]) -> None:
    assert read_time(value, NOW) == (NOW, flags)


def test_a_clock_that_runs_a_little_ahead_is_believed() -> None:
    assert read_time(NOW + 5 * 60_000, NOW) == (NOW + 5 * 60_000, ())
