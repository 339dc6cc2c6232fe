"""Now, and randomness. On the laptop an offset file moves the whole cloud's time (`leadspine clock advance`)."""

import os
import secrets
import time
from pathlib import Path

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


class RandomIds:
    """Random seeds from the operating system."""

    def seed(self) -> str:
        """128 random bits in hexadecimal."""
        return secrets.token_hex(16)
