"""A report as a page: chart, tables whose figures are links to their rows, and what the figures mean."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from shared.app.console import forms
from shared.app.console.periods import Period, period_of
from shared.app.console.report_catalog import REPORTS, Column
from shared.app.console.report_charts import Chart, chart_of
from shared.app.console.sheets import AnyReport, Line, Owner, Sheet, sheets
from shared.contracts import api, reports
from shared.domain.insights.metrics import LINE
from shared.domain.instant import Instant
from shared.domain.intake.problem import Problem

HOME: Final = "/console/reports"
B_TO_A: Final = "Regular to others"
LINES_SHOWN: Final = 100
"""Lines of a table on one page; further pages have the rest, and the file all of them."""


class Asked(NamedTuple):
    """A report with its period and grouping; ``by`` is empty for a report that has none."""

    name: str
    period: Period
    by: str

    def query(self) -> api.ReportQuery:
        """The question as the API takes it."""
        return api.ReportQuery.model_validate(
            {"from": self.period.start, "to": self.period.end, "by": self.by or "month"}
        )

    def address(self, suffix: str = "", **more: str) -> str:
        """Where the same question is answered; the dates are told, so that tomorrow it is still the same one."""
        told = {"from": self.period.start, "to": self.period.end, "by": self.by, **more}
        if not self.period.start and not self.period.end:
            told["period"] = "all"
        asked = urlencode({name: value for name, value in told.items() if value})
        return f"{HOME}/{self.name}{suffix}{'?' if asked else ''}{asked}"


class Cell(NamedTuple):
    """A figure; ``address`` is where its rows are, empty when it has none to show."""

    text: str
    address: str = ""


class Row(NamedTuple):
    """A line of a table."""

    name: str
    cells: tuple[Cell, ...]


class Table(NamedTuple):
    """A table of a page. ``first`` names its first column; ``lines`` and ``pages`` count all of it."""

    key: str
    title: str
    first: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row | None
    lines: int
    pages: int
    file: str
    """Where it is as CSV."""


class View(NamedTuple):
    """Everything on the page of a report."""

    title: str
    tells: str
    asked: Asked
    by: Mapping[str, str]
    figures: tuple[tuple[str, Cell], ...]
    chart: Chart | None
    tables: tuple[Table, ...]
    means: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    empty: bool
    currency: str
    """Of its amounts; empty when it has none."""


def asked_of(name: str, values: Mapping[str, str], now: Instant) -> Asked:
    """What an address asks: ``period`` or ``from`` and ``to``, and ``by``.

    Raises:
        Problem: API.NOT_FOUND for a report there is not, API.BAD_REQUEST for dates or a grouping there are not.
    """
    report = REPORTS.get(name)
    if report is None:
        raise Problem("API.NOT_FOUND", status=404, detail="There is no such report.")
    period = period_of(values.get("period", ""), values.get("from", "").strip(), values.get("to", "").strip(), now)
    by = values.get("by") or next(iter(report.by), "")
    if by and report.by and by not in report.by:
        raise Problem("API.BAD_REQUEST", status=400, detail=f"This report is by: {', '.join(report.by)}.")
    return Asked(name, period, by if report.by else "")


def view(report: AnyReport, asked: Asked, page: int = 1, owner: Owner = str) -> View:
    """The page. ``page`` is that of its tables; beyond the last one they are empty."""
    shape, found = REPORTS[asked.name], sheets(report, asked.by, owner)
    return View(
        title=shape.title,
        tells=shape.tells,
        asked=asked,
        by=shape.by,
        figures=_figures(report, found[0], asked),
        chart=chart_of(report, found, asked.by),
        tables=tuple(_table(sheet, asked, page) for sheet in found if sheet.lines),
        means=_means(report, found),
        notes=_notes(report),
        empty=_is_empty(report, found),
        currency=getattr(report, "currency", ""),
    )


def open_address(asked: Asked, report: str, figure: str, line: str = "") -> str:
    """Where the rows behind a figure are."""
    return asked._replace(name=report).address("/behind", open=figure, line=line)


def _table(sheet: Sheet, asked: Asked, page: int) -> Table:
    start = (page - 1) * LINES_SHOWN
    return Table(
        key=sheet.key,
        title=sheet.title,
        first=sheet.first,
        head=tuple(column.name for column in sheet.columns),
        rows=tuple(_row(line, sheet, asked) for line in sheet.lines[start : start + LINES_SHOWN]),
        total=_row(sheet.total, sheet, asked) if sheet.total else None,
        lines=len(sheet.lines),
        pages=-(-len(sheet.lines) // LINES_SHOWN),
        file=asked.address("/csv", table=sheet.key),
    )


def _row(line: Line, sheet: Sheet, asked: Asked) -> Row:
    return Row(line.name, tuple(_cell(line, sheet, asked, place) for place in range(len(sheet.columns))))


def _cell(line: Line, sheet: Sheet, asked: Asked, place: int) -> Cell:
    column, value, figure = sheet.columns[place], line.values[place], line.opens[place]
    # Nothing is behind a zero.
    opens = figure and value is not None and Decimal(str(value))
    address = open_address(asked, sheet.report, figure, line.label) if opens else ""
    return Cell(forms.shown(value, column.form), address)


def _figures(report: AnyReport, main: Sheet, asked: Asked) -> tuple[tuple[str, Cell], ...]:
    """The totals, to be read at a glance."""
    if isinstance(report, reports.ContentReport):
        times = Cell(forms.factor(report.effectiveness))
        return ((B_TO_A, times), *_of_lines(main, asked))
    if main.total is None:
        rows = [_row(line, main, asked) for line in main.lines[: len(LINE)]]
        return tuple((row.name, row.cells[0]) for row in rows)
    row = _row(main.total, main, asked)
    glances = zip(main.columns, main.total.values, row.cells, strict=True)
    return tuple((column.name, _glance(column, value, cell, report)) for column, value, cell in glances)


def _of_lines(main: Sheet, asked: Asked) -> tuple[tuple[str, Cell], ...]:
    rows = [_row(line, main, asked) for line in main.lines]
    return tuple((f"{column}: {row.name.lower()}", row.cells[place]) for row in rows for place, column in _PICKED)


_PICKED: Final = ((0, "Companies"), (2, "Average"))


def _glance(column: Column, value: Any, cell: Cell, report: AnyReport) -> Cell:
    currency = getattr(report, "currency", "")
    return cell._replace(text=forms.glance(value, currency)) if column.form == "money" else cell


def _means(report: AnyReport, found: Sequence[Sheet]) -> tuple[tuple[str, str], ...]:
    """Each figure once, in the order of the tables."""
    means: dict[str, str] = {}
    if isinstance(report, reports.ContentReport):
        means[B_TO_A] = "B / A: average of the companies that regularly consume content, divided by that of the others."
    for sheet in found:
        for column in sheet.columns:
            means.setdefault(column.name, column.means)
    return tuple(means.items())


def _notes(report: AnyReport) -> tuple[str, ...]:
    notes = []
    if isinstance(report, reports.FunnelReport):
        notes.append(f"{report.visitors} visitors of the period are not known yet and are not counted.")
    held = getattr(report, "total", report)
    missing = getattr(held, "unconverted", 0)
    if missing:
        notes.append(f"{missing} amounts are in no sum: they have no amount, or there is no exchange rate for them.")
    return tuple(notes)


def _is_empty(report: AnyReport, found: Sequence[Sheet]) -> bool:
    """Whether nothing at all falls into the period."""
    if isinstance(report, reports.FunnelReport | reports.ContentReport):
        return not any(value for line in found[0].lines for value in line.values if isinstance(value, int))
    total = found[0].total
    return not found[0].lines and not any(Decimal(str(value)) for value in (total.values if total else ()) if value)
