"""shared/domain/money/returns.py over the SQL of opportunities and costs, for an engine that has no Python.

Tests hold both equal. Rates are those of money.yaml at the time of the deployment, each with the months it holds for.
"""

from collections.abc import Iterator
from typing import Final

from shared.adapters.duckdb import costs
from shared.adapters.duckdb import opportunities as deals
from shared.adapters.duckdb.engine import quoted
from shared.domain.insights.groups import NONE
from shared.domain.money.amounts import LARGEST, Rates
from shared.domain.money.policy_model import MoneyPolicy

_AMOUNT: Final = "DECIMAL(20, 4)"
_RATE: Final = "DECIMAL(16, 8)"
"""Together within the 38 digits of an exact product, and beyond the 18 at which some engines stop."""
_MONEY: Final = "DECIMAL(38, 2)"
_STATED: Final = "^-{0,1}[0-9]{1,13}([.][0-9]{1,4}){0,1}$"
"""What shared/domain/money/amounts.py takes for an amount; without question marks, which would look like parameters."""
_HOLDS: Final = "substr(day, 1, 7) >= since AND (ends = '' OR substr(day, 1, 7) < ends)"
_IN_PERIOD: Final = "{day} >= $first_day AND {day} <= $last_day"
_SPEND: Final = f"""
SELECT substr(day, 1, 7) AS month, coalesce(nullif(channel, ''), '{NONE}') AS channel,
  coalesce(sum(converted), 0)::{_MONEY} AS spend, count(*) - count(converted) AS unconverted
FROM cost WHERE {_IN_PERIOD.format(day="day")} GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 (constants of this project)
_ROMI: Final = f"""
line AS (
  SELECT coalesce(nullif(channel, ''), '{NONE}') AS label, converted AS spend, NULL::{_MONEY} AS revenue,
    NULL::{_MONEY} AS won, 0 AS opportunities, 0 AS won_opportunities,
    CASE WHEN converted IS NULL THEN 1 ELSE 0 END AS unconverted
  FROM cost WHERE {_IN_PERIOD.format(day="day")}
  UNION ALL
  SELECT coalesce(nullif(channel, ''), '{NONE}'), NULL, CASE WHEN marketing THEN converted END, converted,
    CASE WHEN marketing THEN 1 ELSE 0 END, 1, CASE WHEN converted IS NULL THEN 1 ELSE 0 END
  FROM sale WHERE state = 'won' AND {_IN_PERIOD.format(day="closed_on")}
), total AS (
  SELECT label, coalesce(sum(spend), 0)::{_MONEY} AS spend, coalesce(sum(revenue), 0)::{_MONEY} AS revenue,
    coalesce(sum(won), 0)::{_MONEY} AS won, sum(opportunities)::BIGINT AS opportunities,
    sum(won_opportunities)::BIGINT AS won_opportunities, sum(unconverted)::BIGINT AS unconverted
  FROM line GROUP BY 1
)
SELECT label, spend, revenue, opportunities, won, won_opportunities,
  round((revenue - spend)::DOUBLE / nullif(spend, 0)::DOUBLE, 4) AS romi, unconverted
FROM total ORDER BY revenue DESC, spend DESC, label
"""  # noqa: S608 (constants of this project)


def opportunities(policy: MoneyPolicy) -> str:
    """Every opportunity once, with its amount in the reporting currency (``converted``)."""
    return f"WITH {_rates(policy.rates)}, {_sales(policy.rates)} SELECT * FROM sale ORDER BY id"  # noqa: S608 (as above)


def spend(policy: MoneyPolicy) -> str:
    """Marketing spend of a period by month and channel."""
    return f"WITH {_rates(policy.rates)}, {_costs(policy)} {_SPEND}"


def romi(policy: MoneyPolicy) -> str:
    """Spend, revenue and return of a period by channel."""
    return f"WITH {_rates(policy.rates)}, {_sales(policy.rates)}, {_costs(policy)}, {_ROMI}"


def _rates(rates: Rates) -> str:
    """A row for each rate with the months from which and before which it holds; that of the reporting currency is 1."""
    rows = ", ".join(f"({', '.join(quoted(value) for value in row)})" for row in _rows(rates))
    return (
        f"rate AS (SELECT unit, since, ends, worth::{_RATE} AS worth "  # noqa: S608 (texts of a checked policy, quoted)
        f"FROM (VALUES {rows}) listed(unit, since, ends, worth))"
    )


def _rows(rates: Rates) -> Iterator[tuple[str, str, str, str]]:
    yield rates.currency, "", "", "1"
    for currency, months in sorted(rates.months.items()):
        ends = [*(month for month, _ in months[1:]), ""]
        if currency != rates.currency:
            yield from ((currency, since, end, f"{worth:f}") for (since, worth), end in zip(months, ends, strict=True))


def _sales(rates: Rates) -> str:
    return f"""opportunity AS (
      {deals.OPPORTUNITIES}
    ), dated AS (
      SELECT *, coalesce(nullif(closed_on, ''), opened_on) AS day,
        coalesce(nullif(currency, ''), {quoted(rates.currency)}) AS stated_in,
        CASE WHEN regexp_matches(amount, '{_STATED}') THEN try_cast(amount AS {_AMOUNT}) END AS stated
      FROM opportunity
    ), sale AS (
      SELECT id, state, amount, currency, opened_on, closed_on, company, marketing, channel, campaign, content, owner,
        consumed, origin, lead_ids,
        round(CASE WHEN day <> '' AND abs(stated) < {LARGEST} THEN stated * worth END, 2)::{_MONEY} AS converted
      FROM dated LEFT JOIN rate ON unit = stated_in AND {_HOLDS}
    )"""  # noqa: S608 (constants and quoted texts of this project)


def _costs(policy: MoneyPolicy) -> str:
    kinds = ", ".join(quoted(kind) for kind in sorted(policy.spend))
    read = costs.READ.replace("read_parquet({files})", "costs")
    return f"""cost AS (
      SELECT day, channel, round(amount::{_AMOUNT} * worth, 2)::{_MONEY} AS converted
      FROM ({read}) LEFT JOIN rate ON unit = currency AND {_HOLDS} WHERE kind IN ({kinds})
    )"""  # noqa: S608 (constants and quoted texts of this project)
