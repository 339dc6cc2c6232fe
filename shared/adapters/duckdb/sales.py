"""What shared/domain/insights/groups.py says of sales, as SQL over ``person``. Tests hold both equal."""

from typing import Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.engine import rows
from shared.domain.insights.groups import LOST, NONE, SOLD, HandoverBy, HandoverCount, HandoverRow, SaleTimes, Wait
from shared.domain.insights.metrics import Cohort
from shared.domain.instant import DAY, Instant

_TIME: Final = f"""
SELECT at_{SOLD} IS NOT NULL AS sold, greatest(0, coalesce(at_{SOLD}, at_{LOST}, $now) - cohort_at) AS ms FROM person
WHERE reach >= 0 AND cohort_at >= coalesce($start, cohort_at) AND cohort_at < coalesce($stop, cohort_at + 1)
"""  # noqa: S608 (constants of this project)
SALE_TIMES: Final = f"""
SELECT count(*) AS sold, coalesce(sum(ms), 0)::BIGINT AS total_ms, median(ms) AS median_ms FROM ({_TIME}) WHERE sold
"""  # noqa: S608 (constants of this project)
WAITS: Final = f"""
SELECT ms // {DAY} AS day, count(*) FILTER (sold) AS sold, count(*) FILTER (NOT sold) AS open FROM ({_TIME})
GROUP BY 1 ORDER BY 1
"""  # noqa: S608 (constants of this project)
_ASKS: Final = "SELECT lead_id, unnest(asks, max_depth := 2) FROM person WHERE len(asks) > 0"
HANDOVERS: Final = f"""
SELECT lead_id, due, requested_at,
  CASE WHEN answer IS NOT NULL THEN answer.state WHEN overdue IS NOT NULL THEN 'overdue' ELSE 'requested' END AS state,
  coalesce(nullif(answer.owner, ''), overdue.owner, '') AS owner, coalesce(answer.in_time = 1, false) AS in_time,
  answer."at" AS answered_at
FROM ({_ASKS})
WHERE requested_at >= coalesce($start, requested_at) AND requested_at < coalesce($stop, requested_at + 1)
ORDER BY lead_id, due
"""  # noqa: S608 (constants of this project)
_HANDOVER_COUNTS: Final = f"""
WITH handover AS (
  SELECT *, due <> 0 AND state <> 'requested' AS judged, {{label}} AS label FROM ({HANDOVERS})
)
SELECT coalesce(label, ''), count(*), count(*) FILTER (state = 'requested'), count(*) FILTER (state = 'overdue'),
  count(*) FILTER (state = 'accepted'), count(*) FILTER (state = 'rejected'), count(*) FILTER (judged),
  count(*) FILTER (judged AND in_time),
  median(greatest(0, answered_at - requested_at)) FILTER (answered_at IS NOT NULL)
FROM handover GROUP BY GROUPING SETS ((label), ()) ORDER BY grouping(label), label
"""  # noqa: S608 (constants of this project)
_HANDOVER_LABELS: Final = {
    "day": "strftime(epoch_ms(requested_at), '%Y-%m-%d')",
    "week": "strftime(epoch_ms(requested_at), '%G-W%V')",
    "month": "strftime(epoch_ms(requested_at), '%Y-%m')",
    "owner": f"coalesce(nullif(owner, ''), '{NONE}')",
}


def sale_times(connection: DuckDBPyConnection, cohort: Cohort, now: Instant) -> SaleTimes:
    """Times to the sale."""
    given = {"start": cohort.start, "stop": cohort.end, "now": now}
    sold, total_ms, median_ms = rows(connection, SALE_TIMES, **given)[0]
    return SaleTimes(sold, total_ms, median_ms, tuple(Wait(*row) for row in rows(connection, WAITS, **given)))


def handover_rows(connection: DuckDBPyConnection, period: Cohort) -> tuple[HandoverRow, ...]:
    """Hand-overs requested in a period."""
    return tuple(HandoverRow(*row) for row in rows(connection, HANDOVERS, start=period.start, stop=period.end))


def handover_counts(connection: DuckDBPyConnection, period: Cohort, by: HandoverBy) -> tuple[HandoverCount, ...]:
    """Hand-overs requested in a period by group; the last is the whole."""
    query = _HANDOVER_COUNTS.format(label=_HANDOVER_LABELS[by])
    return tuple(HandoverCount(*row) for row in rows(connection, query, start=period.start, stop=period.end))
