"""The laptop cloud's own time: real time plus an offset that `leadspine clock advance` moves.

The offset lives in one file. Functions read it through `shared.runtime.clock`; inside the engine `install` puts it into
`time.time`, so that schedules, TTL, delays, visibility and retention move too. Signatures and HTTP dates keep real
time, because the clients' clocks are real.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

from infra.local.home import write_atomically

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_PART = re.compile(r"(\d+)([smhdw])")


class BadDuration(ValueError):
    """Not a duration; the message says how one looks."""


def parse_duration(text: str) -> int:
    """Milliseconds in `90s`, `15m`, `36h`, `3d`, `2w` or a sequence such as `1d12h`.

    Raises:
        BadDuration: anything else, zero, or a negative duration: the laptop's time never goes back.
    """
    compact = text.strip().lower()
    if not re.fullmatch(rf"(?:{_PART.pattern})+", compact):
        raise BadDuration(f"{text!r} is not a duration; write for example 90s, 15m, 36h, 3d, 2w or 1d12h")
    seconds = sum(int(count) * _UNITS_S[unit] for count, unit in _PART.findall(compact))
    if seconds == 0:
        raise BadDuration("the clock moves forward only; zero does not move it")
    return seconds * 1000


def read_offset(path: Path) -> int:
    """The offset in milliseconds; 0 where nobody has moved the clock."""
    try:
        return int(path.read_text() or 0)
    except FileNotFoundError:
        return 0


def write_offset(path: Path, offset_ms: int) -> None:
    """Move the clock of every process that reads this file."""
    write_atomically(path, str(offset_ms))


class EngineTime:
    """`time.time` of the engine process. Reads the file only when told to, because it is asked thousands of times."""

    def __init__(self, path: Path, real: Callable[[], float] = time.time) -> None:
        self._path = path
        self._real = real
        self._offset_s = read_offset(path) / 1000

    def time(self) -> float:
        """Seconds since the epoch, moved."""
        return self._real() + self._offset_s

    def reload(self) -> float:
        """Read the offset again; returns by how many seconds it moved."""
        before, self._offset_s = self._offset_s, read_offset(self._path) / 1000
        return self._offset_s - before

    def install(self) -> None:
        """Become the time of every module of this process that asks `time.time()`."""
        time.time = self.time
