"""Midnight in Chicago, by the rule, against the time zone database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.connectors.marketo.quota import next_midnight

BEGIN, END = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) for year in (2010, 2037))
CHICAGO = ZoneInfo("America/Chicago")


def by_database(now: int) -> int:
    day = datetime.fromtimestamp(now / 1000, UTC).astimezone(CHICAGO).date() + timedelta(days=1)
    return int(datetime(day.year, day.month, day.day, tzinfo=CHICAGO).timestamp() * 1000)


@given(st.integers(min_value=BEGIN, max_value=END))
def test_the_rule_agrees_with_the_database(now: int) -> None:
    assert next_midnight(now) == by_database(now)


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07"])
def test_every_minute_of_the_days_that_are_longer_or_shorter(day: str) -> None:
    begin = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)

    for minute in range(-60, 36 * 60):
        now = begin + minute * 60_000
        assert next_midnight(now) == by_database(now)
