"""When something happened, from whatever vendors call a time. Owns no clock: the time of receipt is an argument.

What cannot be trusted is flagged, never guessed silently: a time without a zone is read as UTC (``time:naive``, with
``_dmy`` or ``_mdy`` where the order of day and month had to be chosen: dots mean day first, slashes month first unless
that is impossible); nothing, zero, nonsense and the future fall back to the time of receipt.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from shared.domain.instant import MINUTE, Instant

AHEAD: Final = 10 * MINUTE
"""How far a sender's clock may run ahead before its time is refused."""

EARLIEST: Final = 946_684_800_000
"""2000-01-01: before that it is a default value of somebody's software, not a date."""

_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d\d:?(?:\d\d)?)?",
    re.IGNORECASE,
)
_RFC_2822: Final = re.compile(
    r"(?:[A-Za-z]{3},\s*)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))?\s*(GMT|UTC|Z|[+-]\d{4})?",
    re.IGNORECASE,
)
_LOCAL: Final = re.compile(
    r"(\d{1,2})([./])(\d{1,2})\2(\d{4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s*(am|pm)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d{1,19}(?:\.\d{1,9})?")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

Found = tuple[Instant | None, tuple[str, ...]]


def read_time(value: object, received_at: Instant) -> tuple[Instant, tuple[str, ...]]:
    """The instant a vendor's value names, with flags about it; the time of receipt where it names none."""
    if value is None or isinstance(value, bool) or (isinstance(value, str) and not value.strip()):
        return received_at, ()
    instant, flags = _number(float(value)) if isinstance(value, (int, float)) else _text(str(value).strip())
    if instant is None:
        return received_at, flags
    if instant > received_at + AHEAD:
        return received_at, ("time:future",)
    if instant < EARLIEST:
        return received_at, ("time:implausible",)
    return instant, flags


def _text(text: str) -> Found:
    if _NUMBER.fullmatch(text):
        whole, _, fraction = text.partition(".")
        milliseconds = int((fraction + "000")[:3]) if len(whole) <= 11 else 0
        instant, flags = _number(float(whole))
        return (None if instant is None else instant + milliseconds), flags
    for pattern, read in ((_ISO, _iso), (_RFC_2822, _rfc_2822), (_LOCAL, _local)):
        match = pattern.fullmatch(text)
        if match:
            try:
                return read(match)
            except (ValueError, OverflowError):
                break
    return None, ("time:unreadable",)


def _number(value: float) -> Found:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970: told apart by their size."""
    if value == 0:
        return None, ("time:epoch0",)
    if value < 0:
        return None, ("time:unreadable",)
    for limit, factor in ((1e11, 1_000.0), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6)):
        if value < limit:
            return round(value * factor), ()
    return None, ("time:unreadable",)


def _iso(match: re.Match[str]) -> Found:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    return _instant((year, month, day, hour, minute, second), fraction, zone, "time:naive")


def _rfc_2822(match: re.Match[str]) -> Found:
    day, name, year, hour, minute, second, zone = match.groups()
    month = str(_MONTHS.index(name.lower()) + 1)
    return _instant((year, month, day, hour, minute, second), None, zone, "time:naive")


def _local(match: re.Match[str]) -> Found:
    first, separator, second_part, year, hour, minute, second, half, zone = match.groups()
    day_first = separator == "." or int(first) > 12
    day, month = (first, second_part) if day_first else (second_part, first)
    if half:
        hour = str(int(hour) % 12 + (12 if half.lower() == "pm" else 0))
    flag = "time:naive_dmy" if day_first else "time:naive_mdy"
    return _instant((year, month, day, hour, minute, second), None, zone, flag)


def _instant(parts: tuple[str | None, ...], fraction: str | None, zone: str | None, naive: str) -> Found:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_zone(zone))
    milliseconds = int(((fraction or "") + "000")[:3])
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000 + milliseconds, () if zone else (naive,)


def _zone(text: str | None) -> timezone:
    if not text or text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text.startswith("-") else offset)
