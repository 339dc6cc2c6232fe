"""shared/domain/insights/touches.py as SQL over files of touches, each touch once. Tests hold both equal."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.engine import file_list, rows
from shared.domain.insights.groups import GRAINS, NONE
from shared.domain.insights.metrics import Cohort, label_of
from shared.domain.insights.model import LeadId
from shared.domain.insights.touches import TouchBy, TouchCount
from shared.domain.instant import DAY

_LABELS: Final = {
    "day": f"occurred_at // {DAY}",
    "week": f"(occurred_at // {DAY} + 3) // 7",
    "month": "year(epoch_ms(occurred_at)) * 12 + month(epoch_ms(occurred_at))",
    "channel": "channel",
    "campaign": "campaign",
    "content": "content",
    "kind": "kind",
}
_COLUMNS: Final = "lead_id, epoch_ms(occurred_at) AS occurred_at, kind, channel, campaign, content"
_ARRIVED: Final = "SELECT lead_id, occurred_at, kind, channel, campaign, content FROM heard_touch"
COUNT: Final = """
WITH member AS (
  SELECT unnest(parts) AS part, lead_id AS root FROM person WHERE len(parts) > 0
), part AS (
  SELECT {part} AS who, {root} AS root FROM member
), touch AS (
  SELECT {label} AS label, {lead_id} AS who FROM ({source}) touched
  WHERE occurred_at >= coalesce($start, occurred_at) AND occurred_at < coalesce($stop, occurred_at + 1)
), left_by AS (
  SELECT label, coalesce(part.root, touch.who) AS who, count(*) AS touches
  FROM touch LEFT JOIN part ON part.who = touch.who
  GROUP BY 1, 2
)
SELECT 0 AS whole, label, sum(touches)::BIGINT AS touches, count(*) AS people FROM left_by GROUP BY 2
UNION ALL
SELECT 1, NULL, coalesce(sum(touches), 0)::BIGINT, count(DISTINCT who) FROM left_by
"""
"""Every group and the whole. ``part``, ``root`` and ``lead_id`` say how a person is told apart."""
BY_ID: Final = {name: name for name in ("part", "root", "lead_id")}
_BY_DIGEST: Final = {name: f"hash({name})" for name in BY_ID}
"""Digests of 64 bits are grouped twice as fast as ids; one report in some tens of millions about a million people would
count one of them too few."""
_TOUCHED_BY: Final = """
WITH part AS (
  SELECT unnest(parts) AS lead_id, lead_id AS root FROM person WHERE len(parts) > 0
)
SELECT DISTINCT coalesce(root, lead_id) AS person_id FROM ({source}) LEFT JOIN part USING (lead_id)
WHERE occurred_at >= coalesce($start, occurred_at) AND occurred_at < coalesce($stop, occurred_at + 1) {labelled}
  AND person_id > $after
ORDER BY person_id LIMIT $limit
"""
_FORMS: Final = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def relevant(files: Iterable[str], period: Cohort) -> list[str]:
    """Files that can hold touches of a period: what happened on a day was recorded on that day or later.

    A day of grace, because the clocks of senders are not ours.
    """
    if period.start is None:
        return sorted(files)
    first = datetime.fromtimestamp((period.start - DAY) / 1000, UTC).strftime("dt=%Y-%m-%d")
    return sorted(name for name in files if name.split("/")[1] >= first)


def count_touches(
    connection: DuckDBPyConnection, files: list[Path], period: Cohort, by: TouchBy, *, more: bool
) -> tuple[TouchCount, ...]:
    """Touches of files, and with ``more`` of the facts that are not folded yet (the view ``heard_touch``)."""
    source = _source(files, more=more)
    if not source:
        return (TouchCount("", 0, 0),)
    query = COUNT.format(label=_LABELS[by], source=source, **_BY_DIGEST)
    lines = [
        TouchCount("" if whole else _named(label, by), number, people)
        for whole, label, number, people in rows(connection, query, start=period.start, stop=period.end)
    ]
    return tuple(sorted(lines, key=lambda line: (line.label == "", line.label))) or (TouchCount("", 0, 0),)


def touched_by(
    connection: DuckDBPyConnection,
    files: list[Path],
    period: Cohort,
    by: TouchBy,
    label: str | None,
    *,
    after: LeadId,
    limit: int,
    more: bool,
) -> tuple[LeadId, ...]:
    """The people who left the touches of a group, in order of id."""
    source = _source(files, more=more)
    if not source:
        return ()
    form = f"strftime(epoch_ms(occurred_at), '{_FORMS[by]}')" if by in GRAINS else _LABELS[by]
    labelled = "" if label is None else f"AND coalesce(nullif({form}, ''), '{NONE}') = $label"
    given = {"start": period.start, "stop": period.end, "label": label, "after": after, "limit": limit}
    found = rows(connection, _TOUCHED_BY.format(source=source, labelled=labelled), **given)
    return tuple(lead_id for (lead_id,) in found)


def _named(label: Any, by: TouchBy) -> str:
    """A label as reports have it; cohorts come as numbers, see ``_LABELS``."""
    if by == "month":
        return f"{(label - 1) // 12:04}-{(label - 1) % 12 + 1:02}"
    if by in GRAINS:
        return label_of(label * DAY if by == "day" else (label * 7 - 3) * DAY, by)
    return label or NONE


def _source(files: list[Path], *, more: bool) -> str:
    kept = f"SELECT {_COLUMNS} FROM read_parquet({file_list(files)}, hive_partitioning = false)"  # noqa: S608
    return " UNION ALL ".join([*([kept] if files else []), *([_ARRIVED] if more else [])])
