"""What somebody would write by hand against the same files in the two fastest engines: what ours are held to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl

TOUCHES: Final = "touches/**/*.parquet"
FACTS: Final = "facts/**/*.parquet"
_LABELS: Final[Mapping[str, str]] = {"channel": "channel", "day": "epoch_ms(occurred_at) // 86400000"}


def touches_in_duckdb(root: Path, persons: Path, by: str, start: int | None) -> Callable[[], list[Any]]:
    """Touches and people by channel or day, and of all together (the label None)."""
    since = "" if start is None else f"WHERE occurred_at >= epoch_ms({start})"
    query = f"""
    SELECT {_LABELS[by]} AS label, count(*), count(DISTINCT coalesce(part.root, touch.lead_id))
    FROM read_parquet('{root / TOUCHES}') touch
    LEFT JOIN (SELECT unnest(parts) AS lead_id, lead_id AS root FROM read_parquet('{persons}')) part USING (lead_id)
    {since} GROUP BY GROUPING SETS ((label), ())
    """  # noqa: S608 (paths of our own)
    return lambda: duckdb.connect().execute(query).fetchall()


def touches_in_polars(root: Path, persons: Path, by: str, start: int | None) -> Callable[[], list[Any]]:
    """The same, streamed."""

    def asked() -> list[Any]:
        part = (
            pl.scan_parquet(persons)
            .select("lead_id", "parts")
            .filter(pl.col("parts").list.len() > 0)
            .explode("parts")
            .select(pl.col("parts").alias("member"), pl.col("lead_id").alias("root"))
        )
        touch = pl.scan_parquet(root / TOUCHES, hive_partitioning=False)
        if start is not None:
            touch = touch.filter(pl.col("occurred_at") >= pl.lit(start).cast(pl.Datetime("ms")))
        label = pl.col("channel") if by == "channel" else pl.col("occurred_at").dt.epoch("d")
        counted = (pl.len(), pl.coalesce("root", "lead_id").n_unique().alias("people"))
        joined = touch.join(part, left_on="lead_id", right_on="member", how="left")
        lines, whole = pl.collect_all(
            [joined.group_by(label.alias("label")).agg(*counted), joined.select(*counted)], engine="streaming"
        )
        return [*lines.rows(), *((None, *row) for row in whole.rows())]

    return asked


def funnel_in_duckdb(root: Path) -> Callable[[], list[Any]]:
    """Leads by stage they entered, from the facts themselves."""
    query = f"""
    SELECT data->>'$.to_stage' AS stage, count(DISTINCT lead_id) FROM read_parquet('{root / FACTS}')
    WHERE name = 'StageChanged' GROUP BY stage ORDER BY stage
    """  # noqa: S608 (paths of our own)
    return lambda: duckdb.connect().execute(query).fetchall()


def funnel_in_polars(root: Path) -> Callable[[], list[Any]]:
    """The same, streamed."""

    def asked() -> list[Any]:
        return (
            pl.scan_parquet(root / FACTS, hive_partitioning=False)
            .filter(pl.col("name") == "StageChanged")
            .select(pl.col("data").str.json_path_match("$.to_stage").alias("stage"), "lead_id")
            .group_by("stage")
            .agg(pl.col("lead_id").n_unique())
            .sort("stage")
            .collect(engine="streaming")
            .rows()
        )

    return asked
