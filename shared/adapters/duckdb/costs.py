"""Costs as Parquet beside the facts: one file for each import, named by its content; many are packed into one."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from shared.adapters.duckdb.engine import file_list, quoted, session
from shared.adapters.duckdb.lake import Objects
from shared.adapters.duckdb.lake import digest as digest_of_names
from shared.adapters.duckdb.state import LocalFiles, Stale
from shared.domain.instant import Instant
from shared.domain.money.costs import Cost, digest_of, plain_amount
from shared.ports.failures import StoreUnavailable

COSTS: Final = "costs/"
PACKED: Final = "packed-"
PACK_FROM: Final = 32
"""Files from which they are packed into one, so that a cold start does not fetch hundreds."""
_TRIES: Final = 4
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
_PACK: Final = """
COPY (SELECT DISTINCT * FROM read_parquet({files}) ORDER BY day, key) TO {target} (FORMAT parquet, COMPRESSION zstd)
"""
READ: Final = """
SELECT key, day, kind, channel, campaign, amount, currency FROM (
  SELECT DISTINCT ON (key) * FROM read_parquet({files}) ORDER BY key, imported_at DESC, batch DESC
) ORDER BY day, key
"""


class ParquetCosts:
    """CostStore in a bucket. Keeps what it has read, which never changes, for the next call."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._files = LocalFiles(objects, "costs-")
        self._known: tuple[list[str], tuple[Cost, ...]] | None = None

    def add(self, costs: Sequence[Cost], at: Instant) -> bool:
        """Write one file, unless it is already there, by itself or packed with others."""
        digest = digest_of(costs)
        if digest in self._batches():
            return False
        source, target = self._files.directory / "rows.json", self._files.directory / "rows.parquet"
        source.write_text("\n".join(_line(cost, at, digest) for cost in costs), encoding="utf-8")
        with session(self._files.directory) as connection:
            connection.execute(_WRITE.format(source=quoted(str(source)), columns=_COLUMNS, target=quoted(str(target))))
        return self._objects.put_if(f"{COSTS}{digest}.parquet", target.read_bytes(), None)

    def costs(self) -> tuple[Cost, ...]:
        """What holds for every key, by day and key. The same tuple as before while nothing is added."""
        names, files = self._listed()
        if self._known is None or self._known[0] != names:
            self._known = (names, self._read(files))
        return self._known[1]

    def pack(self) -> int:
        """Write many small files into one; returns how many. A reader in between sees copies, and keys count once."""
        names, files = self._listed()
        if len(names) < PACK_FROM:
            return 0
        target = self._files.directory / "packed.parquet"
        with session(self._files.directory) as connection:
            connection.execute(_PACK.format(files=file_list(files), target=quoted(str(target))))
        self._objects.put(f"{COSTS}{PACKED}{digest_of_names(names)}.parquet", target.read_bytes())
        self._objects.remove(names)
        return len(names)

    def _read(self, files: list[Path]) -> tuple[Cost, ...]:
        if not files:
            return ()
        with session(self._files.directory) as connection:
            found = connection.execute(READ.format(files=file_list(files))).fetchall()
        return tuple(Cost._make((*row[:5], _exact(row[5]), row[6])) for row in found)

    def _batches(self) -> set[str]:
        """Imports that are packed; all others are known by the names of their files."""
        packed = [path for path in self._listed()[1] if PACKED in path.name]
        if not packed:
            return set()
        with session(self._files.directory) as connection:
            query = f"SELECT DISTINCT batch FROM read_parquet({file_list(packed)})"  # noqa: S608 (our own file names)
            return {batch for (batch,) in connection.execute(query).fetchall()}

    def _listed(self) -> tuple[list[str], list[Path]]:
        """Names and copies of all files there are at one moment.

        Raises:
            StoreUnavailable: files were packed again and again while they were read.
        """
        for _ in range(_TRIES):
            names = self._objects.names(COSTS)
            try:
                return names, self._files.fetch(names)
            except Stale:
                continue
        raise StoreUnavailable("costs are being packed")


def _exact(amount: Decimal) -> Decimal:
    """Without the zeros of the column's type, so that an amount reads as it was written."""
    return Decimal(plain_amount(amount))


def _line(cost: Cost, at: Instant, batch: str) -> str:
    return json.dumps({**cost._asdict(), "amount": plain_amount(cost.amount), "imported_at": at, "batch": batch})
