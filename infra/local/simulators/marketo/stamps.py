"""Marketo's ways of writing time: seconds with Z in the lead database, both suffixes in assets, in Central time."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from infra.local.simulators.marketo.failures import CallRefused

CENTRAL = ZoneInfo("America/Chicago")
"""Quotas start anew at midnight here, summer time included."""
DAY_MS = 86_400_000
_OFFSET = re.compile(r"([+-]\d{2}):?(\d{2})$")


def stamp(ms: int) -> str:
    """`2015-08-24T20:17:23Z`."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def asset_stamp(ms: int) -> str:
    """`2015-11-18T15:25:35Z+0000`: assets really carry both suffixes."""
    return f"{stamp(ms)}+0000"


def quota_day(ms: int) -> str:
    """The day that a call counts for."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(CENTRAL).date().isoformat()


def days_before(day: str, count: int) -> list[str]:
    """The day and those before it, newest first."""
    last = date.fromisoformat(day)
    return [(last - timedelta(days=n)).isoformat() for n in range(count)]


def parse_stamp(text: str) -> int | None:
    """Milliseconds of an ISO 8601 time or day; None when it is neither. Without a zone it is UTC."""
    cleaned = text.strip().removesuffix("+0000") if text.strip().endswith("Z+0000") else text.strip()
    cleaned = _OFFSET.sub(r"\1:\2", cleaned) if "T" in cleaned else cleaned
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def require_stamp(text: str) -> int:
    """Milliseconds of a parameter.

    Raises:
        CallRefused: 704, the text is no time.
    """
    ms = parse_stamp(text)
    if ms is None:
        raise CallRefused("704", text)
    return ms
