"""shared/domain/insights/opportunities.py as SQL over ``person``. Tests hold both equal.

A builder writes all of them to a file. A reader takes them from there, and computes again only those that facts since
then may have changed: there are tens of thousands, and an hour changes a few.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.engine import quoted, rows
from shared.adapters.duckdb.state import View
from shared.domain.insights.opportunities import SHOP, Opportunity
from shared.domain.insights.persons import UNASSIGNED

_TEMPLATE: Final = f"""
WITH dealt AS MATERIALIZED (
  SELECT lead_id, company_id, id, deal FROM (
    SELECT lead_id, company_id, unnest(opportunities, max_depth := 2) FROM person WHERE len(opportunities) > 0
  ) {{only}}
), holders AS (
  SELECT id, max(struct_pack(told_at := deal.told_at, deal := deal)).deal AS deal, list(lead_id ORDER BY lead_id)
    AS lead_ids, min(nullif(company_id, '')) AS company
  FROM dealt GROUP BY id
), told AS MATERIALIZED (
  SELECT id, deal, lead_ids, coalesce(nullif(deal.company_id, ''), company) AS company FROM holders
), buyer AS MATERIALIZED (
  SELECT lead_id, company_id, first_touch, consumed, asks FROM person
  WHERE company_id IN (SELECT company FROM told) OR lead_id IN (SELECT lead_id FROM dealt)
), people AS MATERIALIZED (
  SELECT id, lead_id FROM dealt
  UNION
  SELECT told.id, buyer.lead_id FROM told JOIN buyer ON buyer.company_id = told.company
), beginning AS (
  SELECT id, min(first_touch) AS first_touch, sum(consumed)::BIGINT AS consumed
  FROM people JOIN buyer USING (lead_id) GROUP BY id
), ask AS (
  SELECT lead_id, unnest(asks, max_depth := 2) FROM buyer WHERE len(asks) > 0
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
OPPORTUNITIES: Final = _TEMPLATE.format(only="")
_SOME: Final = _TEMPLATE.format(only="WHERE id IN (SELECT unnest($ids::VARCHAR[]))")
_CHANGED_IDS: Final = """
SELECT unnest(map_keys(opportunities)) AS id FROM kept
UNION
SELECT id FROM (SELECT unnest(opportunities, max_depth := 2) FROM fresh)
"""
_CHANGED_COMPANIES: Final = """
SELECT company.company_id FROM kept WHERE company.company_id <> ''
UNION
SELECT company_id FROM fresh WHERE company_id <> ''
"""


class KnownOpportunities:
    """All opportunities of the last question. One that did not change stays the very same object."""

    def __init__(self) -> None:
        self._view: View | None = None
        self._made: dict[str, Opportunity] = {}
        self._all: tuple[Opportunity, ...] = ()

    def read(self, connection: DuckDBPyConnection, view: View, made: Path | None) -> tuple[Opportunity, ...]:
        """Every opportunity once, by id. The same tuple as before while the view is the same object.

        Args:
            connection: has ``person``; ``fresh`` and ``kept``, too, when the view has new files.
            view: what the connection is of.
            made: the file of opportunities that the manifest names.
        """
        if self._view is view:
            return self._all
        if made is None:
            found = {deal.opportunity_id: deal for deal in _asked(connection, OPPORTUNITIES)}
        else:
            if self._view is None or self._view.manifest != view.manifest:
                self._made = self._same(_asked(connection, f"FROM read_parquet({quoted(str(made))})"))
            found = self._changed(connection) if view.new else self._made
        self._all = tuple([found[name] for name in sorted(found)])
        self._view = view
        return self._all

    def _changed(self, connection: DuckDBPyConnection) -> dict[str, Opportunity]:
        ids = changed_ids(connection, self._made)
        found = {name: deal for name, deal in self._made.items() if name not in ids}
        return found | self._same(_asked(connection, _SOME, ids=sorted(ids)))

    def _same(self, deals: Iterator[Opportunity]) -> dict[str, Opportunity]:
        """Those of before in place of equal ones."""
        known = {deal.opportunity_id: deal for deal in self._all}
        return {
            deal.opportunity_id: before if (before := known.get(deal.opportunity_id)) == deal else deal
            for deal in deals
        }


def save(connection: DuckDBPyConnection, target: Path) -> None:
    """Write every opportunity to a file."""
    connection.execute(f"COPY ({OPPORTUNITIES}) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)")


def changed_ids(connection: DuckDBPyConnection, made: Mapping[str, Opportunity]) -> set[str]:
    """Ids of opportunities that ``fresh`` persons may have changed.

    Some are theirs; others are of a company to which one of them belongs, or did before. ``made`` are all before.
    """
    ids = {name for (name,) in rows(connection, _CHANGED_IDS)}
    companies = {company for (company,) in rows(connection, _CHANGED_COMPANIES)}
    return ids.union(name for name, deal in made.items() if deal.company in companies)


def _asked(connection: DuckDBPyConnection, query: str, **given: Any) -> Iterator[Opportunity]:
    return (Opportunity._make((*row[:-1], tuple(row[-1]))) for row in rows(connection, query, **given))
