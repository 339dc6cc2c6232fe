"""Times and numbers as people read them. Everything is UTC; a page says so once."""

from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.instant import DAY, HOUR, MINUTE, Instant

MONTHS_FROM: Final = 60
YEARS_FROM: Final = 730
"""Days from which on a distance is told in months, and in years."""

NONE: Final = "–"
THIN: Final = "\N{NARROW NO-BREAK SPACE}"


class When(NamedTuple):
    """A time: for machines, in full, and how far away it is."""

    iso: str
    full: str
    near: str


def when(iso: str | None, now: Instant) -> When | None:
    """A time of the API, seen from now."""
    if iso is None:
        return None
    moment = datetime.fromisoformat(iso)
    distance = now - int(moment.timestamp() * 1000)
    near = f"{span(distance)} ago" if distance >= 0 else f"in {span(-distance)}"
    return When(iso, f"{moment:%-d %b %Y, %H:%M} UTC", "just now" if abs(distance) < MINUTE else near)


def day_of(iso: str) -> str:
    """The day of a time, in full."""
    return f"{datetime.fromisoformat(iso):%A, %-d %B %Y}"


def clock_of(iso: str) -> str:
    """Hours and minutes."""
    return f"{datetime.fromisoformat(iso):%H:%M}"


def date_of(iso: str) -> str:
    """The day of a time, shortly."""
    return f"{datetime.fromisoformat(iso):%-d %b %Y}"


def span(ms: int) -> str:
    """A length of time in its largest sensible unit."""
    if ms < MINUTE:
        return f"{ms // 1000} s"
    if ms < 2 * HOUR:
        return f"{ms // MINUTE} min"
    if ms < 2 * DAY:
        return f"{ms // HOUR} h"
    days = ms // DAY
    if days < MONTHS_FROM:
        return f"{days} days"
    return f"{days // 30} months" if days < YEARS_FROM else f"{days / 365.25:.1f} years"


def number(value: float | None) -> str:
    """A count or a ratio with thousands set apart."""
    if value is None:
        return NONE
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return text.replace(",", THIN).replace("-", "\N{MINUS SIGN}")


def days(value: float | None) -> str:
    """A number of days, to a tenth."""
    return NONE if value is None else f"{value:,.1f}".replace(",", THIN)


def percent(share: float | None) -> str:
    """A share of one."""
    return NONE if share is None else f"{share * 100:.1f}{THIN}%"


def points(value: float) -> str:
    """Points of a score line, with their sign."""
    return f"{'+' if value > 0 else ''}{number(float(value))}"
