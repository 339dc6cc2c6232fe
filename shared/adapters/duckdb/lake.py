"""The lake: Parquet files of facts, one directory per day of recording. Never rewrites what another batch wrote."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from shared.adapters.duckdb.engine import quoted, session
from shared.domain.insights.model import FactRow

FACTS: Final = "facts/"

_COLUMNS: Final = (
    "{event_id: 'VARCHAR', name: 'VARCHAR', schema_version: 'VARCHAR', occurred_at: 'BIGINT', recorded_at: 'BIGINT', "
    "lead_id: 'VARCHAR', lead_version: 'BIGINT', correlation_id: 'VARCHAR', causation_id: 'VARCHAR', "
    "producer: 'VARCHAR', data: 'VARCHAR'}"
)
_WRITE: Final = """
COPY (
  SELECT event_id, name, schema_version, epoch_ms(occurred_at) AS occurred_at, epoch_ms(recorded_at) AS recorded_at,
         lead_id, lead_version, correlation_id, causation_id, producer, data
  FROM read_json({source}, format = 'newline_delimited', columns = {columns})
  ORDER BY lead_id, lead_version, event_id
) TO {target} (FORMAT parquet, COMPRESSION zstd)
"""


class Objects(Protocol):
    """A bucket, in memory or in S3."""

    def names(self, prefix: str) -> list[str]:
        """Keys below a prefix, in order."""

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Bytes and the tag of this version; None when there is no such object."""

    def put(self, name: str, body: bytes) -> None:
        """Write an object, whatever was there."""

    def put_if(self, name: str, body: bytes, tag: str | None) -> bool:
        """Write an object only if its version is still ``tag`` (None: only if it does not exist)."""

    def remove(self, names: Sequence[str]) -> None:
        """Delete objects."""


class ParquetLake:
    """Appends facts as files whose names derive from the ids inside, so that the same batch again is the same file."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def append(self, facts: Sequence[FactRow]) -> None:
        """Write one file per day. A fact's day is that of its recording, so every copy of it lies in one directory."""
        days: dict[str, dict[str, FactRow]] = {}
        for fact in facts:
            days.setdefault(day_of(fact.recorded_at), {})[fact.event_id] = fact
        for day in sorted(days):
            rows = [days[day][event_id] for event_id in sorted(days[day])]
            self._objects.put(f"{FACTS}dt={day}/{digest(row.event_id for row in rows)}.parquet", to_parquet(rows))


def to_parquet(rows: Sequence[FactRow]) -> bytes:
    """The bytes of a Parquet file with typed envelope columns and ``data`` as JSON text."""
    with tempfile.TemporaryDirectory(prefix="lake-") as folder:
        directory = Path(folder).resolve()
        source, target = directory / "facts.json", directory / "facts.parquet"
        source.write_text("\n".join(_line(row) for row in rows), encoding="utf-8")
        with session(directory) as connection:
            connection.execute(_WRITE.format(source=quoted(str(source)), columns=_COLUMNS, target=quoted(str(target))))
        return target.read_bytes()


def day_of(instant: int) -> str:
    """The UTC date of an instant."""
    return datetime.fromtimestamp(instant // 1000, UTC).strftime("%Y-%m-%d")


def digest(names: Iterable[str]) -> str:
    """A name for a set of names, given in order."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]


def _line(row: FactRow) -> str:
    return json.dumps(
        {
            "event_id": row.event_id,
            "name": row.name,
            "schema_version": row.schema_version,
            "occurred_at": row.occurred_at,
            "recorded_at": row.recorded_at,
            "lead_id": row.lead_id,
            "lead_version": row.lead_version,
            "correlation_id": row.correlation_id,
            "causation_id": row.causation_id,
            "producer": row.producer,
            "data": json.dumps(row.data, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
        }
    )
