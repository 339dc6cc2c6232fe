"""Geometry of the charts: numbers in, coordinates of an SVG out. A table with the same numbers is always beside it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

WIDTH: Final = 720
HEIGHT: Final = 240
LEFT: Final = 48
RIGHT: Final = 16
TOP: Final = 12
BOTTOM: Final = 28
LABELS: Final = 8
"""At most so many labels fit below the trend."""


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
    value: int
    share: float


def bars(values: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """Bars that compare by length; the longest one is 100."""
    most = max((value for _, value in values), default=0)
    return tuple(Bar(label, value, round(100 * value / most, 2) if most else 0.0) for label, value in values)


def trend(periods: Sequence[str], series: Sequence[tuple[str, Sequence[int]]]) -> Trend:
    """Lines of the series over the periods, from zero to a round number above the greatest value."""
    top = _ceiling(max((value for _, values in series for value in values), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(periods) - 1)

    def x(position: int) -> float:
        return round(LEFT + position * step, 1) if len(periods) > 1 else (LEFT + WIDTH - RIGHT) / 2

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)

    lines = []
    for name, values in series:
        dots = tuple(Dot(x(n), y(value), f"{periods[n]}: {value} {name.lower()}") for n, value in enumerate(values))
        lines.append(Line(name, " ".join(f"{dot.x},{dot.y}" for dot in dots), dots))
    every = -(-len(periods) // LABELS) or 1
    last = len(periods) - 1
    across = tuple(Tick(x(n), label) for n, label in enumerate(periods) if (last - n) % every == 0)
    return Trend(tuple(lines), across, tuple(Tick(y(top * n / 4), f"{top * n // 4}") for n in range(5)))


def _ceiling(value: int) -> int:
    """The next round number that four equal steps divide."""
    size = 4
    while size < value:
        for factor in (2, 5, 10):
            if size * factor // 1 >= value:
                return size * factor
        size *= 10
    return size
