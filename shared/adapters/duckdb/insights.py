"""The state table in the lake: one Parquet object that names, in its metadata, the files of facts folded into it.

Because rows and list are one object, replaced on condition of its version, two builders cannot corrupt it and a
reader never sees one without the other. Facts in files not yet in the list are folded at read.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb import count, fold, sales
from shared.adapters.duckdb.engine import session
from shared.adapters.duckdb.lake import FACTS, Objects, digest
from shared.domain.insights.groups import By, Figure, GroupCount, HandoverRow, SaleTimes
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
from shared.domain.instant import Instant
from shared.ports.lake import BuildResult, FoundPage, LakeBusy

T = TypeVar("T")

STATE: Final = "state/leads.parquet"
LAYOUT: Final = 3
"""Version of the columns of the state table. One of another layout is not read but folded again from all facts."""
PACK_FROM: Final = 32
"""Files of one day from which they are packed into one, so that neither lists nor downloads grow with traffic."""
_TRIES: Final = 4


class _Stale(Exception):
    """A builder packed files after this reader read the state table; read it again."""


@dataclass(frozen=True, slots=True)
class _Lake:
    """The lake at one moment: the state object, what is folded into it, and what is not."""

    state: Path | None
    tag: str | None
    folded: frozenset[str]
    new: tuple[str, ...]
    beside: tuple[str, ...]
    """Folded files of the days of new ones: only they can hold copies of the same facts."""


class ParquetInsights:
    """Builds and reads the state table. Keeps downloaded files of facts, which never change, for the next call."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._folder = tempfile.TemporaryDirectory(prefix="insights-")
        self._directory = Path(self._folder.name).resolve()

    def build(self) -> BuildResult:
        """Fold new files, pack busy days, and replace the state object if nobody else did.

        Raises:
            LakeBusy: another builder was faster; nothing was changed.
        """
        try:
            return self._build()
        except _Stale as stale:
            raise LakeBusy from stale

    def _build(self) -> BuildResult:
        with session(self._directory) as connection:
            lake = self._look(connection)
            facts = self._fold(connection, lake)
            leads = fold.scalar(connection, "SELECT count(*) FROM folded")
            if not lake.new:
                return BuildResult(0, 0, leads)
            names, packed = self._pack(connection, {*lake.folded, *lake.new}, {_day(name) for name in lake.new})
            target = self._directory / "next.parquet"
            note = {"layout": LAYOUT, "files": sorted(names)}
            fold.save(connection, target, json.dumps(note, separators=(",", ":")))
            if not self._objects.put_if(STATE, target.read_bytes(), lake.tag):
                raise LakeBusy
        self._objects.remove(packed)
        return BuildResult(len(lake.new), facts, leads)

    def rows(self) -> dict[LeadId, LeadRow]:
        """The state table with all facts folded in."""

        def read(connection: DuckDBPyConnection) -> dict[LeadId, LeadRow]:
            cursor = connection.execute("SELECT * FROM folded")
            columns = [column[0] for column in cursor.description or ()]
            found = [_row(dict(zip(columns, values, strict=True))) for values in cursor.fetchall()]
            return {row.lead_id: row for row in found}

        return self._ask(read)

    def funnel(self, cohort: Cohort, grain: Grain) -> FunnelCounts:
        """Counts of the funnel."""
        return self._ask(lambda connection: count.funnel(connection, cohort, grain))

    def kpis(self, cohort: Cohort) -> KpiCounts:
        """Counts of the key figures."""
        return self._ask(lambda connection: count.kpis(connection, cohort))

    def search(
        self, *, stage: str | None = None, company: str | None = None, after: tuple[Instant, LeadId] | None, limit: int
    ) -> FoundPage:
        """Persons by stage or company, newest cohort first."""
        found = self._ask(lambda connection: count.search(connection, stage, company, after, limit + 1))
        page = found[:limit]
        return FoundPage(tuple(lead_id for _, lead_id in page), page[-1] if len(found) > limit else None)

    def handovers(self, state: str, *, after: tuple[Instant, LeadId] | None, limit: int) -> FoundPage:
        """Persons by where their hand-over stands, the first due first."""
        found = self._ask(lambda connection: count.handovers(connection, state, after, limit + 1))
        page = found[:limit]
        return FoundPage(tuple(lead_id for _, lead_id in page), page[-1] if len(found) > limit else None)

    def groups(self, cohort: Cohort, by: By) -> tuple[GroupCount, ...]:
        """Leads of each group."""
        return self._ask(lambda connection: sales.groups(connection, cohort, by))

    def sale_times(self, cohort: Cohort, now: Instant) -> SaleTimes:
        """Times to the sale."""
        return self._ask(lambda connection: sales.sale_times(connection, cohort, now))

    def opportunities(self) -> tuple[Opportunity, ...]:
        """Every opportunity once."""
        return self._ask(sales.opportunities)

    def handover_rows(self, period: Cohort) -> tuple[HandoverRow, ...]:
        """Hand-overs requested in a period."""
        return self._ask(lambda connection: sales.handover_rows(connection, period))

    def leads_behind(
        self, cohort: Cohort, by: By, label: str | None, figure: Figure, *, after: LeadId, limit: int
    ) -> tuple[LeadId, ...]:
        """The leads that a figure counts."""
        return self._ask(lambda connection: sales.leads_behind(connection, cohort, by, label, figure, after, limit))

    def _ask(self, question: Callable[[DuckDBPyConnection], T]) -> T:
        """Put a question to the state table with everything folded in, as of one moment."""
        for _ in range(_TRIES):
            with session(self._directory) as connection:
                try:
                    self._fold(connection, self._look(connection))
                except _Stale:
                    continue
                return question(connection)
        raise LakeBusy

    def _look(self, connection: DuckDBPyConnection) -> _Lake:
        """Read the state object first and list the files afterwards, so that no folded file looks new."""
        found = self._objects.get(STATE)
        state: Path | None = None
        folded: frozenset[str] = frozenset()
        if found:
            path = self._directory / "state.parquet"
            path.write_bytes(found[0])
            note = json.loads(fold.note_of(connection, path))
            if note.get("layout") == LAYOUT:
                state, folded = path, frozenset(note["files"])
        listed = self._objects.names(FACTS)
        new = tuple(name for name in listed if name not in folded)
        days = {_day(name) for name in new}
        beside = tuple(sorted(name for name in folded if _day(name) in days))
        if not set(beside).issubset(listed):
            raise _Stale
        return _Lake(state, found[1] if found else None, folded, new, beside)

    def _fold(self, connection: DuckDBPyConnection, lake: _Lake) -> int:
        new, beside = self._fetch(lake.new), self._fetch(lake.beside)
        for kept in self._directory.glob("facts_*"):
            if kept not in {*new, *beside}:
                kept.unlink()
        return fold.fold(connection, lake.state, new, beside)

    def _fetch(self, names: tuple[str, ...]) -> list[Path]:
        """Local copies of files of facts; they are named by their content, so a copy never grows old."""
        paths = []
        for name in names:
            path = self._directory / name.replace("/", "_")
            if not path.exists():
                found = self._objects.get(name)
                if found is None:
                    raise _Stale
                path.write_bytes(found[0])
            paths.append(path)
        return paths

    def _pack(self, connection: DuckDBPyConnection, names: set[str], days: set[str]) -> tuple[set[str], list[str]]:
        """Write one file for each day that has many; returns the names now folded, and those to be removed later.

        Until the state object is replaced the packed file is one more copy, and copies are never counted.
        """
        removed: list[str] = []
        for day in sorted(days):
            files = sorted(name for name in names if _day(name) == day)
            if len(files) < PACK_FROM:
                continue
            target = self._directory / "packed.parquet"
            fold.pack(connection, self._fetch(tuple(files)), target)
            packed = f"{day}{digest(files)}.parquet"
            self._objects.put(packed, target.read_bytes())
            names = (names - set(files)) | {packed}
            removed += files
        return names, removed


def _day(name: str) -> str:
    return name.rpartition("/")[0] + "/"


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
