"""An in-process engine that can touch one directory and nothing else: no network, no extensions, no other file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


@contextmanager
def session(directory: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory whose file access ends at ``directory``. Its configuration cannot be changed any more."""
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    try:
        connection.execute(f"SET temp_directory = {quoted(str(directory / 'spill'))}")
        connection.execute(f"SET allowed_directories = [{quoted(str(directory))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def quoted(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


def file_list(paths: list[Path]) -> str:
    """A list literal of paths for ``read_parquet``."""
    return "[" + ", ".join(quoted(str(path)) for path in paths) + "]"
