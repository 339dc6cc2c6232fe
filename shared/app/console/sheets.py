"""A report as tables of values. What a page shows and what a file holds are both made of them, so they are the same."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.app.console import words
from shared.app.console.report_catalog import BUYERS, CURVE, LEADS, REPORTS, TIMES, Column
from shared.contracts import reports
from shared.domain.insights.groups import GRAINS, NONE

AnyReport = reports.FunnelReport | reports.TouchpointReport | reports.MoneyReport

KIND_SPEND: Final = (Column("spend", "Spend", "money", "Costs of this kind."),)
COHORTS: Final = (
    *LEADS[:3],
    Column("opportunity", "Opportunity", "count", "Of those, people who have or had an opportunity."),
    LEADS[3],
    Column("advocate", "Advocate", "count", "Of those, people who recommend us."),
)
FUNNEL_OPENS: Final = {
    "inquiry": "leads", "mql": "mql", "sql": "sql", "opportunity": "opportunities", "customer": "customers",
    "advocate": "advocates",
}  # fmt: skip
"""Stages of the funnel whose people the conversion report opens: it counts the same."""


class Line(NamedTuple):
    """One line: what it is called in the API and for people, and its values in order of the columns.

    ``label`` is empty where the rows of the whole report are meant. ``opens`` names, per column, the figure under which
    the rows of a value are found; empty where none are.
    """

    label: str
    name: str
    values: tuple[Any, ...]
    opens: tuple[str, ...]


class Sheet(NamedTuple):
    """A table. ``key`` is its name in addresses, ``first`` that of its first column.

    ``report`` is the one that opens its figures.
    """

    key: str
    title: str
    first: str
    report: str
    columns: Sequence[Column]
    lines: tuple[Line, ...]
    total: Line | None


Owner = Callable[[str], str]
"""What an owner in sales is called, by id."""


def sheets(report: AnyReport, by: str, owner: Owner = str) -> tuple[Sheet, ...]:
    """The tables of a report, the main one first."""
    if isinstance(report, reports.FunnelReport):
        return _funnel(report, by)
    if isinstance(report, reports.TimeToSaleReport):
        return _times(report)
    if isinstance(report, reports.ContentReport):
        return _content(report)
    main = _lines(report.name, by, report.lines, report.total, owner)
    return (main, _kinds(report)) if isinstance(report, reports.RomiReport) else (main,)


def name_of(label: str, by: str, owner: Owner = str) -> str:
    """A label of a line as people read it."""
    if label == NONE:
        return "Not known"
    return {"kind": words.label, "owner": owner}.get(by, str)(label)


def _lines(name: str, by: str, lines: Sequence[Any], total: Any, owner: Owner) -> Sheet:
    shape = REPORTS[name]
    # Of periods people look at the latest first; groups come ranked.
    ordered = list(reversed(lines)) if by in GRAINS else lines
    return Sheet(
        key="lines",
        title=shape.title,
        first=shape.by[by],
        report=name,
        columns=shape.columns,
        lines=tuple(_line(line, line.label, name_of(line.label, by, owner), shape.columns) for line in ordered),
        total=_line(total, "", "Total", shape.columns),
    )


def _funnel(report: reports.FunnelReport, by: str) -> tuple[Sheet, ...]:
    columns = REPORTS["funnel"].columns
    stages = tuple(
        _line(one, "", words.stage(one.stage), columns)._replace(
            opens=tuple(FUNNEL_OPENS.get(one.stage, "") if column.key == "count" else "" for column in columns)
        )
        for one in (*report.stages, *report.side)
    )
    reached = {stage.stage: stage.count for stage in report.stages}
    cohorts = tuple(_cohort(cohort.cohort, cohort.cohort, cohort.counts) for cohort in reversed(report.cohorts))
    return (
        Sheet("stages", "Stages", "Stage", "conversion", columns, stages, None),
        Sheet(
            key="cohorts",
            title="Cohorts of the first touch",
            first=REPORTS["funnel"].by[by],
            report="conversion",
            columns=COHORTS,
            lines=cohorts,
            total=_cohort("", "Total", reached),
        ),
    )


def _cohort(label: str, name: str, counts: Mapping[str, int]) -> Line:
    stages = ("inquiry", "mql", "sql", "opportunity", "customer", "advocate")
    return Line(
        label,
        name,
        tuple(counts.get(stage, 0) for stage in stages),
        tuple(FUNNEL_OPENS.get(stage, "") for stage in stages),
    )


def _times(report: reports.TimeToSaleReport) -> tuple[Sheet, ...]:
    whole = _line(report, "", "All leads", TIMES)
    curve = tuple(_line(step, str(step.day), str(step.day), CURVE) for step in report.curve)
    return (
        Sheet("figures", "Time to sale", "", "time-to-sale", TIMES, (), whole),
        Sheet("curve", "How many will have bought", "Day", "time-to-sale", CURVE, curve, None),
    )


def _content(report: reports.ContentReport) -> tuple[Sheet, ...]:
    regular = f"Regular ({report.regular_from} or more)"
    lines = tuple(
        _line(buyers, "", name, BUYERS)._replace(opens=(figure, figure, ""))
        for name, figure, buyers in (
            (regular, "regular", report.regular),
            ("All others", "others", report.others),
        )
    )
    return (Sheet("lines", "Companies that bought", "Use of content", "content", BUYERS, lines, None),)


def _kinds(report: reports.RomiReport) -> Sheet:
    spent = report.total.spend_by_kind
    lines = tuple(Line("", words.label(kind), (amount,), (f"spend_{kind}",)) for kind, amount in spent.items())
    total = Line("", "Total", (report.total.spend,), ("spend",))
    return Sheet("kinds", "Spend by kind", "Kind of cost", "romi", KIND_SPEND, lines, total)


def _line(line: Any, label: str, name: str, columns: Sequence[Column]) -> Line:
    values = tuple(getattr(line, column.key) for column in columns)
    return Line(label, name, values, tuple(column.opens for column in columns))
