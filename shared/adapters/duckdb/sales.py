"""shared/domain/insights/{groups,opportunities}.py as SQL over the table ``folded``. Tests hold both equal."""

from typing import Any, Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.count import choose, find_roots, gather
from shared.domain.insights.groups import (
    LEAST,
    LOST,
    NONE,
    SOLD,
    By,
    Figure,
    GroupCount,
    HandoverRow,
    SaleTimes,
    Wait,
)
from shared.domain.insights.metrics import Cohort
from shared.domain.insights.model import LeadId
from shared.domain.insights.opportunities import Opportunity
from shared.domain.insights.persons import UNASSIGNED
from shared.domain.instant import DAY, Instant

_ASKS: Final = """
CREATE TEMP TABLE ask AS
SELECT root AS lead_id, due, min(ask.requested_at) AS requested_at, min(ask.overdue) AS overdue,
  max(ask.answer) AS answer
FROM (SELECT lead_id, unnest(map_keys(asks)) AS due, unnest(map_values(asks)) AS ask FROM folded)
JOIN root USING (lead_id) GROUP BY root, due;
"""
_GROUPED: Final = f"""
CREATE TEMP TABLE grouped AS
SELECT chosen.lead_id, cohort_at, reach, coalesce(nullif({{label}}, ''), '{NONE}') AS label
FROM chosen LEFT JOIN (
  SELECT lead_id, max(answer).owner AS owner FROM ask WHERE answer.owner <> '' GROUP BY lead_id
) answered USING (lead_id)
WHERE reach >= 0
"""  # noqa: S608 (constants of this project)
_LABELS: Final = {
    "day": "strftime(epoch_ms(cohort_at), '%Y-%m-%d')",
    "week": "strftime(epoch_ms(cohort_at), '%G-W%V')",
    "month": "strftime(epoch_ms(cohort_at), '%Y-%m')",
    "channel": "channel",
    "campaign": "first_touch.campaign",
    "owner": "answered.owner",
}
_COUNTS: Final = """
SELECT label, list(reached ORDER BY position) FROM (
  SELECT label, position, count(*) FILTER (reach >= position) AS reached FROM grouped, line GROUP BY ALL
) GROUP BY label ORDER BY label
"""
_TIMES: Final = f"""
CREATE TEMP TABLE time AS
SELECT bought.instant IS NOT NULL AS sold,
  greatest(0, coalesce(bought.instant, lost.instant, $now) - cohort_at) AS ms
FROM chosen
LEFT JOIN entry bought ON bought.lead_id = chosen.lead_id AND bought.stage = '{SOLD}'
LEFT JOIN entry lost ON lost.lead_id = chosen.lead_id AND lost.stage = '{LOST}'
WHERE reach >= 0
"""  # noqa: S608 (constants of this project)
_SOLD: Final = "SELECT count(*), coalesce(sum(ms), 0)::BIGINT, median(ms) FROM time WHERE sold"
_WAITS: Final = f"""
SELECT ms // {DAY} AS day, count(*) FILTER (sold), count(*) FILTER (NOT sold) FROM time GROUP BY day ORDER BY day
"""  # noqa: S608 (constants of this project)
_BEHIND: Final = f"""
SELECT lead_id FROM grouped
WHERE reach >= $least AND ($label IS NULL OR label = $label) AND lead_id > $after
  AND ($sold OR NOT EXISTS (SELECT 1 FROM entry WHERE entry.lead_id = grouped.lead_id AND entry.stage = '{SOLD}'))
ORDER BY lead_id LIMIT $limit
"""  # noqa: S608 (constants of this project)
_HANDOVERS: Final = """
SELECT lead_id, due, requested_at,
  CASE WHEN answer IS NOT NULL THEN answer.state WHEN overdue IS NOT NULL THEN 'overdue' ELSE 'requested' END,
  coalesce(nullif(answer.owner, ''), overdue.owner, ''), coalesce(answer.in_time = 1, false), answer."at"
FROM ask
WHERE requested_at >= coalesce($start, requested_at) AND requested_at < coalesce($stop, requested_at + 1)
ORDER BY lead_id, due
"""
_OPPORTUNITIES: Final = f"""
WITH dealt AS (
  SELECT root AS lead_id, id, deal
  FROM (SELECT lead_id, unnest(map_keys(opportunities)) AS id, unnest(map_values(opportunities)) AS deal FROM folded)
  JOIN root USING (lead_id)
), deal AS (
  SELECT id, max(struct_pack(told_at := deal.told_at, deal := deal)).deal AS deal FROM dealt GROUP BY id
), held AS (
  SELECT DISTINCT id, lead_id FROM dealt
), holders AS (
  SELECT id, list(lead_id ORDER BY lead_id) AS lead_ids, min(nullif(company_id, '')) AS company
  FROM held JOIN person USING (lead_id) GROUP BY id
), told AS (
  SELECT id, deal, lead_ids, coalesce(nullif(deal.company_id, ''), company) AS company FROM deal JOIN holders USING (id)
), people AS (
  SELECT id, lead_id FROM held
  UNION
  SELECT told.id, person.lead_id FROM told JOIN person ON person.company_id = told.company
), beginning AS (
  SELECT id, min(first_touch) AS first_touch, sum(content)::BIGINT AS content
  FROM people JOIN person USING (lead_id) GROUP BY id
), sold AS (
  SELECT id, max(answer) FILTER (answer.owner <> '') AS answer,
    min(requested_at) FILTER (requested_at >= first_touch.occurred_at) AS handed_over
  FROM people JOIN ask USING (lead_id) JOIN beginning USING (id) GROUP BY id
)
SELECT id, deal.state, deal.amount, deal.currency, deal.opened_on, deal.closed_on, coalesce(company, lead_ids[1]),
  coalesce(strftime(epoch_ms(handed_over), '%Y-%m-%d') <= deal.opened_on, false),
  CASE WHEN first_touch IS NULL THEN '{UNASSIGNED}' ELSE first_touch.channel END,
  coalesce(first_touch.campaign, ''), coalesce(answer.owner, ''), content, lead_ids
FROM told JOIN beginning USING (id) LEFT JOIN sold USING (id) ORDER BY id
"""  # noqa: S608 (constants of this project)


def groups(connection: DuckDBPyConnection, cohort: Cohort, by: By) -> tuple[GroupCount, ...]:
    """Leads of each group."""
    _group(connection, cohort, by)
    return tuple(GroupCount(label, tuple(reached)) for label, reached in _run(connection, _COUNTS))


def sale_times(connection: DuckDBPyConnection, cohort: Cohort, now: Instant) -> SaleTimes:
    """Times to the sale."""
    choose(connection, cohort)
    _run(connection, _TIMES, now=now)
    sold, total_ms, median_ms = _run(connection, _SOLD)[0]
    return SaleTimes(sold, total_ms, median_ms, tuple(Wait(*row) for row in _run(connection, _WAITS)))


def opportunities(connection: DuckDBPyConnection) -> tuple[Opportunity, ...]:
    """Every opportunity once."""
    gather(connection)
    _run(connection, _ASKS)
    return tuple(Opportunity._make((*row[:-1], tuple(row[-1]))) for row in _run(connection, _OPPORTUNITIES))


def handover_rows(connection: DuckDBPyConnection, period: Cohort) -> tuple[HandoverRow, ...]:
    """Hand-overs requested in a period."""
    find_roots(connection)
    _run(connection, _ASKS)
    return tuple(HandoverRow(*row) for row in _run(connection, _HANDOVERS, start=period.start, stop=period.end))


def leads_behind(
    connection: DuckDBPyConnection,
    cohort: Cohort,
    by: By,
    label: str | None,
    figure: Figure,
    after: LeadId,
    limit: int,
) -> tuple[LeadId, ...]:
    """The leads that a figure counts."""
    _group(connection, cohort, by)
    given = {"least": LEAST[figure], "label": label, "after": after, "sold": figure != "open", "limit": limit}
    return tuple(lead_id for (lead_id,) in _run(connection, _BEHIND, **given))


def _group(connection: DuckDBPyConnection, cohort: Cohort, by: By) -> None:
    choose(connection, cohort)
    _run(connection, _ASKS)
    _run(connection, _GROUPED.format(label=_LABELS[by]))


def _run(connection: DuckDBPyConnection, query: str, **given: Any) -> list[Any]:
    return connection.execute(query, given or None).fetchall()
