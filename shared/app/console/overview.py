"""The first page: what came in, how far it got, from where. Figures are those of the reports, none is computed anew."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from shared.app.console import charts, times, words
from shared.contracts import api
from shared.contracts.reports import FunnelReport, KpiReport
from shared.domain.instant import Instant

PERIODS: Final = {"30": "30 days", "90": "90 days", "365": "12 months", "all": "All time"}
"""What the page offers; the key is a number of days."""

USUAL: Final = "all"
TREND_STAGES: Final = ("inquiry", "mql", "sql", "customer")
BY_DAY_UNTIL: Final = 21
BY_WEEK_UNTIL: Final = 182
"""So many days between the first and the last person are shown by day, by week; more of them by month."""

MOST_PERIODS: Final = 60


class Figure(NamedTuple):
    """One key figure, and what it is made of."""

    label: str
    value: str
    note: str


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
    """Everything on the page; ``empty`` when nobody has come in yet."""

    empty: bool
    figures: tuple[Figure, ...]
    steps: tuple[Step, ...]
    side: tuple[tuple[str, int], ...]
    trend: charts.Trend | None
    trend_names: tuple[str, ...]
    trend_rows: tuple[TrendRow, ...]
    channels: tuple[tuple[charts.Bar, int, int, int, float | None], ...]


def question(period: str, now: Instant) -> api.ReportQuery:
    """The reports' question for a period of so many days until today. Cohorts are asked by day: see ``_rows``."""
    if period not in PERIODS or period == "all":
        return api.ReportQuery(by="day")
    end = datetime.fromtimestamp(now / 1000, UTC).date()
    start = end - timedelta(days=int(period) - 1)
    return api.ReportQuery.model_validate({"from": start.isoformat(), "to": end.isoformat(), "by": "day"})


def overview(funnel: FunnelReport, kpis: KpiReport) -> Overview:
    """The page of two reports."""
    rows = _rows(funnel)
    return Overview(
        empty=not (kpis.leads or kpis.visitors),
        figures=_figures(kpis),
        steps=_steps(funnel),
        side=tuple((words.stage(stage.stage), stage.count) for stage in funnel.side),
        trend=_trend(rows) if len(rows) > 1 else None,
        trend_names=tuple(words.stage(stage) for stage in TREND_STAGES),
        trend_rows=rows,
        channels=_channels(kpis),
    )


def _figures(kpis: KpiReport) -> tuple[Figure, ...]:
    return (
        Figure("Leads", times.number(kpis.leads), f"{times.number(kpis.visitors)} visitors are not known yet"),
        Figure("Lead to MQL", times.percent(kpis.lead_to_mql), f"{times.number(kpis.mql)} marketing qualified"),
        Figure("MQL to SQL", times.percent(kpis.mql_to_sql), f"{times.number(kpis.sql)} sales qualified"),
        Figure("SQL to customer", times.percent(kpis.sql_to_customer), f"{times.number(kpis.customers)} customers"),
        Figure("Lead to customer", times.percent(kpis.lead_to_customer), f"{times.number(kpis.companies)} companies"),
        Figure("Days to SQL", times.days(kpis.median_days_to_sql), "median from the first touch"),
    )


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


def _channels(kpis: KpiReport) -> tuple[tuple[charts.Bar, int, int, int, float | None], ...]:
    lines = sorted(kpis.channels, key=lambda line: (-line.leads, line.channel))
    drawn = charts.bars([(line.channel or "Unknown", line.leads) for line in lines])
    return tuple(
        (bar, line.mql, line.sql, line.customers, line.conversion) for bar, line in zip(drawn, lines, strict=True)
    )
