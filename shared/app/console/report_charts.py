"""Pictures of reports: bars of groups, lines over time, and the curve of the time to sale."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.app.console import charts, forms
from shared.app.console.periods import between
from shared.app.console.report_catalog import REPORTS
from shared.app.console.sheets import AnyReport, Line, Sheet
from shared.contracts import reports
from shared.domain.insights.groups import GRAINS, NONE
from shared.domain.insights.metrics import LINE, Grain

GROUPS_DRAWN: Final = 12
POINTS_DRAWN: Final = 400
"""Of longer series the latest are drawn."""


class Group(NamedTuple):
    """Bars of one group: bar and value of each column."""

    name: str
    bars: tuple[tuple[charts.Bar, str], ...]


class Chart(NamedTuple):
    """A picture of a table. ``data`` is what the browser's library draws, ``drawn`` what is there without it.

    One of ``drawn`` and ``groups`` is filled. ``left_out`` groups are in the table only.
    """

    title: str
    names: tuple[str, ...]
    drawn: charts.Trend | None = None
    data: Mapping[str, Any] = {}
    groups: tuple[Group, ...] = ()
    left_out: int = 0


def chart_of(report: AnyReport, found: Sequence[Sheet], by: str) -> Chart | None:
    """The picture of a report; None when there is too little to draw."""
    main = found[0]
    if isinstance(report, reports.TimeToSaleReport):
        return _curve(report) if report.curve else None
    if isinstance(report, reports.FunnelReport):
        return _groups(main._replace(lines=main.lines[: len(LINE)]), ("count",))
    shape = REPORTS[report.name]
    if by in GRAINS:
        grain: Grain = by  # type: ignore[assignment]  # mypy does not narrow a literal by a tuple
        return _over_time(main, shape.drawn, grain)
    return _groups(main, shape.bars) if main.lines else None


def lines(title: str, by: Sequence[str], series: Mapping[str, Sequence[float | None]], *, share: bool) -> Chart:
    """Lines of some series over the same periods; with ``share`` the values are in per cent."""
    drawn = charts.trend(by, list(series.items()), percent if share else short)
    told = [{"name": name, "values": list(values)} for name, values in series.items()]
    data = {"kind": "lines", "labels": list(by), "unit": "%" if share else "", "series": told}
    return Chart(title, tuple(series), drawn, data)


def in_percent(share: float | None) -> float | None:
    """A share of one in per cent, as a chart draws it."""
    return None if share is None else round(share * 100, 2)


def percent(value: float) -> str:
    """A value of an axis in per cent."""
    return f"{value:g} %"


def short(value: float) -> str:
    """A value of an axis, where there is room for five characters."""
    for size, unit in ((1e9, "bn"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value / 1e3:g}K" if abs(value) >= 1e4 else f"{value:g}"


def _curve(report: reports.TimeToSaleReport) -> Chart:
    places = [(0, 0.0), *((step.day, round(step.bought * 100, 2)) for step in report.curve)]
    series = [{"name": "Bought", "values": [value for _, value in places]}]
    data = {"kind": "steps", "labels": [day for day, _ in places], "unit": "%", "series": series}
    title = "Share of leads that will have bought, by days since the first touch"
    return Chart(title, ("Bought",), charts.stairs("Bought", places, percent), data)


def _over_time(main: Sheet, keys: Sequence[str], by: Grain) -> Chart | None:
    """Lines over time, which runs to the right, while the table has the latest period first.

    Periods without anything are drawn, too: as zero, or as a gap where there is nothing to divide by.
    """
    held = {line.label: line for line in main.lines if line.label != NONE}
    periods = between(held, by)[-POINTS_DRAWN:]
    if len(periods) < 2:
        return None
    series = {}
    for key in keys:
        place = _place(main, key)
        form = main.columns[place].form
        nothing = None if form == "share" or key == "cac" else 0.0
        values = [_value(held[label], place, form) if label in held else nothing for label in periods]
        series[main.columns[place].name] = values
    share = main.columns[_place(main, keys[0])].form == "share"
    what = " and ".join(series) if len(series) <= 2 else main.title
    return lines(f"{what} by {main.first.lower()}", periods, series, share=share)


def _groups(main: Sheet, keys: Sequence[str]) -> Chart:
    """Bars of the first groups, all of one scale."""
    places = [_place(main, key) for key in keys]
    chosen = main.lines[:GROUPS_DRAWN]
    values = [(line.name, _value(line, place, "count") or 0.0) for line in chosen for place in places]
    drawn = iter(charts.bars(values))
    groups = tuple(
        Group(
            line.name,
            tuple((next(drawn), forms.shown(line.values[place], main.columns[place].form)) for place in places),
        )
        for line in chosen
    )
    names = tuple(main.columns[place].name for place in places)
    title = f"{' and '.join(names)} by {main.first.lower()}"
    return Chart(title, names, groups=groups, left_out=len(main.lines) - len(chosen))


def _place(main: Sheet, key: str) -> int:
    return next(place for place, column in enumerate(main.columns) if column.key == key)


def _value(line: Line, place: int, form: str) -> float | None:
    value = line.values[place]
    if value is None:
        return None
    return in_percent(value) if form == "share" else float(value)
