"""The engine's write-ahead journal: one JSON line per change, on disk before anybody is told that it happened.

A written line survives `kill -9` because it is in the kernel's hands; it is not synced to the platter, so a power cut
may cost the last moments of a laptop. It knows nothing of what its records mean.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class JournalFull(OSError):
    """The change could not be written down, so it must not happen: the disk is full or the file cannot be written."""


class Journal:
    """An append-only file. Hold ``lock`` to change state and write it down as one step."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self._open(path)

    def _open(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.size = self._whole_lines(os.fstat(self._file).st_size)
        os.ftruncate(self._file, self.size)

    def _whole_lines(self, size: int) -> int:
        """How long the file is without a line that a killed process left unfinished."""
        end = size
        while end and os.pread(self._file, 1, end - 1) != b"\n":
            end -= 1
        return end

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record.

        Raises:
            JournalFull: nothing was written; a half-written line is cut off again.
        """
        line = _encode(record).encode() + b"\n"
        with self.lock:
            try:
                written = os.write(self._file, line)
            except OSError as error:
                raise JournalFull(error.errno, f"cannot write {self.path}: {error.strerror}") from error
            if written != len(line):
                os.ftruncate(self._file, self.size)
                raise JournalFull(f"cannot write {self.path}: the disk is full")
            self.size += written

    def rotate(self, path: Path) -> None:
        """Go on in another file; what came before belongs to the checkpoint that is being taken."""
        with self.lock:
            os.close(self._file)
            self._open(path)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Records of a file, oldest first. A torn last line was never acknowledged and is left out."""
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield json.loads(line)
