"""Lists of persons and companies, page by page, as SQL over the view ``person``."""

from typing import Any, Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb.engine import rows
from shared.domain.insights.companies import CompanyCount
from shared.domain.insights.filters import LeadFilter
from shared.domain.insights.model import LeadId
from shared.domain.instant import Instant
from shared.ports.lake import CompanyPage, FoundPage

_PARTS: Final = {
    "stage": "stage = $stage",
    "company": '(company_id = $company OR contains("domain", lower($company)))',
    "channel": "channel = $channel",
    "campaign": "campaign = $campaign",
    "content": "content = $content",
    "owner": "owner = $owner",
    "grade": "starts_with(grade, $grade)",
    "handover": "handover = $handover",
    "consent": "list_contains(consents, $consent)",
    "start": "cohort_at >= $start",
    "stop": "cohort_at < $stop",
}
_SEARCH: Final = """
SELECT cohort_at, lead_id FROM person WHERE {holds} {later} ORDER BY cohort_at DESC, lead_id LIMIT $limit
"""
_LATER: Final = "AND (cohort_at < $instant OR (cohort_at = $instant AND lead_id > $lead_id))"
_HANDOVERS: Final = """
SELECT due, lead_id FROM person
WHERE handover = $state
  AND ($instant IS NULL OR due > $instant OR (due = $instant AND lead_id > $lead_id))
ORDER BY due, lead_id LIMIT $limit
"""
COMPANIES: Final = """
SELECT company_id, coalesce(max("domain"), '') AS "domain", count(*) AS people, count(*) FILTER (reach >= 0) AS leads,
  max(reach)::INTEGER AS reach, sum(touches)::BIGINT AS touches, sum(consumed)::BIGINT AS content,
  max(seen_at) AS seen_at
FROM person WHERE company_id <> '' GROUP BY company_id
HAVING ($text IS NULL OR company_id = $text OR contains("domain", lower($text)))
  AND ($instant IS NULL OR seen_at < $instant OR (seen_at = $instant AND company_id > $company_id))
ORDER BY seen_at DESC, company_id LIMIT $limit
"""


def search(
    connection: DuckDBPyConnection, asked: LeadFilter, after: tuple[Instant, LeadId] | None, limit: int
) -> FoundPage:
    """Persons for whom a filter holds, newest cohort first."""
    holds, given = _condition(asked)
    if after:
        given |= {"instant": after[0], "lead_id": after[1]}
    query = _SEARCH.format(holds=holds, later=_LATER if after else "")
    return _page(rows(connection, query, **given, limit=limit + 1), limit)


def size(connection: DuckDBPyConnection, asked: LeadFilter) -> int:
    """How many persons a filter holds for."""
    holds, given = _condition(asked)
    found: int = rows(connection, f"SELECT count(*) FROM person WHERE {holds}", **given)[0][0]  # noqa: S608
    return found


def handovers(
    connection: DuckDBPyConnection, state: str, after: tuple[Instant, LeadId] | None, limit: int
) -> FoundPage:
    """Persons by where their hand-over stands, the first due first."""
    instant, lead_id = after or (None, "")
    return _page(rows(connection, _HANDOVERS, state=state, instant=instant, lead_id=lead_id, limit=limit + 1), limit)


def companies(
    connection: DuckDBPyConnection, text: str | None, after: tuple[Instant, str] | None, limit: int
) -> CompanyPage:
    """Companies, latest touched first."""
    instant, company_id = after or (None, "")
    given = {"text": text, "instant": instant, "company_id": company_id, "limit": limit + 1}
    found = [CompanyCount(*row) for row in rows(connection, COMPANIES, **given)]
    page = found[:limit]
    return CompanyPage(tuple(page), (page[-1].seen_at, page[-1].company_id) if len(found) > limit else None)


def _condition(asked: LeadFilter) -> tuple[str, dict[str, Any]]:
    parts = {**asked._asdict(), "start": asked.cohort.start, "stop": asked.cohort.end}
    given = {name: value for name, value in parts.items() if name in _PARTS and value is not None}
    return " AND ".join(["true", *(_PARTS[name] for name in given)]), given


def _page(found: list[Any], limit: int) -> FoundPage:
    page = found[:limit]
    return FoundPage(tuple(lead_id for _, lead_id in page), page[-1] if len(found) > limit else None)
