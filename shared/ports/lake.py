"""Where facts are kept for analysis, and the state table that is folded from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.insights.companies import CompanyCount
from shared.domain.insights.filters import LeadFilter
from shared.domain.insights.groups import By, Figure, GroupCount, HandoverBy, HandoverCount, HandoverRow, SaleTimes
from shared.domain.insights.metrics import Cohort, FunnelCounts, Grain, KpiCounts
from shared.domain.insights.model import FactRow, LeadId, LeadRow
from shared.domain.insights.opportunities import Opportunity
from shared.domain.insights.touches import TouchBy, TouchCount
from shared.domain.instant import Instant


class LakeBusy(Exception):
    """Another builder published a state table first. Nothing was changed; the next run continues from there."""


class FactLake(Protocol):
    """All facts ever published, without personal data. Written at least once, read exactly once by ``event_id``."""

    def append(self, facts: Sequence[FactRow]) -> None:
        """Keep facts. Durable when it returns; the same facts again change nothing."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did: files and facts folded (duplicates excluded), rows of the state table afterwards."""

    files: int
    facts: int
    leads: int


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Root leads, newest first, and the place where the next page begins (None at the end)."""

    lead_ids: tuple[LeadId, ...]
    after: tuple[Instant, LeadId] | None


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """Companies, latest touched first, and the place where the next page begins (None at the end)."""

    items: tuple[CompanyCount, ...]
    after: tuple[Instant, str] | None


class LeadInsights(Protocol):
    """Questions over all leads. Answers include every fact in the lake, folded or not."""

    def build(self) -> BuildResult:
        """Fold facts that arrived since the last build into the state; of a great backlog the oldest part.

        Raises:
            LakeBusy: another builder was faster; nothing was changed.
        """

    def rows(self) -> dict[LeadId, LeadRow]:
        """The state table with all facts folded in. For tests and small installations."""

    def funnel(self, cohort: Cohort, grain: Grain) -> FunnelCounts:
        """Counts of the funnel, as shared.domain.insights.metrics defines them."""

    def kpis(self, cohort: Cohort) -> KpiCounts:
        """Counts of the key figures."""

    def search(self, asked: LeadFilter, *, after: tuple[Instant, LeadId] | None, limit: int) -> FoundPage:
        """Persons for whom a filter holds, newest cohort first."""

    def size(self, asked: LeadFilter) -> int:
        """How many persons a filter holds for."""

    def companies(self, text: str | None, *, after: tuple[Instant, str] | None, limit: int) -> CompanyPage:
        """Companies by id or a part of their domain, latest touched first."""

    def handovers(self, state: str, *, after: tuple[Instant, LeadId] | None, limit: int) -> FoundPage:
        """Persons whose hand-over was last told to be in that state, the first due first."""

    def groups(self, cohort: Cohort, by: By) -> tuple[GroupCount, ...]:
        """Leads of each group, as shared.domain.insights.groups defines them."""

    def sale_times(self, cohort: Cohort, now: Instant) -> SaleTimes:
        """Times to the sale, as of now."""

    def opportunities(self) -> tuple[Opportunity, ...]:
        """Every opportunity once, as shared.domain.insights.opportunities defines them."""

    def handover_rows(self, period: Cohort) -> tuple[HandoverRow, ...]:
        """Hand-overs requested in a period."""

    def handover_counts(self, period: Cohort, by: HandoverBy) -> tuple[HandoverCount, ...]:
        """Hand-overs requested in a period by group; the last is the whole."""

    def touches(self, period: Cohort, by: TouchBy) -> tuple[TouchCount, ...]:
        """Touches and the people who left them, as shared.domain.insights.touches defines them."""

    def touched_by(
        self, period: Cohort, by: TouchBy, label: str | None, *, after: LeadId, limit: int
    ) -> tuple[LeadId, ...]:
        """The people who left the touches of a group, in order of id, those after ``after``."""

    def leads_behind(
        self, cohort: Cohort, by: By, label: str | None, figure: Figure, *, after: LeadId, limit: int
    ) -> tuple[LeadId, ...]:
        """The leads that a figure counts, in order of id, those after ``after``."""
