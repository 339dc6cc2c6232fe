"""shared/domain/insights/{metrics,groups}.py as SQL over the view ``person``. Tests hold both equal.

Counts are taken per day and stage and added up in Python: what is grouped by day has a few thousand groups, however
many persons there are, and a week or month is the sum of its days because a person is in one day only.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.engine import rows
from shared.domain.insights.groups import GRAINS, LEAST, NONE, SOLD, By, Figure, GroupCount
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
    label_of,
)
from shared.domain.insights.model import LeadId
from shared.domain.instant import DAY

_IN_COHORT: Final = "cohort_at >= coalesce($start, cohort_at) AND cohort_at < coalesce($stop, cohort_at + 1)"
_WAITS: Final = ", ".join(
    f"median(greatest(0, at_{later} - at_{stage})) FILTER (at_{later} - at_{stage} IS NOT NULL) AS wait_{stage}"
    for stage, later in pairwise(LINE)
)
_ENTERED: Final = ", ".join(f"count(at_{stage}) AS entered_{stage}" for stage in (*LINE, *SIDE))
FUNNEL: Final = f"""
SELECT count(*) FILTER (reach < 0 AND touches > 0) AS visitors, {_ENTERED}, {_WAITS} FROM person WHERE {_IN_COHORT}
"""  # noqa: S608 (constants of this project)
STAGES: Final = f"SELECT stage, count(*) AS persons FROM person WHERE {_IN_COHORT} GROUP BY stage"  # noqa: S608
GROUPS: Final = f"""
SELECT {{label}} AS label, reach, count(*) AS persons FROM person WHERE reach >= 0 AND {_IN_COHORT} GROUP BY 1, 2
"""  # noqa: S608 (constants of this project)
KPIS: Final = f"""
SELECT count(*) FILTER (reach < 0 AND touches > 0) AS visitors, count(*) FILTER (reach >= 0) AS leads,
  count(DISTINCT company_id) FILTER (reach >= 0 AND company_id <> '') AS companies,
  coalesce(sum(touches) FILTER (reach >= 0), 0)::BIGINT AS touches,
  median(greatest(0, at_sql - cohort_at)) FILTER (reach >= 0 AND at_sql IS NOT NULL) AS wait_sql
FROM person WHERE {_IN_COHORT}
"""  # noqa: S608 (constants of this project)
CONSENTS: Final = f"""
SELECT purpose, count(*) AS leads
FROM (SELECT unnest(consents) AS purpose FROM person WHERE reach >= 0 AND {_IN_COHORT})
GROUP BY purpose ORDER BY purpose
"""  # noqa: S608 (constants of this project)
_BEHIND: Final = f"""
SELECT lead_id FROM person
WHERE reach >= $least AND {_IN_COHORT} AND lead_id > $after AND ($sold OR at_{SOLD} IS NULL) {{labelled}}
ORDER BY lead_id LIMIT $limit
"""  # noqa: S608 (constants of this project)
_NAMES: Final = {"channel": "channel", "campaign": "campaign", "content": "content", "owner": "owner"}
_FORMS: Final = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def funnel(connection: DuckDBPyConnection, cohort: Cohort, grain: Grain) -> FunnelCounts:
    """Count the funnel."""
    row = _one(connection, FUNNEL, cohort)
    entered = dict(zip((*LINE, *SIDE), row[1:], strict=False))
    waits = [*row[1 + len(entered) :], None]
    now = dict(rows(connection, STAGES, start=cohort.start, stop=cohort.end))
    cohorts = groups(connection, cohort, grain)
    reached = _summed(cohorts)
    line = tuple(
        StageCount(stage, reached[place], entered[stage], now.get(stage, 0), waits[place])
        for place, stage in enumerate(LINE)
    )
    side = tuple(StageCount(stage, entered[stage], entered[stage], now.get(stage, 0), None) for stage in SIDE)
    return FunnelCounts(line, side, tuple(CohortCount(*one) for one in cohorts), row[0])


def kpis(connection: DuckDBPyConnection, cohort: Cohort) -> KpiCounts:
    """Count the key figures."""
    visitors, leads, companies, touches, to_sql = _one(connection, KPIS, cohort)
    channels = [ChannelCount(*one) for one in _grouped(connection, cohort, "channel")]
    return KpiCounts(
        visitors=visitors,
        leads=leads,
        companies=companies,
        touches=touches,
        reached=_summed(channels),
        median_ms_to_sql=to_sql,
        consents=dict(rows(connection, CONSENTS, start=cohort.start, stop=cohort.end)),
        channels=tuple(sorted(channels, key=lambda one: (-one.reached[0], one.channel))),
    )


def groups(connection: DuckDBPyConnection, cohort: Cohort, by: By) -> tuple[GroupCount, ...]:
    """Leads of each group, in order of label."""
    if by in GRAINS:
        return _grouped(connection, cohort, f"cohort_at // {DAY}", lambda day: label_of(day * DAY, by))
    return _grouped(connection, cohort, _NAMES[by], lambda label: label or NONE)


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
    form = f"strftime(epoch_ms(cohort_at), '{_FORMS[by]}')" if by in GRAINS else _NAMES[by]
    labelled = "" if label is None else f"AND coalesce(nullif({form}, ''), '{NONE}') = $label"
    found = rows(
        connection,
        _BEHIND.format(labelled=labelled),
        start=cohort.start,
        stop=cohort.end,
        least=LEAST[figure],
        label=label,
        after=after,
        sold=figure != "open",
        limit=limit,
    )
    return tuple(lead_id for (lead_id,) in found)


def _grouped(
    connection: DuckDBPyConnection, cohort: Cohort, column: str, name: Any = lambda label: label
) -> tuple[GroupCount, ...]:
    counted: dict[str, list[int]] = {}
    for value, reach, number in rows(connection, GROUPS.format(label=column), start=cohort.start, stop=cohort.end):
        reached = counted.setdefault(name(value), [0] * len(LINE))
        for place in range(reach + 1):
            reached[place] += number
    return tuple(GroupCount(label, tuple(counted[label])) for label in sorted(counted))


def _summed(counts: Iterable[Any]) -> tuple[int, ...]:
    sums: Sequence[int] = [0] * len(LINE)
    for one in counts:
        sums = [held + more for held, more in zip(sums, one.reached, strict=True)]
    return tuple(sums)


def _one(connection: DuckDBPyConnection, query: str, cohort: Cohort) -> tuple[Any, ...]:
    found: tuple[Any, ...] = rows(connection, query, start=cohort.start, stop=cohort.end)[0]
    return found
