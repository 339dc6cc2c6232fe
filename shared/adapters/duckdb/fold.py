"""The fold of shared/domain/insights/fold.py as SQL. Registers are structs, so merging them is ``min`` or ``max``.

``lead`` is the view of rows folded so far, ``fact`` holds new facts, each once; ``touched`` are the leads they are
about and ``folded`` the new rows of these. ``gone`` are all leads of every person whom they concern: up along every
merge that holds or held, then down to every member; ``kept`` are their rows as they were, fetched once, because that is
most of the work when little is new. All other rows stay as they are. Tests hold both folds equal.
"""

import json
from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.engine import file_list, quoted, scalar
from shared.domain.insights.fold import HANDOVERS
from shared.domain.insights.model import CONTENT

_DEAL: Final = """STRUCT(
  version BIGINT, "position" BIGINT, state VARCHAR, amount VARCHAR, currency VARCHAR, opened_on VARCHAR,
  closed_on VARCHAR, company_id VARCHAR, told_at BIGINT, origin VARCHAR)"""
_ASK: Final = """STRUCT(
  requested_at BIGINT, overdue STRUCT("at" BIGINT, owner VARCHAR),
  answer STRUCT("at" BIGINT, state VARCHAR, in_time INTEGER, owner VARCHAR))"""
_CONTENT: Final = ", ".join(f"'{kind}'" for kind in sorted(CONTENT))
_HANDOVERS: Final = ", ".join(f"('{name}', '{state}')" for name, state in HANDOVERS.items())

_FIELDS: Final = {
    **dict.fromkeys(
        (
            "loser_id", "member_id", "touchpoint_id", "kind", "channel", "source", "campaign", "content", "path",
            "human", "to_stage", "company_id", "domain", "grade", "owner", "purpose", "opportunity_id", "state",
            "amount", "currency", "opened_on", "closed_on", "origin", "answered_in_time",
        ),
        "VARCHAR",
    ),
    "entered": "VARCHAR[]",
    "total": "BIGINT",
    "due": "BIGINT",
}  # fmt: skip
"""What the fold reads of the data of facts: read once for each fact, for reading JSON is most of the work."""
_DATA: Final = "STRUCT(" + ", ".join(f'"{name}" {kind}' for name, kind in _FIELDS.items()) + ")"
_FORM: Final = json.dumps(_FIELDS)
_TOUCH: Final = """STRUCT(
  occurred_at BIGINT, touchpoint_id VARCHAR, kind VARCHAR, channel VARCHAR, source VARCHAR, campaign VARCHAR,
  content VARCHAR)"""
_NO_LEADS: Final = """
CREATE TEMP TABLE placed_lead (
  file_row_number BIGINT, lead_id VARCHAR, version BIGINT, created_at BIGINT, updated_at BIGINT, touches BIGINT,
  first_touch {touch}, last_touch {touch},
  alias STRUCT(recorded_at BIGINT, version BIGINT, "position" BIGINT, target VARCHAR),
  stage STRUCT(version BIGINT, "position" BIGINT, stage VARCHAR, since BIGINT),
  company STRUCT(version BIGINT, "position" BIGINT, company_id VARCHAR, "domain" VARCHAR),
  grade STRUCT(version BIGINT, "position" BIGINT, total BIGINT, grade VARCHAR),
  handover STRUCT(version BIGINT, "position" BIGINT, state VARCHAR, due BIGINT, owner VARCHAR),
  entered MAP(VARCHAR, BIGINT),
  permissions MAP(VARCHAR, STRUCT(version BIGINT, "position" BIGINT, withdrawn INTEGER, occurred_at BIGINT)),
  opportunities MAP(VARCHAR, {deal}),
  content BIGINT,
  asks MAP(BIGINT, {ask})
)
"""
_EMPTY_FACT: Final = """
CREATE OR REPLACE TEMP TABLE fact (
  event_id VARCHAR, place BIGINT, name VARCHAR, occurred BIGINT, recorded BIGINT, lead_id VARCHAR, lead_version BIGINT,
  data {data}
)
"""
_COPIES: Final = """
CREATE OR REPLACE TEMP TABLE copied AS
SELECT event_id FROM read_parquet({new}, union_by_name = true, hive_partitioning = false)
GROUP BY event_id HAVING count(*) > 1
"""
_NEW_FACTS: Final = """
INSERT INTO fact
SELECT {once} event_id, coalesce(try_cast(regexp_extract(event_id, '[.]([0-9]+)$', 1) AS BIGINT), 0), name,
  epoch_ms(occurred_at), epoch_ms(recorded_at), lead_id, lead_version, from_json(data, '{form}')
FROM read_parquet({new}, union_by_name = true, hive_partitioning = false)
WHERE lead_id <> ''
"""
_FORGET_FOLDED: Final = """
DELETE FROM fact WHERE event_id IN (
  SELECT event_id FROM read_parquet({folded}, union_by_name = true, hive_partitioning = false)
)
"""
_TOUCHED: Final = """
CREATE OR REPLACE TEMP TABLE touched AS
SELECT lead_id FROM fact
UNION
SELECT coalesce(nullif(data."loser_id", ''), nullif(data."member_id", ''), lead_id)
FROM fact WHERE name IN ('LeadMerged', 'LeadUnmerged')
"""
_CONCERNED: Final = """
CREATE OR REPLACE TEMP VIEW merge AS
FROM merged
UNION ALL
SELECT coalesce(nullif(data."loser_id", ''), lead_id), lead_id FROM fact WHERE name = 'LeadMerged';

CREATE OR REPLACE TEMP TABLE gone AS
WITH RECURSIVE up(lead_id) AS (
  SELECT lead_id FROM touched
  UNION
  SELECT merge.target FROM up JOIN merge USING (lead_id)
), down(lead_id) AS (
  SELECT lead_id FROM up
  UNION
  SELECT merge.lead_id FROM down JOIN merge ON merge.target = down.lead_id
)
SELECT lead_id FROM down
"""
_MERGED: Final = """
CREATE TEMP TABLE merged AS SELECT lead_id, alias.target AS target FROM lead WHERE alias.target <> ''
"""
_KEPT: Final = "CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM lead SEMI JOIN gone USING (lead_id)"
_PLACES: Final = "SELECT file_row_number FROM placed_lead SEMI JOIN gone USING (lead_id)"
_KEPT_AT: Final = """
CREATE OR REPLACE TEMP TABLE kept AS
SELECT * EXCLUDE (file_row_number) FROM placed_lead WHERE file_row_number IN ({places})
"""
FEW: Final = 5_000
"""Leads that are fetched by their places in the file, so that only groups of rows that hold some are decoded."""
ROW_GROUP: Final = 8_192
"""Rows of a group: as few as leave the file small and quick to open."""
_FOLD: Final = """
CREATE OR REPLACE TEMP TABLE folded AS
WITH old AS (
  SELECT * FROM kept SEMI JOIN touched USING (lead_id)
), heard AS (
  SELECT *,
    name = 'TouchpointRecorded' AND coalesce(data."human", 'true') = 'true' AS touched,
    struct_pack(
      occurred_at := occurred,
      touchpoint_id := coalesce(data."touchpoint_id", ''),
      kind := coalesce(data."kind", ''),
      channel := coalesce(data."channel", ''),
      source := coalesce(data."source", ''),
      campaign := coalesce(data."campaign", ''),
      content := coalesce(nullif(data."content", ''), data."path", '')
    ) AS touch
  FROM fact
), part AS (
  SELECT lead_id, version, created_at, updated_at, touches, first_touch, last_touch, alias, stage, company, grade,
    handover, content
  FROM old
  UNION ALL
  SELECT lead_id, max(lead_version), NULL, max(recorded), count(*), min(touch), max(touch), NULL, NULL, NULL, NULL,
    NULL, count(*) FILTER (touch.kind IN ({content}))
  FROM heard WHERE touched GROUP BY lead_id
  UNION ALL
  SELECT
    lead_id,
    lead_version,
    CASE WHEN name = 'LeadCaptured' THEN occurred END,
    recorded,
    0, NULL, NULL, NULL,
    CASE WHEN name = 'StageChanged' THEN struct_pack(
      version := lead_version, "position" := place, stage := coalesce(data."to_stage", ''), since := occurred) END,
    CASE WHEN name = 'CompanyLinked' THEN struct_pack(
      version := lead_version, "position" := place,
      company_id := coalesce(data."company_id", ''), "domain" := coalesce(data."domain", '')) END,
    CASE WHEN name = 'ScoreChanged' THEN struct_pack(
      version := lead_version, "position" := place,
      total := coalesce(data.total, 0), grade := coalesce(data."grade", '')) END,
    CASE WHEN told.state IS NOT NULL THEN struct_pack(
      version := lead_version, "position" := place, state := told.state,
      due := coalesce(nullif(data.due, 0), occurred), owner := coalesce(data."owner", '')) END,
    0
  FROM heard LEFT JOIN (VALUES {handovers}) told(fact, state) ON told.fact = heard.name
  WHERE NOT touched
  UNION ALL
  SELECT coalesce(nullif(data."loser_id", ''), nullif(data."member_id", ''), lead_id),
    0, NULL, 0, 0, NULL, NULL,
    struct_pack(recorded_at := recorded, version := lead_version, "position" := place,
                target := CASE WHEN name = 'LeadMerged' THEN lead_id ELSE '' END),
    NULL, NULL, NULL, NULL, 0
  FROM fact WHERE name IN ('LeadMerged', 'LeadUnmerged')
), head AS (
  SELECT lead_id, max(version) AS version, min(created_at) AS created_at, max(updated_at) AS updated_at,
    sum(touches)::BIGINT AS touches, min(first_touch) AS first_touch, max(last_touch) AS last_touch,
    max(alias) AS alias, max(stage) AS stage, max(company) AS company, max(grade) AS grade,
    max(handover) AS handover, sum(content)::BIGINT AS content
  FROM part GROUP BY lead_id
), entry AS (
  SELECT lead_id, unnest(map_keys(entered)) AS stage, unnest(map_values(entered)) AS instant FROM old
  UNION ALL
  SELECT lead_id, coalesce(data."to_stage", ''), occurred FROM fact WHERE name = 'StageChanged'
  UNION ALL
  SELECT lead_id, unnest(data.entered), occurred FROM fact WHERE name = 'StageChanged'
), first_entry AS (
  SELECT lead_id, stage, min(instant) AS instant FROM entry GROUP BY lead_id, stage
), entries AS (
  SELECT lead_id, map_from_entries(list(struct_pack(k := stage, v := instant) ORDER BY stage)) AS entered
  FROM first_entry GROUP BY lead_id
), said AS (
  SELECT lead_id, unnest(map_keys(permissions)) AS purpose, unnest(map_values(permissions)) AS permission FROM old
  UNION ALL
  SELECT lead_id, coalesce(data."purpose", ''), struct_pack(
    version := lead_version, "position" := place,
    withdrawn := CASE WHEN name = 'ConsentGiven' THEN 0 ELSE 1 END, occurred_at := occurred)
  FROM fact WHERE name IN ('ConsentGiven', 'ConsentWithdrawn', 'ConsentExpired')
), last_said AS (
  SELECT lead_id, purpose, max(permission) AS permission FROM said GROUP BY lead_id, purpose
), consents AS (
  SELECT lead_id, map_from_entries(list(struct_pack(k := purpose, v := permission) ORDER BY purpose)) AS permissions
  FROM last_said GROUP BY lead_id
), dealt AS (
  SELECT lead_id, unnest(map_keys(opportunities)) AS id, unnest(map_values(opportunities)) AS deal FROM old
  UNION ALL
  SELECT lead_id, coalesce(data."opportunity_id", ''), struct_pack(
    version := lead_version, "position" := place, state := coalesce(data."state", ''),
    amount := coalesce(data."amount", ''), currency := coalesce(data."currency", ''),
    opened_on := coalesce(data."opened_on", ''), closed_on := coalesce(data."closed_on", ''),
    company_id := coalesce(data."company_id", ''), told_at := occurred,
    origin := coalesce(data."origin", ''))
  FROM fact WHERE name = 'OpportunityChanged'
), last_dealt AS (
  SELECT lead_id, id, max(deal) AS deal FROM dealt GROUP BY lead_id, id
), deals AS (
  SELECT lead_id, map_from_entries(list(struct_pack(k := id, v := deal) ORDER BY id)) AS opportunities
  FROM last_dealt GROUP BY lead_id
), asked AS (
  SELECT lead_id, due, ask.requested_at AS requested_at, ask.overdue AS overdue, ask.answer AS answer
  FROM (SELECT lead_id, unnest(map_keys(asks)) AS due, unnest(map_values(asks)) AS ask FROM old)
  UNION ALL
  SELECT lead_id, coalesce(data.due, 0),
    CASE WHEN told.state = 'requested' THEN occurred END,
    CASE WHEN told.state = 'overdue' THEN struct_pack("at" := occurred, owner := coalesce(data."owner", '')) END,
    CASE WHEN told.state NOT IN ('requested', 'overdue') THEN struct_pack(
      "at" := occurred, state := told.state,
      in_time := CASE WHEN data."answered_in_time" = 'true' THEN 1 ELSE 0 END,
      owner := coalesce(data."owner", '')) END
  FROM fact JOIN (VALUES {handovers}) told(fact, state) ON told.fact = fact.name
), last_asked AS (
  SELECT lead_id, due, min(requested_at) AS requested_at, min(overdue) AS overdue, max(answer) AS answer
  FROM asked GROUP BY lead_id, due
), asks AS (
  SELECT lead_id, map_from_entries(list(struct_pack(
    k := due, v := struct_pack(requested_at := requested_at, overdue := overdue, answer := answer)) ORDER BY due)
  ) AS asks
  FROM last_asked GROUP BY lead_id
)
SELECT head.*,
  coalesce(entries.entered, map()::MAP(VARCHAR, BIGINT)) AS entered,
  coalesce(
    consents.permissions,
    map()::MAP(VARCHAR, STRUCT(version BIGINT, "position" BIGINT, withdrawn INTEGER, occurred_at BIGINT))
  ) AS permissions,
  coalesce(deals.opportunities, map()::MAP(VARCHAR, {deal})) AS opportunities,
  coalesce(asks.asks, map()::MAP(BIGINT, {ask})) AS asks
FROM head LEFT JOIN entries USING (lead_id) LEFT JOIN consents USING (lead_id) LEFT JOIN deals USING (lead_id)
LEFT JOIN asks USING (lead_id)
"""
_TOUCHES: Final = """
CREATE OR REPLACE TEMP VIEW heard_touch AS
SELECT recorded, lead_id, occurred AS occurred_at, coalesce(data."kind", '') AS kind,
  coalesce(data."channel", '') AS channel, coalesce(data."source", '') AS source,
  coalesce(data."campaign", '') AS campaign,
  coalesce(nullif(data."content", ''), data."path", '') AS content
FROM fact WHERE name = 'TouchpointRecorded' AND coalesce(data."human", 'true') = 'true'
"""


ALL_LEADS: Final = "FROM folded UNION ALL BY NAME SELECT * FROM lead ANTI JOIN touched USING (lead_id)"
"""All rows, new and unchanged."""


def begin(connection: DuckDBPyConnection, leads: Path | None) -> None:
    """Make ``lead``: the rows folded so far, in a file; None at the very beginning. Whatever is folded, it stays."""
    if leads is None:
        connection.execute(_NO_LEADS.format(deal=_DEAL, ask=_ASK, touch=_TOUCH))
    else:
        source = f"read_parquet({quoted(str(leads))}, file_row_number = true)"
        connection.execute(f"CREATE TEMP VIEW placed_lead AS FROM {source}")
    connection.execute("CREATE TEMP VIEW lead AS SELECT * EXCLUDE (file_row_number) FROM placed_lead")
    connection.execute(_MERGED)


def fold(connection: DuckDBPyConnection, new: list[Path], folded: list[Path]) -> int:
    """Make ``fact``, ``touched``, ``gone``, ``kept``, ``folded`` and ``heard_touch`` from new files, each fact once.

    Those of a fold before are replaced: nothing of it is left.

    Args:
        connection: where the tables are made; it has ``lead``.
        new: files of facts to be added.
        folded: files already in the state table that may hold copies of the same facts.

    Returns:
        How many facts were added.
    """
    connection.execute(_EMPTY_FACT.format(data=_DATA))
    if new:
        connection.execute(_COPIES.format(new=file_list(new)))
        # Telling copies apart is dear, and mostly there are none.
        once = "DISTINCT ON (event_id)" if scalar(connection, "SELECT count(*) FROM copied") else ""
        connection.execute(_NEW_FACTS.format(new=file_list(new), once=once, form=_FORM))
    if new and folded:
        connection.execute(_FORGET_FOLDED.format(folded=file_list(folded)))
    for statement in (_TOUCHED, *_CONCERNED.split(";")):
        connection.execute(statement)
    _keep(connection)
    connection.execute(_FOLD.format(deal=_DEAL, ask=_ASK, handovers=_HANDOVERS, content=_CONTENT))
    connection.execute(_TOUCHES)
    return scalar(connection, "SELECT count(*) FROM fact")


def _keep(connection: DuckDBPyConnection) -> None:
    if scalar(connection, "SELECT count(*) FROM gone") > FEW:
        connection.execute(_KEPT)
        return
    places = [str(place) for (place,) in connection.execute(_PLACES).fetchall()]
    connection.execute(_KEPT_AT.format(places=", ".join(places) or "-1"))


def save_leads(connection: DuckDBPyConnection, target: Path) -> int:
    """Write all rows to a file, those just folded first; returns how many there are.

    So leads about whom something was recorded lately lie together, and the next facts are mostly about them.
    """
    return scalar(
        connection,
        f"COPY ({ALL_LEADS}) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})",
    )


def pack(connection: DuckDBPyConnection, sources: list[Path], target: Path) -> None:
    """Write the facts of several files into one, each fact once."""
    connection.execute(
        "COPY (SELECT DISTINCT ON (event_id) * "  # noqa: S608
        f"FROM read_parquet({file_list(sources)}, union_by_name = true, hive_partitioning = false) "
        f"ORDER BY lead_id, lead_version, event_id) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)"
    )
