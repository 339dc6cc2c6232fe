"""Reports: their list, each of them, the rows behind its figures, and all of it as files."""

from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

from shared.app.console import behind, report_files, reports
from shared.app.console.periods import PERIODS
from shared.app.console.report_catalog import REPORTS
from shared.app.console.reports import Asked
from shared.app.console.sheets import AnyReport, sheets
from shared.app.lead_views import lead_view
from shared.app.open_figures import PAGE
from shared.app.read_reports import REPORTS as FUNNEL_REPORTS
from shared.contracts import api
from shared.contracts.reports import Behind, BehindQuery, KpiReport
from shared.domain.intake.problem import Problem
from shared.runtime.api_routes import ApiServices
from shared.runtime.console.web import Download, Page, Route, Visit
from shared.runtime.roles import EVERYBODY

CSV: Final = "text/csv; charset=utf-8"
FILE_ROWS: Final = 2000
"""Rows behind a figure in one file: their people are read one by one, and every one of them is recorded."""


def report_pages(services: ApiServices) -> tuple[Route, ...]:
    """The list, and what is below it."""
    pages = ReportPages(services)
    return (
        _page(reports.HOME, "reports", pages.listed, menu="Reports"),
        _page(f"{reports.HOME}/{{name}}", "report", pages.one),
        _page(f"{reports.HOME}/{{name}}/csv", "reportFile", pages.file),
        _page(f"{reports.HOME}/{{name}}/behind", "behind", pages.opened),
        _page(f"{reports.HOME}/{{name}}/behind/csv", "behindFile", pages.opened_file),
    )


class ReportPages:
    """Answers with the readers of the API, so a figure here and there is one."""

    def __init__(self, services: ApiServices) -> None:
        self._services = services

    def listed(self, _: Visit) -> Page:
        """Which reports there are, and what each tells."""
        return Page(template="reports.html", title="Reports", values={"reports": REPORTS, "home": reports.HOME})

    def one(self, visit: Visit) -> Page:
        """A report."""
        asked = self._asked(visit)
        number = visit.asked("page")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
        view = reports.view(self._read(asked), asked, max(1, page), self._services.owners.name)
        values = {
            "view": view,
            "page": page,
            "periods": PERIODS,
            "home": reports.HOME,
            "comma": report_files.uses_comma(visit.language),
        }
        return Page(template="report.html", title=view.title, values=values)

    def file(self, visit: Visit) -> Download:
        """A table of a report as CSV; without a name the main one."""
        asked = self._asked(visit)
        report = self._read(asked)
        found = {sheet.key: sheet for sheet in sheets(report, asked.by, self._services.owners.name)}
        sheet = found.get(visit.asked("table") or next(iter(found)))
        if sheet is None:
            raise Problem("API.NOT_FOUND", status=404, detail="This report has no such table.")
        content = report_files.table_file(sheet, getattr(report, "currency", ""), comma=_comma(visit))
        part = "" if len(sheet.lines) <= report_files.MAX_LINES else f"-first-{report_files.MAX_LINES}"
        return Download(name=_file_name(asked, f"-{sheet.key}{part}"), content_type=CSV, content=content)

    def opened(self, visit: Visit) -> Page:
        """A page of the rows behind a figure."""
        asked = self._asked(visit)
        found = self._opened(asked, visit, PAGE)
        rows = self._rows(found)
        figure = behind.figure_of(asked, found.open, found.line or "", self._services.owners.name)
        values = {
            "asked": asked,
            "figure": figure,
            "report": REPORTS[asked.name],
            "rows": rows,
            "found": found,
            "continued": bool(visit.query.get("cursor")),
            "file_rows": FILE_ROWS,
        }
        return Page(template="report_behind.html", title=figure.name, values=values, people=rows.read)

    def opened_file(self, visit: Visit) -> Download:
        """All rows behind a figure as CSV, up to a bound that the file's name tells."""
        asked = self._asked(visit)
        found = self._opened(asked, visit, FILE_ROWS)
        rows = self._rows(found)
        currency = self._services.money().policy.rates.currency
        part = f"-{found.open}-first-{FILE_ROWS}" if found.cursor else f"-{found.open}"
        content = behind.file(rows, currency, comma=_comma(visit))
        return Download(name=_file_name(asked, part), content_type=CSV, content=content, people=rows.read)

    def _asked(self, visit: Visit) -> Asked:
        return reports.asked_of(visit.path["name"], visit.query, self._services.clock.now())

    def _read(self, asked: Asked) -> AnyReport:
        if asked.name not in FUNNEL_REPORTS:
            return self._services.money().read(asked.name, asked.query())
        report = self._services.reports().read(asked.name, asked.query())
        assert not isinstance(report, KpiReport)  # noqa: S101 (told apart by the name asked for)
        return report

    def _opened(self, asked: Asked, visit: Visit, limit: int) -> Behind:
        given = {
            **asked.query().model_dump(by_alias=True),
            "open": visit.asked("open"),
            "line": visit.query.get("line") or None,
            "cursor": visit.query.get("cursor") or None,
        }
        try:
            query = BehindQuery.model_validate(given)
        except ValidationError:
            raise Problem("API.BAD_REQUEST", status=400, detail="There is no such figure.") from None
        return self._services.figures().open(asked.name, query, limit=limit)

    def _rows(self, found: Behind) -> behind.Rows:
        people: list[api.Lead] = [lead_view(one) for one in self._services.leads.people(behind.wanted(found.items))]
        return behind.rows_of(found.items, people)


def _comma(visit: Visit) -> bool:
    """Whether decimals have a comma: as the address says, else as the browser's language has it."""
    told = visit.asked("decimals")
    return told == "comma" if told else report_files.uses_comma(visit.language)


def _file_name(asked: Asked, part: str) -> str:
    days = "-".join(day for day in (asked.period.start, asked.period.end) if day) or "all-time"
    return f"leadspine-{asked.name}{part}-{days}.csv"


def _page(path: str, name: str, endpoint: Callable[[Visit], Page | Download], menu: str = "") -> Route:
    return Route(method="GET", path=path, name=name, roles=EVERYBODY, endpoint=endpoint, menu=menu)
