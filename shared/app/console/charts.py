"""Geometry of the charts: numbers in, coordinates of an SVG out. A table with the same numbers is always beside it."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

WIDTH: Final = 720
HEIGHT: Final = 240
LEFT: Final = 48
RIGHT: Final = 16
TOP: Final = 12
BOTTOM: Final = 28
LABELS: Final = 8
"""At most so many labels fit below the trend."""
BEYOND: Final = 1.05
"""How far stairs go on beyond their last step, so that it is seen."""
RULES: Final = 4
"""Equal steps of the upward axis."""


class Tick(NamedTuple):
    """A place on an axis and what stands there."""

    at: float
    label: str


class Dot(NamedTuple):
    """One value of a line: where it is, and what to say of it."""

    x: float
    y: float
    text: str


class Line(NamedTuple):
    """One series: its points as SVG wants them, and each of them by itself."""

    name: str
    points: str
    dots: tuple[Dot, ...]


class Trend(NamedTuple):
    """A line chart of several series over the same periods."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


class Bar(NamedTuple):
    """A horizontal bar: its share of the whole width, 0 to 100."""

    label: str
    value: float
    share: float


def bars(values: Sequence[tuple[str, float]]) -> tuple[Bar, ...]:
    """Bars that compare by length; the longest one is 100. What is below zero has no length."""
    most = max((value for _, value in values), default=0)
    return tuple(
        Bar(label, value, round(100 * value / most, 2) if most > 0 and value > 0 else 0.0) for label, value in values
    )


def trend(
    periods: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    shown: Callable[[float], str] = "{:.0f}".format,
) -> Trend:
    """Lines of the series over the periods, from zero to a round number above the greatest value.

    What is None has no dot. Below zero the axis goes down to a round number, too.
    """
    known = [value for _, values in series for value in values if value is not None]
    floor, top = _range(known)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(periods) - 1)

    def x(position: int) -> float:
        return round(LEFT + position * step, 1) if len(periods) > 1 else (LEFT + WIDTH - RIGHT) / 2

    lines = []
    for name, values in series:
        dots = tuple(
            Dot(x(n), _up(value, floor, top), f"{periods[n]}: {shown(value)} {name.lower()}")
            for n, value in enumerate(values)
            if value is not None
        )
        lines.append(Line(name, " ".join(f"{dot.x},{dot.y}" for dot in dots), dots))
    every = -(-len(periods) // LABELS) or 1
    last = len(periods) - 1
    across = tuple(Tick(x(n), label) for n, label in enumerate(periods) if (last - n) % every == 0)
    return Trend(tuple(lines), across, _axis(floor, top, shown))


def stairs(name: str, places: Sequence[tuple[int, float]], shown: Callable[[float], str]) -> Trend:
    """A line over days that stays as it is until the day of the next place, where it steps."""
    floor, top = _range([value for _, value in places])
    last = max((day for day, _ in places), default=0)
    end = max(1.0, last * BEYOND)

    def x(day: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * day / end, 1)

    dots = tuple(Dot(x(day), _up(value, floor, top), f"Day {day}: {shown(value)}") for day, value in places)
    corners: list[str] = []
    for before, dot in zip((None, *dots), dots, strict=False):
        corners += [f"{dot.x},{before.y}"] if before else []
        corners.append(f"{dot.x},{dot.y}")
    corners += [f"{x(end)},{dots[-1].y}"] if dots else []
    whole = _ceiling(last)
    days = sorted({round(whole * n / LABELS) for n in range(LABELS + 1)})
    across = tuple(Tick(x(day), f"{day}") for day in days if day <= end)
    return Trend((Line(name, " ".join(corners), dots),), across, _axis(floor, top, shown))


def _axis(floor: float, top: float, shown: Callable[[float], str]) -> tuple[Tick, ...]:
    steps = [floor + (top - floor) * n / RULES for n in range(RULES + 1)]
    return tuple(Tick(_up(value, floor, top), shown(value)) for value in steps)


def _up(value: float, floor: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - floor) / (top - floor), 1)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Round ends of the axis. With values on both sides of zero both ends are as far away, so that zero has a rule."""
    least, most = min(values, default=0), max(values, default=0)
    if least >= 0:
        return 0, _ceiling(most)
    end = _ceiling(max(most, -least))
    return -end, end


def _ceiling(value: float) -> int:
    """The next round number that four equal steps divide."""
    size = 4
    while size < value:
        for factor in (2, 5, 10):
            if size * factor >= value:
                return size * factor
        size *= 10
    return size
