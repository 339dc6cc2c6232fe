"""The report of refused rows: a CSV with line, code and reason. Personal data only when the operator asks for it."""

import csv
import json
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from infra.imports.encodings import UnusableFile
from infra.imports.files import Row, Unread

COLUMNS: Final = ("line", "code", "reason")


class Refused(NamedTuple):
    """A row that was not taken, and why."""

    row: Row | Unread
    code: str
    reason: str


class RefusedReport:
    """A file that comes into being with the first refused row. ``size``: bytes that an earlier run had written."""

    def __init__(self, path: Path, *, with_values: bool, size: int = 0) -> None:
        self.path = path
        self.size = size
        self._with_values = with_values
        self._stream: TextIOWrapper | None = None

    def __enter__(self) -> Self:
        """Forget what is behind ``size``: rows that an interrupted run reported and the next one sees again."""
        try:
            if not self.size:
                self.path.unlink(missing_ok=True)
            elif self.path.exists() and self.path.stat().st_size > self.size:
                with self.path.open("r+b") as file:
                    file.truncate(self.size)
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """Close."""
        if self._stream is not None:
            self._stream.close()

    def add(self, refused: list[Refused]) -> None:
        """Append rows; they are in the file when this returns.

        Raises:
            UnusableFile: the file cannot be written.
        """
        if not refused:
            return
        try:
            stream = self._open()
            # Values stand as JSON, which no spreadsheet takes for a formula.
            csv.writer(stream).writerows(
                (one.row.line, one.code, one.reason, *([_values(one.row)] if self._with_values else []))
                for one in refused
            )
            stream.flush()
        except OSError as error:
            raise self._unwritable(error) from error
        self.size = self.path.stat().st_size

    def _open(self) -> TextIOWrapper:
        if self._stream is None:
            # Owners only: with values it holds personal data.
            self.path.touch(mode=0o600)
            stream = self.path.open("a", encoding="utf-8", newline="")
            self._stream = stream
            if not self.path.stat().st_size:
                csv.writer(stream).writerow((*COLUMNS, *(["values"] if self._with_values else [])))
        return self._stream

    def _unwritable(self, error: OSError) -> UnusableFile:
        return UnusableFile(f"{self.path} cannot be written ({error.strerror}); name another file with --report")


def _values(row: Row | Unread) -> str:
    return json.dumps(row.values if isinstance(row, Row) else row.text, ensure_ascii=False)
