"""Routes of reports and costs: every report by name, the rows behind its figures, costs in and out."""

from collections.abc import Callable
from typing import Final

from shared.app.import_costs import CostImporter
from shared.app.money_reports import REPORTS as MONEY_REPORTS
from shared.app.money_reports import MoneyReports
from shared.app.open_figures import FigureOpener
from shared.app.read_costs import CostLister
from shared.app.read_reports import REPORTS, ReportReader
from shared.contracts import api, costs, reports
from shared.domain.intake.problem import Problem
from shared.runtime.roles import EVERYBODY, KEEPERS
from shared.runtime.routing import Call, Route

MAX_FILE_BODY: Final = 5_000_000
"""Bytes. A function is handed six megabytes at most."""


def money_routes(
    *,
    funnel: Callable[[], ReportReader],
    money: Callable[[], MoneyReports],
    figures: Callable[[], FigureOpener],
    importer: CostImporter,
    lister: CostLister,
) -> list[Route]:
    """Reports and costs. Readers of reports are functions because their engine is loaded only for reports."""

    def report(
        call: Call,
    ) -> reports.FunnelReport | reports.KpiReport | reports.TouchpointReport | reports.MoneyReport:
        name, query = call.path["name"], call.asked(api.ReportQuery)
        if name not in (*REPORTS, *MONEY_REPORTS):
            there = ", ".join((*REPORTS, *MONEY_REPORTS))
            raise Problem("API.NOT_FOUND", status=404, detail=f"There are these reports: {there}.")
        return money().read(name, query) if name in MONEY_REPORTS else funnel().read(name, query)

    return [
        Route(
            method="GET",
            path="/api/reports/{name}",
            name="getReport",
            summary="A report on the cohorts or the period between two dates",
            roles=EVERYBODY,
            answer=reports.AnyReport,
            endpoint=report,
            query=api.ReportQuery,
            errors=(404, 503),
        ),
        Route(
            method="GET",
            path="/api/reports/{name}/behind",
            name="openFigure",
            summary="The leads, opportunities and costs behind a figure of a report",
            roles=EVERYBODY,
            answer=reports.Behind,
            endpoint=lambda call: figures().open(call.path["name"], call.asked(reports.BehindQuery)),
            query=reports.BehindQuery,
            errors=(404, 503),
        ),
        Route(
            method="GET",
            path="/api/costs",
            name="listCosts",
            summary="Costs by day and key",
            roles=KEEPERS,
            answer=costs.CostList,
            endpoint=lambda call: lister.listed(call.asked(costs.CostQuery)),
            query=costs.CostQuery,
            errors=(503,),
        ),
        Route(
            method="POST",
            path="/api/costs",
            name="importCosts",
            summary="Take in a file of costs; the same file twice is taken once, a corrected row replaces the old one",
            roles=KEEPERS,
            body=costs.CostImport,
            answer=costs.CostImportReport,
            endpoint=lambda call: importer.take(call.asked(costs.CostImport)),
            errors=(413, 422, 503),
            max_body=MAX_FILE_BODY,
        ),
    ]
