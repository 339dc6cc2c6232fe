"""The named queries: the SQL that the reports count with, each with columns that read like the report.

Nothing is counted here. What is added is what the reports do in Python after counting: labels, shares, days, and the
sums over stages. Money is infra/athena/money.py.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from infra.athena import money
from infra.athena.translate import to_athena
from shared.adapters.duckdb import count, lists, sales, touches
from shared.domain.insights.groups import NONE
from shared.domain.insights.metrics import LINE, SIDE
from shared.domain.instant import DAY, HOUR
from shared.domain.money.policy_model import MoneyPolicy


class NamedQuery(NamedTuple):
    """A query by name; ``text`` is in Athena's SQL."""

    name: str
    purpose: str
    text: str


MONTH: Final = "strftime(epoch_ms({instant}), '%Y-%m')"
GROUPINGS: Final = {
    "month": MONTH.format(instant="cohort_at"),
    **{by: f"coalesce(nullif({by}, ''), '{NONE}')" for by in ("channel", "campaign", "content", "owner")},
}
TOUCH_GROUPINGS: Final = {"month": MONTH.format(instant="occurred_at"), "channel": "channel", "kind": "kind"}

_EVERYBODY: Final = count.GROUPS.format(label="''")
_REACHED: Final = ", ".join(
    f"coalesce(sum(persons) FILTER (reach >= {place}), 0)::BIGINT AS reached_{stage}"
    for place, stage in enumerate(LINE)
)
_ENTERED: Final = ", ".join(f"entered_{stage}" for stage in (*LINE, *SIDE))
_WAITS: Final = ", ".join(
    f"round(wait_{stage}::DOUBLE / {DAY}, 2) AS median_days_{stage}" for stage, _ in pairwise(LINE)
)
_FUNNEL: Final = f"""
SELECT visitors, {", ".join(f"reached_{stage}" for stage in LINE)}, {_ENTERED}, {_WAITS}
FROM ({count.FUNNEL}) CROSS JOIN (SELECT {_REACHED} FROM ({_EVERYBODY}))
"""  # noqa: S608 (constants of this project)
_STAGES: Final = f"{count.STAGES} ORDER BY 2 DESC, 1"
_CONVERSION: Final = f"""
WITH counted AS (
  SELECT label, reached_inquiry AS leads, reached_mql AS mql, reached_sql AS sql, reached_customer AS customers
  FROM (SELECT label, {_REACHED} FROM ({count.GROUPS}) GROUP BY 1)
)
SELECT label, leads, mql, sql, customers, {{shares}} FROM counted ORDER BY {{order}}
"""  # noqa: S608 (constants of this project)
_SHARES: Final = {
    "lead_to_mql": ("mql", "leads"),
    "mql_to_sql": ("sql", "mql"),
    "sql_to_customer": ("customers", "sql"),
    "lead_to_sale": ("customers", "leads"),
}
_KEY_FIGURES: Final = f"""
SELECT visitors, leads, companies, round(touches::DOUBLE / nullif(leads, 0), 2) AS touches_per_lead, touches,
  round(wait_sql::DOUBLE / {DAY}, 2) AS median_days_to_sql
FROM ({count.KPIS})
"""  # noqa: S608 (constants of this project)
_TIME_TO_SALE: Final = f"""
SELECT sold AS customers, round(median_ms::DOUBLE / {DAY}, 2) AS median_days,
  round(total_ms::DOUBLE / nullif(sold, 0) / {DAY}, 2) AS mean_days
FROM ({sales.SALE_TIMES})
"""  # noqa: S608 (constants of this project)
_BY_OWNER: Final = f"""
WITH judged AS (
  SELECT coalesce(nullif(owner, ''), '{NONE}') AS owner, state, in_time, answered_at, requested_at,
    due <> 0 AND state <> 'requested' AS judged
  FROM ({sales.HANDOVERS})
), counted AS (
  SELECT owner, count(*) AS handovers, count(*) FILTER (state = 'requested') AS waiting,
    count(*) FILTER (state = 'overdue') AS overdue, count(*) FILTER (state = 'accepted') AS accepted,
    count(*) FILTER (state = 'rejected') AS rejected, count(*) FILTER (judged) AS judged,
    count(*) FILTER (judged AND in_time) AS in_time,
    median(greatest(0, answered_at - requested_at)) FILTER (answered_at IS NOT NULL) AS wait
  FROM judged GROUP BY owner
)
SELECT owner, handovers, waiting, overdue, accepted, rejected, in_time,
  round(in_time::DOUBLE / nullif(judged, 0), 4) AS in_time_share, round(wait::DOUBLE / {HOUR}, 2) AS median_hours
FROM counted ORDER BY owner
"""  # noqa: S608 (constants of this project)
_TOUCHES: Final = f"""
SELECT CASE WHEN whole = 1 THEN '' ELSE coalesce(nullif(label, ''), '{NONE}') END AS label, touches, people
FROM ({touches.COUNT}) ORDER BY whole, label
"""  # noqa: S608 (constants of this project)
_TOUCHED: Final = (
    "SELECT lead_id, date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', occurred_at) AS occurred_at, "
    "kind, channel, campaign, content FROM touches"
)


def named_queries(policy: MoneyPolicy) -> tuple[NamedQuery, ...]:
    """Every named query, with the exchange rates of an installation."""
    return tuple(NamedQuery(name, purpose, to_athena(query)) for name, purpose, query in _queries(policy))


def _queries(policy: MoneyPolicy) -> Iterator[tuple[str, str, str]]:
    yield "funnel", "stages of a cohort: reached, entered, median days to the next", _FUNNEL
    yield "stages", "persons of a cohort by the stage in which they stand", _STAGES
    yield "key_figures", "visitors, leads, companies and touches of a cohort", _KEY_FIGURES
    yield "consents", "leads of a cohort by purpose that is given now", count.CONSENTS
    for by, label in GROUPINGS.items():
        order = "1" if by == "month" else "customers DESC, leads DESC, 1"
        query = _CONVERSION.format(label=label, shares=_shares(), order=order)
        yield f"conversion_by_{by}", f"conversion of cohorts by {by}", query
    yield "time_to_sale", "days from the first touch to the sale, of those that bought", _TIME_TO_SALE
    yield "time_to_sale_by_day", "leads of a cohort by the day on which they bought or were still open", sales.WAITS
    yield "handovers", "hand-overs requested in a period", sales.HANDOVERS
    yield "handovers_by_owner", "hand-overs requested in a period, by who answered or is waited for", _BY_OWNER
    yield "companies", "companies, the latest touched first", lists.COMPANIES
    for by, label in TOUCH_GROUPINGS.items():
        query = _TOUCHES.format(label=label, source=_TOUCHED, **touches.BY_ID)
        yield f"touchpoints_by_{by}", f"touches and people of a period by {by}; the last line is the whole", query
    yield "opportunities", "every opportunity once, in money and with marketing's part", money.opportunities(policy)
    yield "spend", "marketing spend of a period by month and channel", money.spend(policy)
    yield "romi_by_channel", "spend, revenue and return of a period by channel", money.romi(policy)


def _shares() -> str:
    return ", ".join(
        f"round({part}::DOUBLE / nullif({whole}, 0), 4) AS {name}" for name, (part, whole) in _SHARES.items()
    )
