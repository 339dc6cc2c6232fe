"""The first page."""

from typing import TypeVar

from shared.app.console import overview
from shared.app.console.periods import PERIODS, USUAL, period_of
from shared.contracts import api
from shared.contracts.reports import CacReport, FunnelReport, KpiReport, PipelineReport, Report, RomiReport
from shared.runtime.api_routes import ApiServices
from shared.runtime.console.web import HOME, Page, Route, Visit
from shared.runtime.roles import EVERYBODY

R = TypeVar("R", bound=Report)


def overview_pages(services: ApiServices) -> tuple[Route, ...]:
    """The overview."""

    def shown(visit: Visit) -> Page:
        period = period_of(visit.asked("period") or USUAL, "", "", services.clock.now())
        cohorts, by_channel = overview.question(period), overview.question(period, "channel")
        reports, money = services.reports(), services.money().with_books()
        earned = overview.Money(
            romi=_is(RomiReport, money.read("romi", by_channel)),
            cac=_is(CacReport, money.read("cac", by_channel)),
            pipeline=_is(PipelineReport, money.read("pipeline", by_channel)),
            ahead=_is(PipelineReport, money.read("pipeline", api.ReportQuery())),
            spent=bool(money.books().spends),
        )
        funnel = _is(FunnelReport, reports.read("funnel", cohorts))
        kpis = _is(KpiReport, reports.read("kpis", cohorts))
        view = overview.overview(funnel, kpis, earned, period)
        values = {"view": view, "period": period.name, "periods": PERIODS, "currency": earned.romi.currency}
        return Page(template="overview.html", title="Overview", values=values)

    return (Route(method="GET", path=HOME, name="overview", roles=EVERYBODY, endpoint=shown, menu="Overview"),)


def _is(shape: type[R], report: Report) -> R:
    """A report of the name that was asked for."""
    assert isinstance(report, shape)  # noqa: S101 (told apart by the name asked for)
    return report
