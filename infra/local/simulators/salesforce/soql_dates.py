"""Date literals of SOQL, as half-open ranges of days in UTC."""

import re
from datetime import UTC, date, datetime, timedelta

from infra.local.simulators.salesforce.errors import SalesforceError

_COUNTED = re.compile(r"(LAST|NEXT)_N_(DAYS|WEEKS|MONTHS):(\d+)|N_(DAYS)_AGO:(\d+)")


def day_range(word: str, now: datetime) -> tuple[date, date]:
    """First day and the day after the last one of a literal such as TODAY or LAST_N_DAYS:7.

    Raises:
        SalesforceError: it is no date literal.
    """
    today = now.astimezone(UTC).date()
    fixed = {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}
    if word in fixed:
        start = today + timedelta(days=fixed[word])
        return start, start + timedelta(days=1)
    if word in ("THIS_WEEK", "LAST_WEEK", "NEXT_WEEK"):
        sunday = today - timedelta(days=(today.weekday() + 1) % 7)
        start = sunday + timedelta(weeks={"THIS": 0, "LAST": -1, "NEXT": 1}[word[:4]])
        return start, start + timedelta(weeks=1)
    if word in ("THIS_MONTH", "LAST_MONTH", "NEXT_MONTH"):
        start = _month(today, {"THIS": 0, "LAST": -1, "NEXT": 1}[word[:4]])
        return start, _month(start, 1)
    if word in ("THIS_YEAR", "LAST_YEAR", "NEXT_YEAR"):
        year = today.year + {"THIS": 0, "LAST": -1, "NEXT": 1}[word[:4]]
        return date(year, 1, 1), date(year + 1, 1, 1)
    return _counted(word, today)


def _counted(word: str, today: date) -> tuple[date, date]:
    found = _COUNTED.fullmatch(word)
    if found is None:
        raise SalesforceError("MALFORMED_QUERY", f"unexpected token: '{word}'")
    if found[4]:
        day = today - timedelta(days=int(found[5]))
        return day, day + timedelta(days=1)
    count = int(found[3])
    if found[2] == "MONTHS":
        return (
            (_month(today, -count), _month(today, 0))
            if found[1] == "LAST"
            else (_month(today, 1), _month(today, count + 1))
        )
    days = count * (7 if found[2] == "WEEKS" else 1)
    tomorrow = today + timedelta(days=1)
    if found[1] == "LAST":
        return today - timedelta(days=days - 1), tomorrow
    return tomorrow, tomorrow + timedelta(days=days)


def _month(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
