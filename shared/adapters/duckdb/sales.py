"""What shared/domain/insights/{groups,opportunities}.py say of sales, as SQL over ``person``. Tests hold both equal."""

from typing import Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.engine import rows
from shared.domain.insights.groups import LOST, NONE, SOLD, HandoverBy, HandoverCount, HandoverRow, SaleTimes, Wait
from shared.domain.insights.metrics import Cohort
from shared.domain.insights.opportunities import SHOP, Opportunity
from shared.domain.insights.persons import UNASSIGNED
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
OPPORTUNITIES: Final = f"""
WITH ask AS MATERIALIZED (
  {_ASKS}
), dealt AS MATERIALIZED (
  SELECT lead_id, company_id, unnest(opportunities, max_depth := 2) FROM person WHERE len(opportunities) > 0
), holders AS (
  SELECT id, max(struct_pack(told_at := deal.told_at, deal := deal)).deal AS deal, list(lead_id ORDER BY lead_id)
    AS lead_ids, min(nullif(company_id, '')) AS company
  FROM dealt GROUP BY id
), told AS MATERIALIZED (
  SELECT id, deal, lead_ids, coalesce(nullif(deal.company_id, ''), company) AS company FROM holders
), people AS MATERIALIZED (
  SELECT id, lead_id, first_touch, consumed FROM dealt JOIN person USING (lead_id)
  UNION
  SELECT told.id, person.lead_id, first_touch, consumed FROM told JOIN person ON person.company_id = told.company
), beginning AS (
  SELECT id, min(first_touch) AS first_touch, sum(consumed)::BIGINT AS consumed FROM people GROUP BY id
), sold AS (
  SELECT id, max(answer) FILTER (answer.owner <> '') AS answer,
    min(requested_at) FILTER (requested_at >= beginning.first_touch.occurred_at) AS handed_over
  FROM people JOIN ask USING (lead_id) JOIN beginning USING (id) GROUP BY id
)
SELECT id, deal.state, deal.amount, deal.currency, deal.opened_on, deal.closed_on,
  coalesce(company, lead_ids[1]) AS company,
  coalesce(strftime(epoch_ms(
    CASE WHEN deal.origin = '{SHOP}' THEN first_touch.occurred_at ELSE handed_over END
  ), '%Y-%m-%d') <= deal.opened_on, false) AS marketing,
  CASE WHEN first_touch IS NULL THEN '{UNASSIGNED}' ELSE first_touch.channel END AS channel,
  coalesce(first_touch.campaign, '') AS campaign, coalesce(first_touch.content, '') AS content,
  coalesce(answer.owner, '') AS owner, consumed, deal.origin, lead_ids
FROM told JOIN beginning USING (id) LEFT JOIN sold USING (id) ORDER BY id
"""  # noqa: S608 (constants of this project)


def sale_times(connection: DuckDBPyConnection, cohort: Cohort, now: Instant) -> SaleTimes:
    """Times to the sale."""
    given = {"start": cohort.start, "stop": cohort.end, "now": now}
    sold, total_ms, median_ms = rows(connection, SALE_TIMES, **given)[0]
    return SaleTimes(sold, total_ms, median_ms, tuple(Wait(*row) for row in rows(connection, WAITS, **given)))


def opportunities(connection: DuckDBPyConnection) -> tuple[Opportunity, ...]:
    """Every opportunity once."""
    return tuple(Opportunity._make((*row[:-1], tuple(row[-1]))) for row in rows(connection, OPPORTUNITIES))


def handover_rows(connection: DuckDBPyConnection, period: Cohort) -> tuple[HandoverRow, ...]:
    """Hand-overs requested in a period."""
    return tuple(HandoverRow(*row) for row in rows(connection, HANDOVERS, start=period.start, stop=period.end))


def handover_counts(connection: DuckDBPyConnection, period: Cohort, by: HandoverBy) -> tuple[HandoverCount, ...]:
    """Hand-overs requested in a period by group; the last is the whole."""
    query = _HANDOVER_COUNTS.format(label=_HANDOVER_LABELS[by])
    return tuple(HandoverCount(*row) for row in rows(connection, query, start=period.start, stop=period.end))
