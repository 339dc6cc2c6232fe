"""Reports: counts of the lake put through the published definitions (shared/domain/insights/metrics.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, get_args

from shared.contracts import api, reports
from shared.contracts.envelope import iso
from shared.domain.insights.groups import GRAINS
from shared.domain.insights.metrics import (
    LINE,
    ChannelCount,
    Cohort,
    FunnelCounts,
    Grain,
    KpiCounts,
    StageCount,
    days,
    share,
)
from shared.domain.insights.touches import TouchBy, TouchCount
from shared.domain.intake.problem import Problem
from shared.ports.clock import Clock
from shared.ports.lake import LakeBusy, LeadInsights

REPORTS: Final = ("funnel", "kpis", "touchpoints")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReader:
    """Answers include every fact in the lake at the moment of the question."""

    insights: LeadInsights
    clock: Clock

    def read(
        self, name: str, query: api.ReportQuery
    ) -> reports.FunnelReport | reports.KpiReport | reports.TouchpointReport:
        """A report by name.

        Raises:
            Problem: API.NOT_FOUND, API.BAD_REQUEST for dates that do not exist, API.TRY_AGAIN while the lake is
                being rebuilt.
        """
        if name not in REPORTS:
            raise Problem("API.NOT_FOUND", status=404, detail=f"There are these reports: {', '.join(REPORTS)}.")
        cohort = cohort_of(query.from_, query.to)
        now = iso(self.clock.now())
        try:
            if name == "funnel":
                return funnel_report(self.insights.funnel(cohort, grain_of(query)), query, now)
            if name == "touchpoints":
                return touchpoint_report(self.insights.touches(cohort, touch_by(query)), query, now)
            return kpi_report(self.insights.kpis(cohort), query, now)
        except LakeBusy as busy:
            raise Problem("API.TRY_AGAIN", status=503, detail="The lake is being rebuilt; ask again.") from busy


def grain_of(query: api.ReportQuery) -> Grain:
    """The width of a cohort.

    Raises:
        Problem: API.BAD_REQUEST, the report is by cohort only.
    """
    if query.by == "day" or query.by == "week" or query.by == "month":  # noqa: PLR1714 (a tuple would not narrow it)
        return query.by
    raise Problem("API.BAD_REQUEST", status=400, detail="This report is by day, week or month.")


def touch_by(query: api.ReportQuery) -> TouchBy:
    """The grouping of touches.

    Raises:
        Problem: API.BAD_REQUEST, a touch has no owner in sales.
    """
    if query.by == "owner":
        raise Problem("API.BAD_REQUEST", status=400, detail=f"Touchpoints are by {', '.join(get_args(TouchBy))}.")
    return query.by


def cohort_of(start: str | None, end: str | None) -> Cohort:
    """The cohort between two dates, both included, UTC.

    Raises:
        Problem: API.BAD_REQUEST.
    """
    try:
        first = date.fromisoformat(start) if start else None
        last = date.fromisoformat(end) + timedelta(days=1) if end else None
    except (ValueError, OverflowError) as error:
        raise Problem("API.BAD_REQUEST", status=400, detail="from and to are dates: YYYY-MM-DD.") from error
    if first and last and last <= first:
        raise Problem("API.BAD_REQUEST", status=400, detail="from is later than to.")
    return Cohort(_instant(first), _instant(last))


def funnel_report(counts: FunnelCounts, query: api.ReportQuery, generated_at: str) -> reports.FunnelReport:
    """Counts of the funnel as conversions."""
    onward = [*(stage.reached for stage in counts.line[1:]), None]
    first = counts.line[0].reached
    return reports.FunnelReport(
        name="funnel",
        from_=query.from_,
        to=query.to,
        generated_at=generated_at,
        by=query.by,
        visitors=counts.visitors,
        stages=[_stage(stage, following, first) for stage, following in zip(counts.line, onward, strict=True)],
        side=[_stage(stage, None, first) for stage in counts.side],
        cohorts=[
            reports.FunnelCohort(cohort=cohort.label, counts=dict(zip(LINE, cohort.reached, strict=True)))
            for cohort in counts.cohorts
        ],
    )


def touchpoint_report(
    counts: Sequence[TouchCount], query: api.ReportQuery, generated_at: str
) -> reports.TouchpointReport:
    """Counts of touches; groups that are no cohorts come by people, most first."""
    *lines, whole = (reports.TouchpointLine(label=one.label, touches=one.touches, people=one.people) for one in counts)
    if query.by not in GRAINS:
        lines.sort(key=lambda line: (-line.people, -line.touches, line.label))
    return reports.TouchpointReport(
        name="touchpoints",
        from_=query.from_,
        to=query.to,
        generated_at=generated_at,
        by=query.by,
        total=whole,
        lines=lines,
    )


def kpi_report(counts: KpiCounts, query: api.ReportQuery, generated_at: str) -> reports.KpiReport:
    """Counts of the key figures as ratios."""
    reached = dict(zip(LINE, counts.reached, strict=True))
    return reports.KpiReport(
        name="kpis",
        from_=query.from_,
        to=query.to,
        generated_at=generated_at,
        visitors=counts.visitors,
        leads=counts.leads,
        companies=counts.companies,
        mql=reached["mql"],
        sql=reached["sql"],
        opportunities=reached["opportunity"],
        customers=reached["customer"],
        lead_to_mql=share(reached["mql"], counts.leads),
        mql_to_sql=share(reached["sql"], reached["mql"]),
        sql_to_customer=share(reached["customer"], reached["sql"]),
        lead_to_customer=share(reached["customer"], counts.leads),
        median_days_to_sql=days(counts.median_ms_to_sql),
        touches=counts.touches,
        touches_per_lead=round(counts.touches / counts.leads, 2) if counts.leads else None,
        consent_share={purpose: share(given, counts.leads) or 0.0 for purpose, given in counts.consents.items()},
        channels=[_channel(channel) for channel in counts.channels],
    )


def _stage(stage: StageCount, following: int | None, first: int) -> reports.FunnelStage:
    return reports.FunnelStage(
        stage=stage.stage,
        count=stage.reached,
        entered=stage.entered,
        current=stage.current,
        conversion=None if following is None else share(following, stage.reached),
        conversion_total=share(stage.reached, first),
        median_days=days(stage.median_ms),
    )


def _channel(channel: ChannelCount) -> reports.ChannelLine:
    reached = dict(zip(LINE, channel.reached, strict=True))
    return reports.ChannelLine(
        channel=channel.channel,
        leads=reached["inquiry"],
        mql=reached["mql"],
        sql=reached["sql"],
        customers=reached["customer"],
        conversion=share(reached["customer"], reached["inquiry"]),
    )


def _instant(day: date | None) -> int | None:
    return None if day is None else int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
