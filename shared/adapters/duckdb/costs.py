"""Costs as Parquet beside the facts: one file for each import, named by its content, never rewritten."""

import json
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from shared.adapters.duckdb.engine import file_list, quoted, session
from shared.adapters.duckdb.lake import Objects
from shared.domain.instant import Instant
from shared.domain.money.costs import Cost, digest_of, plain_amount

COSTS: Final = "costs/"
_COLUMNS: Final = (
    "{key: 'VARCHAR', day: 'VARCHAR', kind: 'VARCHAR', channel: 'VARCHAR', campaign: 'VARCHAR', "
    "amount: 'VARCHAR', currency: 'VARCHAR', imported_at: 'BIGINT', batch: 'VARCHAR'}"
)
_WRITE: Final = """
COPY (
  SELECT * REPLACE (amount::DECIMAL(18, 4) AS amount)
  FROM read_json({source}, format = 'newline_delimited', columns = {columns}) ORDER BY day, key
) TO {target} (FORMAT parquet, COMPRESSION zstd)
"""
_READ: Final = """
SELECT key, day, kind, channel, campaign, amount, currency FROM (
  SELECT DISTINCT ON (key) * FROM read_parquet({files}) ORDER BY key, imported_at DESC, batch DESC
) ORDER BY day, key
"""


class ParquetCosts:
    """CostStore in a bucket. Keeps downloaded files, which never change, for the next call."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._folder = tempfile.TemporaryDirectory(prefix="costs-")
        self._directory = Path(self._folder.name).resolve()

    def add(self, costs: Sequence[Cost], at: Instant) -> bool:
        """Write one file, unless it is already there."""
        digest = digest_of(costs)
        source, target = self._directory / "rows.json", self._directory / "rows.parquet"
        source.write_text("\n".join(_line(cost, at, digest) for cost in costs), encoding="utf-8")
        with session(self._directory) as connection:
            connection.execute(_WRITE.format(source=quoted(str(source)), columns=_COLUMNS, target=quoted(str(target))))
        return self._objects.put_if(f"{COSTS}{digest}.parquet", target.read_bytes(), None)

    def costs(self) -> tuple[Cost, ...]:
        """What holds for every key, by day and key."""
        files = [path for name in self._objects.names(COSTS) if (path := self._fetch(name))]
        if not files:
            return ()
        with session(self._directory) as connection:
            rows = connection.execute(_READ.format(files=file_list(files))).fetchall()
        return tuple(Cost._make((*row[:5], _exact(row[5]), row[6])) for row in rows)

    def _fetch(self, name: str) -> Path | None:
        path = self._directory / name.replace("/", "_")
        if not path.exists():
            found = self._objects.get(name)
            if found is None:
                return None
            path.write_bytes(found[0])
        return path


def _exact(amount: Decimal) -> Decimal:
    """Without the zeros of the column's type, so that an amount reads as it was written."""
    return Decimal(plain_amount(amount))


def _line(cost: Cost, at: Instant, batch: str) -> str:
    return json.dumps({**cost._asdict(), "amount": plain_amount(cost.amount), "imported_at": at, "batch": batch})
