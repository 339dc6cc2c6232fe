"""The counts of shared/domain/insights/metrics.py as SQL over the table ``folded``. Tests hold both equal."""

from collections.abc import Sequence
from typing import Any, Final

from duckdb import DuckDBPyConnection

from shared.domain.insights.metrics import (
    LINE,
    SIDE,
    ChannelCount,
    Cohort,
    CohortCount,
    FunnelCounts,
    Grain,
    KpiCounts,
    StageCount,
)
from shared.domain.insights.persons import ANONYMOUS, MAX_CHAIN, STAGES, UNASSIGNED

_RANKS: Final = ", ".join(f"('{stage}', {rank})" for rank, stage in enumerate(STAGES))
_ROOTS: Final = f"""
CREATE TEMP TABLE root AS
WITH RECURSIVE walk(lead_id, here, joined, hops) AS (
  SELECT lead_id, lead_id, NULL::STRUCT(version BIGINT, "position" BIGINT), 0
  FROM folded WHERE folded.alias.target <> ''
  UNION ALL
  SELECT walk.lead_id, folded.alias.target,
    struct_pack(version := folded.alias.version, "position" := folded.alias."position"), hops + 1
  FROM walk JOIN folded ON folded.lead_id = walk.here
  WHERE folded.alias.target <> '' AND hops < {MAX_CHAIN}
), top AS (
  SELECT lead_id, arg_max(struct_pack(here := here, joined := joined), hops) AS top FROM walk GROUP BY lead_id
)
SELECT lead_id, top.here AS root, CASE WHEN top.here <> lead_id THEN top.joined END AS joined FROM top
UNION ALL
SELECT lead_id, lead_id, NULL FROM folded WHERE alias IS NULL OR folded.alias.target = ''
"""  # noqa: S608 (constants of this project)
_PERSONS: Final = f"""
CREATE TEMP TABLE entry AS
SELECT root AS lead_id, stage, min(instant) AS instant
FROM (SELECT lead_id, unnest(map_keys(entered)) AS stage, unnest(map_values(entered)) AS instant FROM folded)
JOIN root USING (lead_id) GROUP BY root, stage;

CREATE TEMP TABLE person AS
WITH grouped AS (
  SELECT root,
    min(first_touch) AS first_touch,
    min(created_at) AS created_at,
    sum(touches)::BIGINT AS touches,
    sum(content)::BIGINT AS content,
    max(struct_pack(own := (folded.lead_id = root)::INTEGER, held := company)) FILTER (company IS NOT NULL) AS company,
    max(struct_pack(own := (folded.lead_id = root)::INTEGER, held := handover)) FILTER (handover IS NOT NULL)
      AS handover
  FROM folded JOIN root USING (lead_id) GROUP BY root
), holding AS (
  SELECT root, max(struct_pack(rank := coalesce(ranks.rank, -1), stage := folded.stage.stage)) AS furthest
  FROM folded JOIN root USING (lead_id)
  LEFT JOIN folded head ON head.lead_id = root.root
  LEFT JOIN (VALUES {_RANKS}) ranks(stage, rank) ON ranks.stage = folded.stage.stage
  WHERE folded.stage IS NOT NULL AND (joined IS NULL OR head.stage IS NULL OR
    struct_pack(version := head.stage.version, "position" := head.stage."position") <= joined)
  GROUP BY root
), began AS (
  SELECT lead_id AS root, min(instant) AS instant FROM entry GROUP BY lead_id
)
SELECT root AS lead_id,
  coalesce(first_touch.occurred_at, created_at, began.instant, 0) AS cohort_at,
  CASE WHEN first_touch IS NULL THEN '{UNASSIGNED}' ELSE first_touch.channel END AS channel,
  touches,
  content,
  first_touch,
  coalesce(furthest.stage, '{ANONYMOUS}') AS stage,
  company.held.company_id AS company_id,
  company.held."domain" AS "domain",
  handover.held AS handover
FROM grouped LEFT JOIN holding USING (root) LEFT JOIN began USING (root)
"""  # noqa: S608 (constants of this project)
_CHOSEN: Final = """
CREATE TEMP TABLE line AS SELECT unnest($line) AS stage, unnest(range(len($line))) AS position;

CREATE TEMP TABLE chosen AS
SELECT person.*, coalesce(reached.reach, -1) AS reach
FROM person LEFT JOIN (
  SELECT lead_id, max(position) AS reach FROM entry JOIN line USING (stage) GROUP BY lead_id
) reached USING (lead_id)
WHERE cohort_at >= coalesce($start, cohort_at) AND cohort_at < coalesce($stop, cohort_at + 1)
"""
_REACHED: Final = "SELECT count(*) FILTER (reach >= position) FROM chosen, line GROUP BY position ORDER BY position"
_STAGES: Final = """
SELECT stage,
  (SELECT count(*) FROM entry JOIN chosen USING (lead_id) WHERE entry.stage = wanted.stage),
  (SELECT count(*) FROM chosen WHERE chosen.stage = wanted.stage)
FROM (SELECT unnest($stages) AS stage) wanted
"""
_WAITS: Final = """
SELECT line.position, median(greatest(0, later.instant - entry.instant))
FROM entry JOIN chosen USING (lead_id) JOIN line ON line.stage = entry.stage
JOIN line next_line ON next_line.position = line.position + 1
JOIN entry later ON later.lead_id = entry.lead_id AND later.stage = next_line.stage
GROUP BY line.position
"""
_FORMS: Final = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}
_COHORTS: Final = """
SELECT label, list(reached ORDER BY position) FROM (
  SELECT strftime(epoch_ms(cohort_at), $form) AS label, position, count(*) FILTER (reach >= position) AS reached
  FROM chosen, line WHERE reach >= 0 GROUP BY ALL
) GROUP BY label ORDER BY label
"""
_CHANNELS: Final = """
SELECT channel, list(reached ORDER BY position) AS counts FROM (
  SELECT channel, position, count(*) FILTER (reach >= position) AS reached
  FROM chosen, line WHERE reach >= 0 GROUP BY ALL
) GROUP BY channel ORDER BY counts[1] DESC, channel
"""
_TOTALS: Final = """
SELECT count(*) FILTER (reach < 0 AND touches > 0), count(*) FILTER (reach >= 0),
  count(DISTINCT company_id) FILTER (reach >= 0 AND company_id <> ''),
  coalesce(sum(touches) FILTER (reach >= 0), 0)::BIGINT
FROM chosen
"""
_TO_SQL: Final = """
SELECT median(greatest(0, instant - cohort_at))
FROM chosen JOIN entry USING (lead_id) WHERE reach >= 0 AND entry.stage = 'sql'
"""
_CONSENTS: Final = """
WITH said AS (
  SELECT lead_id, unnest(map_keys(permissions)) AS purpose, unnest(map_values(permissions)) AS permission FROM folded
), held AS (
  SELECT root AS lead_id, said.purpose
  FROM said JOIN root USING (lead_id)
  LEFT JOIN said head ON head.lead_id = root.root AND head.purpose = said.purpose
  WHERE joined IS NULL OR head.permission IS NULL OR
    struct_pack(version := head.permission.version, "position" := head.permission."position") <= joined
  GROUP BY root, said.purpose HAVING max(said.permission.withdrawn) = 0
)
SELECT purpose, count(*) FROM held JOIN chosen USING (lead_id) WHERE reach >= 0 GROUP BY purpose ORDER BY purpose
"""
_SEARCH: Final = """
SELECT cohort_at, lead_id FROM person
WHERE ($stage IS NULL OR stage = $stage)
  AND ($company IS NULL OR company_id = $company OR contains("domain", lower($company)))
  AND ($instant IS NULL OR cohort_at < $instant OR (cohort_at = $instant AND lead_id > $lead_id))
ORDER BY cohort_at DESC, lead_id LIMIT $limit
"""
_HANDOVERS: Final = """
SELECT handover.due, lead_id FROM person
WHERE handover.state = $state
  AND ($instant IS NULL OR handover.due > $instant OR (handover.due = $instant AND lead_id > $lead_id))
ORDER BY handover.due, lead_id LIMIT $limit
"""


def find_roots(connection: DuckDBPyConnection) -> None:
    """Make ``root``: which person every lead belongs to."""
    _run(connection, _ROOTS)


def gather(connection: DuckDBPyConnection) -> None:
    """Make ``root``, ``entry`` and ``person``."""
    find_roots(connection)
    _run(connection, _PERSONS)


def choose(connection: DuckDBPyConnection, cohort: Cohort, line: Sequence[str] = LINE) -> None:
    """Make ``person`` and ``chosen``: all persons, and those of a cohort with how far they came."""
    gather(connection)
    for statement in _CHOSEN.split(";"):
        given = {"line": list(line), "start": cohort.start, "stop": cohort.end}
        _run(connection, statement, **{name: value for name, value in given.items() if f"${name}" in statement})


def funnel(connection: DuckDBPyConnection, cohort: Cohort, grain: Grain, line: Sequence[str] = LINE) -> FunnelCounts:
    """Count the funnel."""
    choose(connection, cohort, line)
    reached = [row[0] for row in _run(connection, _REACHED)] or [0] * len(line)
    waits = dict(_run(connection, _WAITS))
    named = {stage: (entered, now) for stage, entered, now in _run(connection, _STAGES, stages=[*line, *SIDE])}
    stages = tuple(
        StageCount(stage, reached[position], *named[stage], waits.get(position)) for position, stage in enumerate(line)
    )
    side = tuple(StageCount(stage, named[stage][0], *named[stage], None) for stage in SIDE)
    cohorts = tuple(CohortCount(label, tuple(n)) for label, n in _run(connection, _COHORTS, form=_FORMS[grain]))
    return FunnelCounts(stages, side, cohorts, _run(connection, _TOTALS)[0][0])


def kpis(connection: DuckDBPyConnection, cohort: Cohort, line: Sequence[str] = LINE) -> KpiCounts:
    """Count the key figures."""
    choose(connection, cohort, line)
    visitors, leads, companies, touches = _run(connection, _TOTALS)[0]
    return KpiCounts(
        visitors=visitors,
        leads=leads,
        companies=companies,
        touches=touches,
        reached=tuple(row[0] for row in _run(connection, _REACHED)) or (0,) * len(line),
        median_ms_to_sql=_run(connection, _TO_SQL)[0][0],
        consents=dict(_run(connection, _CONSENTS)),
        channels=tuple(ChannelCount(name, tuple(counts)) for name, counts in _run(connection, _CHANNELS)),
    )


def search(
    connection: DuckDBPyConnection, stage: str | None, company: str | None, after: tuple[int, str] | None, limit: int
) -> list[tuple[int, str]]:
    """Persons by stage or company, newest cohort first."""
    gather(connection)
    instant, lead_id = after or (None, "")
    given = {"stage": stage, "company": company, "instant": instant, "lead_id": lead_id, "limit": limit}
    return _run(connection, _SEARCH, **given)


def handovers(
    connection: DuckDBPyConnection, state: str, after: tuple[int, str] | None, limit: int
) -> list[tuple[int, str]]:
    """Persons by where their hand-over stands, the first due first."""
    gather(connection)
    instant, lead_id = after or (None, "")
    return _run(connection, _HANDOVERS, state=state, instant=instant, lead_id=lead_id, limit=limit)


def _run(connection: DuckDBPyConnection, query: str, **given: Any) -> list[Any]:
    return connection.execute(query, given or None).fetchall()
