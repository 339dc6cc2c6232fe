"""LeadInsights on Parquet files in a bucket. Facts that no builder has folded yet are folded at read."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb import count, fold, lists, persons, sales, touches
from shared.adapters.duckdb.build import Builder
from shared.adapters.duckdb.engine import connect, session
from shared.adapters.duckdb.lake import Objects
from shared.adapters.duckdb.links import Links
from shared.adapters.duckdb.opportunities import KnownOpportunities
from shared.adapters.duckdb.state import LocalFiles, Stale, View, look
from shared.domain.insights.filters import LeadFilter
from shared.domain.insights.groups import By, Figure, GroupCount, HandoverBy, HandoverCount, HandoverRow, SaleTimes
from shared.domain.insights.metrics import Cohort, FunnelCounts, Grain, KpiCounts
from shared.domain.insights.model import (
    Alias,
    Answer,
    Ask,
    Company,
    Deal,
    Grade,
    Handover,
    LeadId,
    LeadRow,
    Overdue,
    Permission,
    Stage,
    Touch,
)
from shared.domain.insights.opportunities import Opportunity
from shared.domain.insights.touches import TouchBy, TouchCount
from shared.domain.instant import Instant
from shared.ports.lake import BuildResult, CompanyPage, FoundPage, LakeBusy

T = TypeVar("T")

_TRIES: Final = 4


class ParquetInsights:
    """Builds and reads the state. Keeps what it has read, which never changes, for the next call.

    A question costs one look at the manifest and one listing, and nothing else while the lake stays as it is. With
    ``root``, the address of the bucket (``s3://bucket/``), builds tell other engines which files hold.
    """

    def __init__(self, objects: Objects, root: str | None = None) -> None:
        self._objects = objects
        self._files = LocalFiles(objects, "insights-")
        self._builder = Builder(objects, LocalFiles(objects, "build-"), Links(objects, root) if root else None)
        self._lock = Lock()
        self._view: View | None = None
        self._connection: DuckDBPyConnection | None = None
        self._begun = False
        self._opportunities = KnownOpportunities()

    def build(self) -> BuildResult:
        """Fold new files, the oldest first, pack busy days, and replace the manifest if nobody else did.

        Raises:
            LakeBusy: another builder was faster; nothing was changed.
        """
        try:
            return self._builder.build()
        except Stale as stale:
            raise LakeBusy from stale

    def rows(self) -> dict[LeadId, LeadRow]:
        """All rows of leads with all facts folded in."""

        def read(_: DuckDBPyConnection, view: View) -> dict[LeadId, LeadRow]:
            known = view.manifest.leads
            with session(self._files.directory) as connection:
                fold.begin(connection, self._files.fetch([known])[0] if known else None)
                fold.fold(connection, self._files.fetch(view.new), self._files.fetch(view.beside))
                cursor = connection.execute(fold.ALL_LEADS)
                columns = [column[0] for column in cursor.description or ()]
                found = [_row(dict(zip(columns, values, strict=True))) for values in cursor.fetchall()]
            return {row.lead_id: row for row in found}

        return self._ask(read)

    def funnel(self, cohort: Cohort, grain: Grain) -> FunnelCounts:
        """Counts of the funnel."""
        return self._ask(lambda connection, _: count.funnel(connection, cohort, grain))

    def kpis(self, cohort: Cohort) -> KpiCounts:
        """Counts of the key figures."""
        return self._ask(lambda connection, _: count.kpis(connection, cohort))

    def search(self, asked: LeadFilter, *, after: tuple[Instant, LeadId] | None, limit: int) -> FoundPage:
        """Persons for whom a filter holds, newest cohort first."""
        return self._ask(lambda connection, _: lists.search(connection, asked, after, limit))

    def size(self, asked: LeadFilter) -> int:
        """How many persons a filter holds for."""
        return self._ask(lambda connection, _: lists.size(connection, asked))

    def companies(self, text: str | None, *, after: tuple[Instant, str] | None, limit: int) -> CompanyPage:
        """Companies by id or a part of their domain, latest touched first."""
        return self._ask(lambda connection, _: lists.companies(connection, text, after, limit))

    def handovers(self, state: str, *, after: tuple[Instant, LeadId] | None, limit: int) -> FoundPage:
        """Persons by where their hand-over stands, the first due first."""
        return self._ask(lambda connection, _: lists.handovers(connection, state, after, limit))

    def groups(self, cohort: Cohort, by: By) -> tuple[GroupCount, ...]:
        """Leads of each group."""
        return self._ask(lambda connection, _: count.groups(connection, cohort, by))

    def sale_times(self, cohort: Cohort, now: Instant) -> SaleTimes:
        """Times to the sale."""
        return self._ask(lambda connection, _: sales.sale_times(connection, cohort, now))

    def opportunities(self) -> tuple[Opportunity, ...]:
        """Every opportunity once. The same tuple as before while the lake stays as it is."""

        def read(connection: DuckDBPyConnection, view: View) -> tuple[Opportunity, ...]:
            made = view.manifest.opportunities
            return self._opportunities.read(connection, view, self._files.fetch([made])[0] if made else None)

        return self._ask(read)

    def handover_rows(self, period: Cohort) -> tuple[HandoverRow, ...]:
        """Hand-overs requested in a period."""
        return self._ask(lambda connection, _: sales.handover_rows(connection, period))

    def handover_counts(self, period: Cohort, by: HandoverBy) -> tuple[HandoverCount, ...]:
        """Hand-overs requested in a period by group."""
        return self._ask(lambda connection, _: sales.handover_counts(connection, period, by))

    def leads_behind(
        self, cohort: Cohort, by: By, label: str | None, figure: Figure, *, after: LeadId, limit: int
    ) -> tuple[LeadId, ...]:
        """The leads that a figure counts."""
        return self._ask(lambda connection, _: count.leads_behind(connection, cohort, by, label, figure, after, limit))

    def touches(self, period: Cohort, by: TouchBy) -> tuple[TouchCount, ...]:
        """Touches and the people who left them."""

        def read(connection: DuckDBPyConnection, view: View) -> tuple[TouchCount, ...]:
            files = self._files.fetch(touches.relevant(view.manifest.touches, period))
            return touches.count_touches(connection, files, period, by, more=bool(view.new))

        return self._ask(read)

    def touched_by(
        self, period: Cohort, by: TouchBy, label: str | None, *, after: LeadId, limit: int
    ) -> tuple[LeadId, ...]:
        """The people who left the touches of a group."""

        def read(connection: DuckDBPyConnection, view: View) -> tuple[LeadId, ...]:
            files = self._files.fetch(touches.relevant(view.manifest.touches, period))
            more = bool(view.new)
            return touches.touched_by(connection, files, period, by, label, after=after, limit=limit, more=more)

        return self._ask(read)

    def _ask(self, question: Callable[[DuckDBPyConnection, View], T]) -> T:
        """Put a question to everything there is at one moment."""
        with self._lock:
            for _ in range(_TRIES):
                try:
                    return question(*self._ready(look(self._objects)))
                except Stale:
                    self._forget()
                except BaseException:
                    # Tables may be half made; the next question starts from the files.
                    self._forget()
                    raise
        raise LakeBusy

    def _ready(self, view: View) -> tuple[DuckDBPyConnection, View]:
        """A connection with ``person``, and the view it is of: the very same object while nothing changes.

        While nobody builds, all that is new since the manifest is folded again into what is open.
        """
        if self._connection is None or self._view is None or self._view.manifest != view.manifest:
            self._forget()
            self._connection = connect(self._files.directory)
        if self._view != view:
            self._prepare(self._connection, view)
            self._view = view
            self._files.keep({*view.manifest.files, *view.new, *view.beside})
        assert self._view is not None  # noqa: S101 (set with the connection)
        return self._connection, self._view

    def _prepare(self, connection: DuckDBPyConnection, view: View) -> None:
        made = self._files.fetch([view.manifest.persons])[0] if view.manifest.persons else None
        if made and not view.new:
            persons.load(connection, made)
            return
        if not self._begun:
            known = view.manifest.leads
            fold.begin(connection, self._files.fetch([known])[0] if known else None)
            self._begun = True
        fold.fold(connection, self._files.fetch(view.new), self._files.fetch(view.beside))
        persons.gather(connection, made)

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._view = None
        self._begun = False


def _row(values: dict[str, Any]) -> LeadRow:
    registers = {
        "first_touch": Touch, "last_touch": Touch, "alias": Alias, "stage": Stage, "company": Company, "grade": Grade,
        "handover": Handover,
    }  # fmt: skip
    for name, register in registers.items():
        if values[name] is not None:
            values[name] = register(**values[name])
    values["permissions"] = {purpose: Permission(**said) for purpose, said in values["permissions"].items()}
    values["opportunities"] = {key: Deal(**deal) for key, deal in values["opportunities"].items()}
    values["asks"] = {due: _ask(**ask) for due, ask in values["asks"].items()}
    return LeadRow(**values)


def _ask(requested_at: Instant | None, overdue: dict[str, Any] | None, answer: dict[str, Any] | None) -> Ask:
    return Ask(requested_at, Overdue(**overdue) if overdue else None, Answer(**answer) if answer else None)
