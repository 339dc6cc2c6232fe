"""Now, and randomness. On the laptop an offset file moves the whole cloud's time (`leadspine clock advance`)."""

import os
import secrets
import time
from pathlib import Path

from shared.ports.operations import CloudClock

OFFSET_FILE_VARIABLE = "LEADSPINE_CLOCK_FILE"
"""Set on the laptop only: a file that holds the offset in milliseconds."""


class SystemClock:
    """Wall-clock time, plus the laptop's offset where there is one."""

    def __init__(self) -> None:
        path = os.environ.get(OFFSET_FILE_VARIABLE)
        self._offset_file = Path(path) if path else None

    def now(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000 + self._offset()

    def _offset(self) -> int:
        if self._offset_file is None:
            return 0
        try:
            return int(self._offset_file.read_text() or 0)
        except FileNotFoundError:
            return 0


def cloud_clock() -> CloudClock | None:
    """What moves the laptop cloud's time; None anywhere else."""
    path, engine = os.environ.get(OFFSET_FILE_VARIABLE), os.environ.get("AWS_ENDPOINT_URL")
    if not path or not engine:
        return None
    from shared.adapters.laptop.clock import LaptopClock

    return LaptopClock(Path(path), engine)


class RandomIds:
    """Random seeds from the operating system."""

    def seed(self) -> str:
        """128 random bits in hexadecimal."""
        return secrets.token_hex(16)
