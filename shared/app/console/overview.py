"""The first page: what came in, how far it got, what it cost and returned, from where.

Figures are those of the reports, none is computed anew.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from shared.app.console import charts, forms, report_charts, times, words
from shared.app.console.periods import ALL_TIME, Period
from shared.app.console.report_charts import Chart
from shared.app.console.reports import Asked, Cell, open_address
from shared.app.console.sheets import name_of
from shared.contracts import api
from shared.contracts.reports import CacReport, ChannelLine, FunnelReport, KpiReport, PipelineReport, RomiReport
from shared.domain.insights.metrics import share

TREND_STAGES: Final = ("inquiry", "mql", "sql", "customer")
BY_DAY_UNTIL: Final = 21
BY_WEEK_UNTIL: Final = 182
"""So many days between the first and the last person are shown by day, by week; more of them by month."""

MOST_PERIODS: Final = 60


class Figure(NamedTuple):
    """One key figure, what it is made of, and where its report is."""

    label: str
    value: str
    note: str
    address: str


class Channel(NamedTuple):
    """A channel of the first touch: what it brought in money and in people. ``bar`` is of the revenue.

    ``cells`` are revenue, spend, ROMI, CAC, leads and customers.
    """

    name: str
    bar: charts.Bar
    cells: tuple[Cell, ...]


class Money(NamedTuple):
    """The reports on money of one period, those with groups by channel.

    ``ahead`` is the pipeline of all time: what is open now closes later, in no period that ends today. ``spent``: costs
    were ever imported.
    """

    romi: RomiReport
    cac: CacReport
    pipeline: PipelineReport
    ahead: PipelineReport
    spent: bool


class Step(NamedTuple):
    """A stage of the funnel with its bar; ``conversion`` is to the next one."""

    stage: str
    name: str
    bar: charts.Bar
    current: int
    conversion: float | None
    total: float | None
    days: float | None


class TrendRow(NamedTuple):
    """The counts of one period, in the order of ``TREND_STAGES``."""

    period: str
    counts: tuple[int, ...]


class Overview(NamedTuple):
    """Everything on the page; ``empty`` when nobody has come in yet.

    ``money`` are key figures, too; ``spent`` is false when no costs were ever imported.
    """

    empty: bool
    figures: tuple[Figure, ...]
    money: tuple[Figure, ...]
    spent: bool
    steps: tuple[Step, ...]
    side: tuple[tuple[str, int], ...]
    trend: charts.Trend | None
    trend_names: tuple[str, ...]
    trend_rows: tuple[TrendRow, ...]
    conversions: Chart | None
    channels: tuple[Channel, ...]


def question(period: Period, by: str = "day") -> api.ReportQuery:
    """The reports' question for a period. Cohorts are asked by day: see ``_rows``."""
    return api.ReportQuery.model_validate({"from": period.start, "to": period.end, "by": by})


def overview(funnel: FunnelReport, kpis: KpiReport, money: Money, period: Period) -> Overview:
    """The page of the reports of one period."""
    rows = _rows(funnel)
    return Overview(
        empty=not (kpis.leads or kpis.visitors or money.romi.lines or money.ahead.lines),
        figures=_figures(kpis, period),
        money=_money_figures(money, period),
        spent=money.spent,
        steps=_steps(funnel),
        side=tuple((words.stage(stage.stage), stage.count) for stage in funnel.side),
        trend=_trend(rows) if len(rows) > 1 else None,
        trend_names=tuple(words.stage(stage) for stage in TREND_STAGES),
        trend_rows=rows,
        conversions=_conversions(rows) if len(rows) > 1 else None,
        channels=_channels(kpis, money, period),
    )


def _figures(kpis: KpiReport, period: Period) -> tuple[Figure, ...]:
    conversion = Asked("conversion", period, "month").address()
    sold, number = times.number(kpis.customers), times.number
    return (
        Figure("New leads", number(kpis.leads), f"{number(kpis.visitors)} visitors are not known yet",
               Asked("funnel", period, "month").address()),
        Figure("Lead to MQL", times.percent(kpis.lead_to_mql), f"{number(kpis.mql)} marketing qualified", conversion),
        Figure("MQL to SQL", times.percent(kpis.mql_to_sql), f"{number(kpis.sql)} sales qualified", conversion),
        Figure("SQL to customer", times.percent(kpis.sql_to_customer), f"{sold} customers", conversion),
        Figure("Lead to customer", times.percent(kpis.lead_to_customer), f"{number(kpis.companies)} companies",
               conversion),
        Figure("Days to SQL", times.days(kpis.median_days_to_sql), "median from the first touch",
               Asked("time-to-sale", period, "").address()),
    )  # fmt: skip


def _money_figures(money: Money, period: Period) -> tuple[Figure, ...]:
    romi, cac, closed, ahead = money.romi.total, money.cac.total, money.pipeline.total, money.ahead.total
    number, currency = times.number, money.romi.currency
    returned = Asked("romi", period, "channel").address()
    return (
        Figure("ROMI", forms.percent(romi.romi), "revenue less spend, divided by spend", returned),
        Figure("Revenue", forms.glance(romi.revenue, currency),
               f"{number(romi.opportunities)} of {number(romi.won_opportunities)} sales had marketing", returned),
        Figure("Spend", forms.glance(romi.spend, currency), "all costs of marketing", returned),
        Figure("CAC", forms.glance(cac.cac, currency), f"{number(cac.companies)} new customers",
               Asked("cac", period, "channel").address()),
        Figure("Pipeline now", forms.glance(ahead.pipeline, currency), f"{number(ahead.open)} open opportunities",
               Asked("pipeline", ALL_TIME, "month").address()),
        Figure("Average deal", forms.glance(closed.average_deal, currency),
               f"{forms.percent(closed.win_rate)} of closed ones won", Asked("pipeline", period, "month").address()),
    )  # fmt: skip


def _steps(funnel: FunnelReport) -> tuple[Step, ...]:
    drawn = charts.bars([(stage.stage, stage.count) for stage in funnel.stages])
    return tuple(
        Step(
            stage=stage.stage,
            name=words.stage(stage.stage),
            bar=bar,
            current=stage.current,
            conversion=stage.conversion,
            total=stage.conversion_total,
            days=stage.median_days,
        )
        for stage, bar in zip(funnel.stages, drawn, strict=True)
    )


def _rows(funnel: FunnelReport) -> tuple[TrendRow, ...]:
    """The latest days, weeks or months, whichever make a readable trend.

    A person belongs to one day only, so days add up to weeks and months exactly. Periods in which nobody came are
    counted as such, so that the line does not jump over them.
    """
    if not funnel.cohorts:
        return ()
    days = [date.fromisoformat(cohort.cohort) for cohort in funnel.cohorts]
    first, last = min(days), max(days)
    form = _form((last - first).days)
    counted = {
        (first + timedelta(days=n)).strftime(form): [0] * len(TREND_STAGES) for n in range((last - first).days + 1)
    }
    for day, cohort in zip(days, funnel.cohorts, strict=True):
        row = counted[day.strftime(form)]
        for position, stage in enumerate(TREND_STAGES):
            row[position] += cohort.counts.get(stage, 0)
    return tuple(TrendRow(period, tuple(counts)) for period, counts in list(counted.items())[-MOST_PERIODS:])


def _form(days: int) -> str:
    """How periods are named, which is what sets them apart."""
    if days <= BY_DAY_UNTIL:
        return "%Y-%m-%d"
    return "%G-W%V" if days <= BY_WEEK_UNTIL else "%Y-%m"


def _trend(rows: Sequence[TrendRow]) -> charts.Trend:
    series = [(words.stage(stage), [row.counts[n] for row in rows]) for n, stage in enumerate(TREND_STAGES)]
    return charts.trend([row.period for row in rows], series)


def _conversions(rows: Sequence[TrendRow]) -> Chart:
    """The shares that the report on conversion has, over the periods of the trend."""
    pairs = {"Lead to MQL": (0, 1), "MQL to SQL": (1, 2), "SQL to customer": (2, 3)}
    series = {
        name: [report_charts.in_percent(share(row.counts[part], row.counts[whole])) for row in rows]
        for name, (whole, part) in pairs.items()
    }
    return report_charts.lines("Conversion by first touch", [row.period for row in rows], series, share=True)


def _channels(kpis: KpiReport, money: Money, period: Period) -> tuple[Channel, ...]:
    """Money ranks: of two channels the one that earned more comes first, however many leads the other one brought."""
    people = {line.channel: line for line in kpis.channels}
    spent = {line.label: line for line in money.romi.lines}
    won = {line.label: line for line in money.cac.lines}

    def rank(label: str) -> tuple[Decimal, Decimal, int, str]:
        earned = spent.get(label)
        revenue, spend = (Decimal(earned.revenue), Decimal(earned.spend)) if earned else (Decimal(0), Decimal(0))
        return -revenue, -spend, -people[label].leads if label in people else 0, label

    labels = sorted({*people, *spent}, key=rank)
    drawn = charts.bars([(label, float(spent[label].revenue) if label in spent else 0.0) for label in labels])
    asked = Asked("romi", period, "channel")
    found = []
    for label, bar in zip(labels, drawn, strict=True):
        earned, cost = spent.get(label), won.get(label)
        cells = (
            _opened(asked, "romi", "revenue", label, earned.revenue if earned else None, money=True),
            _opened(asked, "romi", "spend", label, earned.spend if earned else None, money=True),
            Cell(forms.percent(earned.romi if earned else None)),
            Cell(forms.money(cost.cac if cost else None)),
            *_brought(asked, label, people.get(label)),
        )
        found.append(Channel(name_of(label, "channel") or "Not known", bar, cells))
    return tuple(found)


def _brought(asked: Asked, label: str, line: ChannelLine | None) -> tuple[Cell, Cell]:
    leads, customers = (line.leads, line.customers) if line else (0, 0)
    return (
        _opened(asked, "conversion", "leads", label, leads),
        _opened(asked, "conversion", "customers", label, customers),
    )


def _opened(
    asked: Asked, report: str, figure: str, label: str, value: str | int | None, *, money: bool = False
) -> Cell:
    text = forms.shown(value, "money" if money else "count")
    return Cell(text, open_address(asked, report, figure, label) if value is not None and Decimal(value) else "")
