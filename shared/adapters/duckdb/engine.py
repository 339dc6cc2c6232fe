"""An in-process engine that can touch one directory and nothing else: no network, no extensions, no other file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection


def connect(directory: Path) -> DuckDBPyConnection:
    """A connection in memory whose file access ends at ``directory``. Its configuration cannot be changed any more."""
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    connection.execute(f"SET temp_directory = {quoted(str(directory / 'spill'))}")
    connection.execute(f"SET allowed_directories = [{quoted(str(directory))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute("SET lock_configuration = true")
    return connection


@contextmanager
def session(directory: Path) -> Iterator[DuckDBPyConnection]:
    """A connection for one use."""
    connection = connect(directory)
    try:
        yield connection
    finally:
        connection.close()


def rows(connection: DuckDBPyConnection, query: str, **given: Any) -> list[Any]:
    """All rows a query answers. Parameters are given by name; those that the query does not name are left out."""
    named = {name: value for name, value in given.items() if f"${name}" in query}
    return connection.execute(query, named or None).fetchall()


def scalar(connection: DuckDBPyConnection, query: str) -> int:
    """The only number a query answers."""
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def quoted(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


def file_list(paths: list[Path]) -> str:
    """A list literal of paths for ``read_parquet``."""
    return "[" + ", ".join(quoted(str(path)) for path in paths) + "]"
