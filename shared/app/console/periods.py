"""The time that a page of figures is about: days of the calendar, UTC, both ends included."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from shared.domain.insights.metrics import Grain, label_of_day
from shared.domain.instant import Instant
from shared.domain.intake.problem import Problem

PERIODS: Final = {"30": "30 days", "90": "90 days", "365": "12 months", "all": "All time"}
"""What pages offer; the key is a number of days until today."""

USUAL: Final = "all"


class Period(NamedTuple):
    """``name`` is a key of PERIODS; empty when two dates were given. An end that is None is open."""

    name: str
    start: str | None
    end: str | None


ALL_TIME: Final = Period("all", None, None)


def period_of(name: str, start: str, end: str, now: Instant) -> Period:
    """The period that was asked for: dates before a name, and without both the usual one.

    Raises:
        Problem: API.BAD_REQUEST, a date does not exist, or the period ends before it begins.
    """
    if start or end:
        first, last = _day(start), _day(end)
        if first and last and last < first:
            raise Problem("API.BAD_REQUEST", status=400, detail="The period ends before it begins.")
        named = (_days(name, now) for name in PERIODS if name != "all")
        return next((period for period in named if period[1:] == (first, last)), Period("", first, last))
    return _days(name, now) if name in PERIODS and name != "all" else ALL_TIME


def between(labels: Collection[str], grain: Grain) -> list[str]:
    """All periods from the first of these labels to the last, those without anything too, in order."""
    if not labels:
        return []
    day, last = _first_day(min(labels), grain), _first_day(max(labels), grain)
    found: dict[str, None] = {}
    while day <= last:
        found[label_of_day(day.isoformat(), grain)] = None
        day += timedelta(days=1)
    return list(found)


def _first_day(label: str, grain: Grain) -> date:
    return date.fromisoformat({"day": label, "week": f"{label}-1", "month": f"{label}-01"}[grain])


def _days(name: str, now: Instant) -> Period:
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    return Period(name, (today - timedelta(days=int(name) - 1)).isoformat(), today.isoformat())


def _day(text: str) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Problem("API.BAD_REQUEST", status=400, detail="A date is written YYYY-MM-DD.") from None
