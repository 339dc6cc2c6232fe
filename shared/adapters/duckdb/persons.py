"""shared/domain/insights/persons.py as SQL: what the persons are now whom new facts concern.

``folded``, ``kept`` and ``gone`` come from fold.py. ``fresh`` are the persons computed anew; every person who is not in
``gone`` stays as it is. Tests hold both definitions equal.
"""

from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.engine import quoted
from shared.domain.insights.metrics import LINE, SIDE
from shared.domain.insights.persons import ANONYMOUS, MAX_CHAIN, STAGES, UNASSIGNED

_RANKS: Final = ", ".join(f"('{stage}', {rank})" for rank, stage in enumerate(STAGES))
_LINE: Final = ", ".join(f"('{stage}', {position})" for position, stage in enumerate(LINE))
_ENTRIES: Final = ", ".join(f"min(instant) FILTER (stage = '{stage}') AS at_{stage}" for stage in (*LINE, *SIDE))
_AT: Final = ", ".join(f"at_{stage}" for stage in (*LINE, *SIDE))

_MEMBERS: Final = """
CREATE OR REPLACE TEMP TABLE member AS
FROM folded
UNION ALL BY NAME
SELECT * FROM kept ANTI JOIN touched USING (lead_id)
"""
_ROOTS: Final = f"""
CREATE OR REPLACE TEMP TABLE root AS
WITH RECURSIVE walk(lead_id, here, joined, hops) AS (
  SELECT lead_id, lead_id, NULL::STRUCT(version BIGINT, "position" BIGINT), 0
  FROM member WHERE member.alias.target <> ''
  UNION ALL
  SELECT walk.lead_id, member.alias.target,
    struct_pack(version := member.alias.version, "position" := member.alias."position"), hops + 1
  FROM walk JOIN member ON member.lead_id = walk.here
  WHERE member.alias.target <> '' AND hops < {MAX_CHAIN}
), top AS (
  SELECT lead_id, arg_max(struct_pack(here := here, joined := joined), hops) AS top FROM walk GROUP BY lead_id
)
SELECT lead_id, top.here AS root, CASE WHEN top.here <> lead_id THEN top.joined END AS joined FROM top
UNION ALL
SELECT lead_id, lead_id, NULL FROM member WHERE alias IS NULL OR member.alias.target = ''
"""  # noqa: S608 (constants of this project)
_PERSONS: Final = f"""
CREATE OR REPLACE TEMP TABLE fresh AS
WITH entry AS (
  SELECT root, stage, min(instant) AS instant
  FROM (SELECT lead_id, unnest(map_keys(entered)) AS stage, unnest(map_values(entered)) AS instant FROM member)
  JOIN root USING (lead_id) GROUP BY root, stage
), progress AS (
  SELECT root, min(instant) AS began, coalesce(max(position), -1) AS reach, {_ENTRIES}
  FROM entry LEFT JOIN (VALUES {_LINE}) line(stage, position) USING (stage) GROUP BY root
), joint AS (
  SELECT root, (member.lead_id = root)::INTEGER AS own, member.* FROM member JOIN root USING (lead_id)
), grouped AS (
  SELECT root,
    min(first_touch) AS first_touch,
    coalesce(max(last_touch).occurred_at, 0) AS seen_at,
    min(created_at) AS created_at,
    sum(touches)::BIGINT AS touches,
    sum(content)::BIGINT AS consumed,
    list(lead_id ORDER BY lead_id) FILTER (own = 0) AS parts,
    max(struct_pack(own := own, held := company)) FILTER (company IS NOT NULL) AS company,
    max(struct_pack(own := own, held := grade)) FILTER (grade IS NOT NULL) AS grade,
    max(struct_pack(own := own, held := handover)) FILTER (handover IS NOT NULL) AS handover
  FROM joint GROUP BY root
), holding AS (
  SELECT root, max(struct_pack(rank := coalesce(ranks.rank, -1), stage := member.stage.stage)) AS furthest
  FROM member JOIN root USING (lead_id)
  LEFT JOIN member head ON head.lead_id = root.root
  LEFT JOIN (VALUES {_RANKS}) ranks(stage, rank) ON ranks.stage = member.stage.stage
  WHERE member.stage IS NOT NULL AND (joined IS NULL OR head.stage IS NULL OR
    struct_pack(version := head.stage.version, "position" := head.stage."position") <= joined)
  GROUP BY root
), said AS (
  SELECT lead_id, unnest(map_keys(permissions)) AS purpose, unnest(map_values(permissions)) AS permission FROM member
), given AS (
  SELECT root, said.purpose
  FROM said JOIN root USING (lead_id)
  LEFT JOIN said head ON head.lead_id = root.root AND head.purpose = said.purpose
  WHERE joined IS NULL OR head.permission IS NULL OR
    struct_pack(version := head.permission.version, "position" := head.permission."position") <= joined
  GROUP BY root, said.purpose HAVING max(said.permission.withdrawn) = 0
), consented AS (
  SELECT root, list(purpose ORDER BY purpose) AS consents FROM given GROUP BY root
), ask AS (
  SELECT root, due, min(ask.requested_at) AS requested_at, min(ask.overdue) AS overdue, max(ask.answer) AS answer
  FROM (SELECT lead_id, unnest(map_keys(asks)) AS due, unnest(map_values(asks)) AS ask FROM member)
  JOIN root USING (lead_id) GROUP BY root, due
), asked AS (
  SELECT root, max(answer) FILTER (answer.owner <> '').owner AS owner,
    list(struct_pack(due := due, requested_at := requested_at, overdue := overdue, answer := answer) ORDER BY due)
      AS asks
  FROM ask GROUP BY root
), deal AS (
  SELECT root, id, max(struct_pack(told_at := deal.told_at, deal := deal)).deal AS deal
  FROM (SELECT lead_id, unnest(map_keys(opportunities)) AS id, unnest(map_values(opportunities)) AS deal FROM member)
  JOIN root USING (lead_id) GROUP BY root, id
), dealt AS (
  SELECT root, list(struct_pack(id := id, deal := deal) ORDER BY id) AS opportunities FROM deal GROUP BY root
)
SELECT root AS lead_id,
  coalesce(first_touch.occurred_at, created_at, began, 0) AS cohort_at,
  CASE WHEN first_touch IS NULL THEN '{UNASSIGNED}' ELSE first_touch.channel END AS channel,
  coalesce(first_touch.campaign, '') AS campaign,
  coalesce(first_touch.content, '') AS content,
  coalesce(owner, '') AS owner,
  coalesce(furthest.stage, '{ANONYMOUS}') AS stage,
  coalesce(reach, -1)::TINYINT AS reach,
  {_AT},
  touches, consumed, seen_at, first_touch,
  company.held.company_id AS company_id,
  company.held."domain" AS "domain",
  coalesce(grade.held.grade, '') AS grade,
  coalesce(handover.held.state, '') AS handover,
  handover.held.due AS due,
  parts, consents, asks, opportunities
FROM grouped LEFT JOIN progress USING (root) LEFT JOIN holding USING (root) LEFT JOIN consented USING (root)
LEFT JOIN asked USING (root) LEFT JOIN dealt USING (root)
"""  # noqa: S608 (constants of this project)
_OTHERS: Final = "UNION ALL BY NAME SELECT * FROM read_parquet({made}) ANTI JOIN gone USING (lead_id)"


def gather(connection: DuckDBPyConnection, made: Path | None) -> None:
    """Make ``fresh``, and ``person``: everybody, from a file of persons of before and ``fresh``."""
    for statement in (_MEMBERS, _ROOTS, _PERSONS):
        connection.execute(statement)
    others = "" if made is None else _OTHERS.format(made=quoted(str(made)))
    connection.execute(f"CREATE OR REPLACE TEMP VIEW person AS FROM fresh {others}")


def load(connection: DuckDBPyConnection, made: Path) -> None:
    """Make ``person`` of a file that lacks nothing."""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW person AS FROM read_parquet({quoted(str(made))})")


def save(connection: DuckDBPyConnection, target: Path) -> None:
    """Write everybody to a file."""
    connection.execute(f"COPY (FROM person) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)")
