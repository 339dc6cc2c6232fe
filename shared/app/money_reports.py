"""Reports on conversion, money, time and hand-overs: rows of the lake put through the published definitions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from shared.app.read_reports import cohort_of, grain_of
from shared.contracts import api, reports
from shared.contracts.envelope import iso
from shared.domain.insights import survival
from shared.domain.insights.groups import GRAINS, By, GroupCount, HandoverBy, HandoverCount
from shared.domain.insights.metrics import LINE, days, share
from shared.domain.insights.opportunities import Opportunity
from shared.domain.instant import HOUR
from shared.domain.intake.problem import Problem
from shared.domain.money import returns
from shared.domain.money.amounts import plain
from shared.domain.money.costs import Cost
from shared.domain.money.policy_model import MoneyPolicy
from shared.domain.money.returns import Books, Line, Period, Sale
from shared.ports.clock import Clock
from shared.ports.costs import CostStore
from shared.ports.lake import LakeBusy, LeadInsights

REPORTS: Final = ("conversion", "romi", "cac", "time-to-sale", "pipeline", "handovers", "content")


@dataclass(slots=True, kw_only=True)
class MoneyReports:
    """Answers include every fact and every cost there is at the moment of the question.

    The books are kept as long as the very same opportunities and costs come back, because converting is the slow part.
    """

    insights: LeadInsights
    costs: CostStore
    policy: MoneyPolicy
    clock: Clock
    kept: Books | None = None
    """Books that were read already, for several reports of one moment."""
    _last: tuple[tuple[Opportunity, ...], tuple[Cost, ...], Books] | None = field(default=None, init=False)

    def with_books(self) -> "MoneyReports":
        """A reader whose reports all rest on the books of now, read once. For one answer, not to be held longer.

        Raises:
            Problem: API.TRY_AGAIN while the lake is being rebuilt.
        """
        try:
            return replace(self, kept=self.books())
        except LakeBusy as busy:
            raise Problem("API.TRY_AGAIN", status=503, detail="The lake is being rebuilt; ask again.") from busy

    def read(self, name: str, query: api.ReportQuery) -> reports.MoneyReport:
        """A report by name.

        Raises:
            Problem: API.NOT_FOUND, API.BAD_REQUEST for dates that do not exist or a grouping that the report does not
                know, API.TRY_AGAIN while the lake is being rebuilt.
        """
        makers: dict[str, Callable[[api.ReportQuery], reports.MoneyReport]] = {
            "conversion": self._conversion,
            "romi": self._romi,
            "cac": self._cac,
            "time-to-sale": self._time_to_sale,
            "pipeline": self._pipeline,
            "handovers": self._handovers,
            "content": self._content,
        }
        if name not in makers:
            raise Problem("API.NOT_FOUND", status=404, detail="There is no such report.")
        cohort_of(query.from_, query.to)
        try:
            return makers[name](query)
        except LakeBusy as busy:
            raise Problem("API.TRY_AGAIN", status=503, detail="The lake is being rebuilt; ask again.") from busy

    def books(self) -> Books:
        """Everything earned and spent, in the reporting currency."""
        if self.kept is not None:
            return self.kept
        opportunities, costs = self.insights.opportunities(), self.costs.costs()
        if self._last is None or self._last[0] is not opportunities or self._last[1] is not costs:
            before = self._last[2] if self._last else None
            self._last = (opportunities, costs, returns.keep_books(opportunities, costs, self.policy, before))
        return self._last[2]

    def _conversion(self, query: api.ReportQuery) -> reports.ConversionReport:
        groups = self.insights.groups(cohort_of(query.from_, query.to), group_by(query))
        if query.by not in GRAINS:
            # Of two channels the one that sold more comes first, however many leads the other one brought.
            sold = LINE.index("customer")
            groups = tuple(sorted(groups, key=lambda one: (-one.reached[sold], -one.reached[0], one.label)))
        reached = tuple(sum(one.reached[place] for one in groups) for place in range(len(LINE)))
        return reports.ConversionReport(
            **self._head("conversion", query),
            by=query.by,
            total=_conversion(GroupCount("", reached)),
            lines=[_conversion(one) for one in groups],
        )

    def _romi(self, query: api.ReportQuery) -> reports.RomiReport:
        found = returns.lines(self.books(), period_of(query), spent_by(query))
        return reports.RomiReport(
            **self._head("romi", query),
            by=query.by,
            currency=self.policy.rates.currency,
            total=_romi(returns.whole(found)),
            lines=[_romi(line) for line in found],
        )

    def _cac(self, query: api.ReportQuery) -> reports.CacReport:
        found = returns.lines(self.books(), period_of(query), spent_by(query))
        return reports.CacReport(
            **self._head("cac", query),
            by=query.by,
            currency=self.policy.rates.currency,
            total=_cac(returns.whole(found)),
            lines=[_cac(line) for line in found],
        )

    def _time_to_sale(self, query: api.ReportQuery) -> reports.TimeToSaleReport:
        times = self.insights.sale_times(cohort_of(query.from_, query.to), self.clock.now())
        steps = survival.kaplan_meier(times.waits)
        leads = sum(wait.sold + wait.open for wait in times.waits)
        return reports.TimeToSaleReport(
            **self._head("time-to-sale", query),
            leads=leads,
            customers=times.sold,
            open=leads - times.sold,
            median_days=days(times.median_ms),
            mean_days=days(times.total_ms / times.sold if times.sold else None),
            expected_median_days=survival.median_of(steps),
            curve=[
                reports.SurvivalStep(day=one.day, at_risk=one.at_risk, sold=one.sold, bought=round(one.bought, 4))
                for one in steps
            ],
        )

    def _pipeline(self, query: api.ReportQuery) -> reports.PipelineReport:
        found = returns.pipeline(self.books(), period_of(query), group_by(query))
        return reports.PipelineReport(
            **self._head("pipeline", query),
            by=query.by,
            currency=self.policy.rates.currency,
            total=_pipeline("", [sale for sales in found.values() for sale in sales]),
            lines=[_pipeline(label, sales) for label, sales in found.items()],
        )

    def _handovers(self, query: api.ReportQuery) -> reports.HandoverReport:
        *found, whole = self.insights.handover_counts(cohort_of(query.from_, query.to), handover_by(query))
        return reports.HandoverReport(
            **self._head("handovers", query),
            by=query.by,
            total=_handovers(whole),
            lines=[_handovers(one) for one in found],
        )

    def _content(self, query: api.ReportQuery) -> reports.ContentReport:
        regular, others = returns.content(self.books(), period_of(query), self.policy)
        b, a = _average(regular), _average(others)
        sales = [sale for found in (*regular.values(), *others.values()) for sale in found]
        return reports.ContentReport(
            **self._head("content", query),
            currency=self.policy.rates.currency,
            regular_from=self.policy.regular_content,
            regular=_buyers(regular),
            others=_buyers(others),
            effectiveness=None if a is None or b is None else returns.ratio(b, a),
            unconverted=returns.unconverted(sales),
        )

    def _head(self, name: str, query: api.ReportQuery) -> dict[str, Any]:
        return {"name": name, "from_": query.from_, "to": query.to, "generated_at": iso(self.clock.now())}


def period_of(query: api.ReportQuery) -> Period:
    """The days of a question."""
    return Period(query.from_, query.to)


def group_by(query: api.ReportQuery) -> By:
    """The grouping of persons and sales.

    Raises:
        Problem: API.BAD_REQUEST, only touchpoints have a kind.
    """
    if query.by == "kind":
        raise Problem("API.BAD_REQUEST", status=400, detail=f"This report is by {', '.join(get_args(By))}.")
    return query.by


def spent_by(query: api.ReportQuery) -> str:
    """The grouping of money that was spent.

    Raises:
        Problem: API.BAD_REQUEST, no cost has an owner in sales, a content or a kind of touchpoint.
    """
    if query.by in ("owner", "content", "kind"):
        raise Problem("API.BAD_REQUEST", status=400, detail="Costs are by day, week, month, channel or campaign.")
    return query.by


def handover_by(query: api.ReportQuery) -> HandoverBy:
    """The grouping of hand-overs.

    Raises:
        Problem: API.BAD_REQUEST.
    """
    return query.by if query.by == "owner" else grain_of(query)


def _conversion(group: GroupCount) -> reports.ConversionLine:
    reached = dict(zip(LINE, group.reached, strict=True))
    return reports.ConversionLine(
        label=group.label,
        leads=reached["inquiry"],
        mql=reached["mql"],
        sql=reached["sql"],
        customers=reached["customer"],
        lead_to_mql=share(reached["mql"], reached["inquiry"]),
        mql_to_sql=share(reached["sql"], reached["mql"]),
        sql_to_customer=share(reached["customer"], reached["sql"]),
        lead_to_sale=share(reached["customer"], reached["inquiry"]),
    )


def _romi(line: Line) -> reports.RomiLine:
    return reports.RomiLine(
        label=line.label,
        spend=plain(line.spend),
        spend_by_kind={kind: plain(amount) for kind, amount in line.by_kind().items()},
        revenue=plain(line.revenue),
        opportunities=len(line.marketing),
        won=plain(returns.total(line.won)),
        won_opportunities=len(line.won),
        romi=returns.romi(line.revenue, line.spend),
        unconverted=returns.unconverted((*line.spends, *line.won)),
    )


def _cac(line: Line) -> reports.CacLine:
    cost = returns.cac(line.spend, len(line.first))
    return reports.CacLine(
        label=line.label,
        spend=plain(line.spend),
        companies=len(line.first),
        cac=None if cost is None else plain(cost),
        unconverted=returns.unconverted(line.spends),
    )


def _pipeline(label: str, sales: Sequence[Sale]) -> reports.PipelineLine:
    states = {state: [sale for sale in sales if sale.opportunity.state == state] for state in ("open", "won", "lost")}
    won = [sale.amount for sale in states["won"] if sale.amount is not None]
    deal = returns.average(won)
    return reports.PipelineLine(
        label=label,
        open=len(states["open"]),
        pipeline=plain(returns.total(states["open"])),
        won=len(states["won"]),
        won_amount=plain(returns.total(states["won"])),
        lost=len(states["lost"]),
        win_rate=share(len(states["won"]), len(states["won"]) + len(states["lost"])),
        average_deal=None if deal is None else plain(deal),
        unconverted=returns.unconverted((*states["open"], *states["won"])),
    )


def _handovers(found: HandoverCount) -> reports.HandoverLine:
    return reports.HandoverLine(
        label=found.label,
        handovers=found.handovers,
        waiting=found.waiting,
        overdue=found.overdue,
        accepted=found.accepted,
        rejected=found.rejected,
        in_time=found.in_time,
        in_time_share=share(found.in_time, found.judged),
        median_hours=None if found.median_ms is None else round(found.median_ms / HOUR, 2),
    )


def _buyers(companies: dict[str, list[Sale]]) -> reports.BuyerLine:
    mean = _average(companies)
    return reports.BuyerLine(
        companies=len(companies),
        revenue=plain(returns.total(sale for sales in companies.values() for sale in sales)),
        average=None if mean is None else plain(mean),
    )


def _average(companies: dict[str, list[Sale]]) -> Any:
    return returns.average([returns.total(sales) for sales in companies.values()])
