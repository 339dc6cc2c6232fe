"""The simulators' state: rows in memory, written through to SQLite before an answer leaves, so kill -9 loses none."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_Key = tuple[str, str]


class Attempt:
    """An open transaction; `roll_back` undoes it when its block ends."""

    def __init__(self) -> None:
        self.undone = False

    def roll_back(self) -> None:
        """Undo what the block wrote, without an exception."""
        self.undone = True


class Store:
    """Tables of JSON rows with nested transactions. A row is replaced by `put`, never changed in place."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open the state of a folder, or a state that lives only in memory."""
        self._tables: dict[str, dict[str, Row]] = {}
        self._undo: list[list[tuple[_Key, Row | None]]] = []
        self._dirty: set[_Key] = set()
        self._kept: set[_Key] = set()
        self._database = self._open(folder) if folder else None

    def _open(self, folder: Path) -> sqlite3.Connection:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = sqlite3.connect(folder / "state.sqlite", isolation_level=None, check_same_thread=False)
        # The kernel keeps what a killed process wrote; only a power cut would need a sync at every commit.
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("CREATE TABLE IF NOT EXISTS rows (tab TEXT, key TEXT, body TEXT, PRIMARY KEY (tab, key))")
        for table, key, body in database.execute("SELECT tab, key, body FROM rows ORDER BY rowid"):
            self._tables.setdefault(table, {})[key] = json.loads(body)
        return database

    def get(self, table: str, key: str) -> Row | None:
        """One row, or None. It belongs to the store: copy before changing."""
        return self._tables.get(table, {}).get(key)

    def rows(self, table: str) -> dict[str, Row]:
        """All rows of a table by key, in the order of their first writing."""
        return self._tables.get(table, {})

    def put(self, table: str, key: str, row: Row, *, always: bool = False) -> None:
        """Write one row; `always`: even if the transaction around it is rolled back."""
        self._change(table, key, row, always=always)

    def remove(self, table: str, key: str, *, always: bool = False) -> None:
        """Remove one row, if it is there."""
        self._change(table, key, None, always=always)

    def next_number(self, name: str) -> int:
        """1, 2, 3 … per name; a rolled-back number may be given again."""
        row = self.get("_numbers", name) or {"value": 0}
        self.put("_numbers", name, {"value": row["value"] + 1})
        return int(row["value"]) + 1

    def _change(self, table: str, key: str, row: Row | None, *, always: bool = False) -> None:
        if not self._undo:
            with self.transaction():
                self._change(table, key, row, always=always)
            return
        rows = self._tables.setdefault(table, {})
        if always:
            self._kept.add((table, key))
        else:
            self._undo[-1].append(((table, key), rows.get(key)))
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row
        self._dirty.add((table, key))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Attempt]:
        """All or nothing. Inside another one it is a savepoint; the outermost one writes to disk when it ends."""
        self._undo.append([])
        attempt = Attempt()
        try:
            yield attempt
        except BaseException:
            self._end(undone=True)
            raise
        self._end(undone=attempt.undone)

    def _end(self, *, undone: bool) -> None:
        changes = self._undo.pop()
        if undone:
            self._roll_back(changes)
        if self._undo:
            self._undo[-1].extend(() if undone else changes)
            return
        dirty, kept = self._dirty, self._kept
        self._dirty, self._kept = set(), set()
        self._flush(kept if undone else dirty)

    def _roll_back(self, changes: list[tuple[_Key, Row | None]]) -> None:
        for (table, key), before in reversed(changes):
            if before is None:
                self._tables[table].pop(key, None)
            else:
                self._tables[table][key] = before

    def _flush(self, dirty: set[_Key]) -> None:
        if self._database is None or not dirty:
            return
        rows = [(table, key, self.get(table, key)) for table, key in dirty]
        kept = [(table, key, json.dumps(row, separators=(",", ":"))) for table, key, row in rows if row is not None]
        gone = [(table, key) for table, key, row in rows if row is None]
        with _committed(self._database):
            self._database.executemany(
                "INSERT INTO rows VALUES (?, ?, ?) ON CONFLICT (tab, key) DO UPDATE SET body = excluded.body", kept
            )
            self._database.executemany("DELETE FROM rows WHERE tab = ? AND key = ?", gone)

    def reset(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table, rows in self._tables.items():
                for key in list(rows):
                    self.remove(table, key)

    def close(self) -> None:
        """Close the database; what was committed stays."""
        if self._database is not None:
            self._database.close()


@contextlib.contextmanager
def _committed(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
