"""The simulators' time: the laptop cloud's, which `leadspine clock advance` moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local.clock import read_offset

Clock = Callable[[], datetime]


def laptop_clock(offset_file: Path | None) -> Clock:
    """Real time plus the offset in a file, read at every look; without a file real time."""

    def now() -> datetime:
        offset_ms = read_offset(offset_file) if offset_file else 0
        return datetime.now(UTC) + timedelta(milliseconds=offset_ms)

    return now
