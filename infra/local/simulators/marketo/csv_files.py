"""CSV as the vendor writes it."""

import csv
import io
from collections.abc import Iterable
from typing import Any


def csv_text(rows: Iterable[list[Any]]) -> str:
    """LF only, and the word null where there is nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(["null" if cell is None else _cell(cell) for cell in row])
    return text.getvalue()


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
