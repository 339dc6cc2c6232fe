"""The lake in memory: the definitions themselves, and a bucket for engines that want one."""

import hashlib
from collections.abc import Sequence

from shared.domain.insights.companies import companies
from shared.domain.insights.filters import LeadFilter
from shared.domain.insights.fold import fold
from shared.domain.insights.groups import (
    By,
    Figure,
    GroupCount,
    HandoverBy,
    HandoverCount,
    HandoverRow,
    SaleTimes,
    count_groups,
    count_handovers,
    handover_rows,
    leads_behind,
    sale_times,
)
from shared.domain.insights.metrics import Cohort, FunnelCounts, Grain, KpiCounts, count_funnel, count_kpis
from shared.domain.insights.model import FactRow, LeadId, LeadRow
from shared.domain.insights.opportunities import Opportunity, opportunities
from shared.domain.insights.persons import persons, root_of
from shared.domain.insights.touches import TouchBy, TouchCount, count_touches, touched_by
from shared.domain.instant import Instant
from shared.ports.lake import BuildResult, CompanyPage, FoundPage


class MemoryLake:
    """Facts in a dictionary by ``event_id``; FactLake and LeadInsights at once."""

    def __init__(self) -> None:
        self._facts: dict[str, FactRow] = {}
        self._built = 0

    def append(self, facts: Sequence[FactRow]) -> None:
        """Keep facts; the same facts again change nothing."""
        for fact in facts:
            self._facts.setdefault(fact.event_id, fact)

    def build(self) -> BuildResult:
        """Count what arrived since the last build; answers are always computed from all facts."""
        new, self._built = len(self._facts) - self._built, len(self._facts)
        return BuildResult(int(new > 0), new, len(self.rows()))

    def rows(self) -> dict[LeadId, LeadRow]:
        """The state table."""
        return fold({}, self._facts.values())

    def funnel(self, cohort: Cohort, grain: Grain) -> FunnelCounts:
        """Counts of the funnel."""
        return count_funnel(persons(self.rows()), cohort, grain)

    def kpis(self, cohort: Cohort) -> KpiCounts:
        """Counts of the key figures."""
        return count_kpis(persons(self.rows()), cohort)

    def search(self, asked: LeadFilter, *, after: tuple[Instant, LeadId] | None, limit: int) -> FoundPage:
        """Persons for whom a filter holds, newest cohort first."""
        found = sorted((-person.cohort_at, person.lead_id) for person in persons(self.rows()) if asked.holds(person))
        if after:
            found = [place for place in found if place > (-after[0], after[1])]
        page = [(-negative, lead_id) for negative, lead_id in found[:limit]]
        return FoundPage(tuple(lead_id for _, lead_id in page), page[-1] if len(found) > limit else None)

    def size(self, asked: LeadFilter) -> int:
        """How many persons a filter holds for."""
        return sum(asked.holds(person) for person in persons(self.rows()))

    def companies(self, text: str | None, *, after: tuple[Instant, str] | None, limit: int) -> CompanyPage:
        """Companies by id or a part of their domain, latest touched first."""
        found = companies(persons(self.rows()), text)
        if after:
            found = tuple(one for one in found if (-one.seen_at, one.company_id) > (-after[0], after[1]))
        page = found[:limit]
        return CompanyPage(page, (page[-1].seen_at, page[-1].company_id) if len(found) > limit else None)

    def handovers(self, state: str, *, after: tuple[Instant, LeadId] | None, limit: int) -> FoundPage:
        """Persons by where their hand-over stands, the first due first."""
        found = sorted(
            (person.handover.due, person.lead_id)
            for person in persons(self.rows())
            if person.handover and person.handover.state == state
        )
        page = [place for place in found if after is None or place > after][: limit + 1]
        ids = tuple(lead_id for _, lead_id in page[:limit])
        return FoundPage(ids, page[limit - 1] if len(page) > limit else None)

    def groups(self, cohort: Cohort, by: By) -> tuple[GroupCount, ...]:
        """Leads of each group."""
        return count_groups(persons(self.rows()), cohort, by)

    def sale_times(self, cohort: Cohort, now: Instant) -> SaleTimes:
        """Times to the sale."""
        return sale_times(persons(self.rows()), cohort, now)

    def opportunities(self) -> tuple[Opportunity, ...]:
        """Every opportunity once."""
        return opportunities(persons(self.rows()))

    def handover_rows(self, period: Cohort) -> tuple[HandoverRow, ...]:
        """Hand-overs requested in a period."""
        return handover_rows(persons(self.rows()), period)

    def handover_counts(self, period: Cohort, by: HandoverBy) -> tuple[HandoverCount, ...]:
        """Hand-overs requested in a period by group."""
        return count_handovers(self.handover_rows(period), by)

    def touches(self, period: Cohort, by: TouchBy) -> tuple[TouchCount, ...]:
        """Touches and the people who left them."""
        return count_touches(self._facts.values(), self._roots(), period, by)

    def touched_by(
        self, period: Cohort, by: TouchBy, label: str | None, *, after: LeadId, limit: int
    ) -> tuple[LeadId, ...]:
        """The people who left the touches of a group."""
        found = touched_by(self._facts.values(), self._roots(), period, by, label)
        return tuple(lead_id for lead_id in found if lead_id > after)[:limit]

    def _roots(self) -> dict[LeadId, LeadId]:
        rows = self.rows()
        return {name: root_of(rows, name)[0] for name in rows}

    def leads_behind(
        self, cohort: Cohort, by: By, label: str | None, figure: Figure, *, after: LeadId, limit: int
    ) -> tuple[LeadId, ...]:
        """The leads that a figure counts."""
        found = leads_behind(persons(self.rows()), cohort, by, label, figure)
        return tuple(lead_id for lead_id in found if lead_id > after)[:limit]


class MemoryObjects:
    """A bucket in memory."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def names(self, prefix: str) -> list[str]:
        """Keys below a prefix, in order."""
        return sorted(name for name in self._objects if name.startswith(prefix))

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Bytes and the tag of this version; None when there is no such object."""
        body = self._objects.get(name)
        return None if body is None else (body, _tag(body))

    def put(self, name: str, body: bytes) -> None:
        """Write an object, whatever was there."""
        self._objects[name] = body

    def put_if(self, name: str, body: bytes, tag: str | None) -> bool:
        """Write an object only if its version is still ``tag`` (None: only if it does not exist)."""
        held = self._objects.get(name)
        if (None if held is None else _tag(held)) != tag:
            return False
        self._objects[name] = body
        return True

    def remove(self, names: Sequence[str]) -> None:
        """Delete objects."""
        for name in names:
            self._objects.pop(name, None)


def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
