"""What a bench returns: figures with their spread, targets with what was reached, and remarks. Prints nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number. ``low`` and ``high`` are the worst and best of ``runs`` runs; a counted figure has one run.

    ``ratio`` compares it with another figure of the same run, so that it means the same on any machine. ``detail``
    figures are for JSON; the table says the same in another figure's words.
    """

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    runs: int = 1
    ratio: str = ""
    detail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A promise and what was reached. ``at_least`` False: less is better."""

    name: str
    wanted: float
    reached: float
    unit: str
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        return self.reached >= self.wanted if self.at_least else self.reached <= self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one bench found. ``failure`` says why there are no figures."""

    name: str
    title: str
    figures: Sequence[Figure] = ()
    targets: Sequence[Target] = ()
    notes: Sequence[str] = field(default_factory=tuple)
    failure: str = ""

    def plain(self) -> dict[str, Any]:
        """The result for JSON."""
        plain = asdict(self)
        for written, target in zip(plain["targets"], self.targets, strict=True):
            written["met"] = target.met
        return plain


def spread(name: str, values: Sequence[float], unit: str, *, ratio: str = "") -> Figure:
    """The median of several runs, with the worst and the best of them."""
    return Figure(
        name=name,
        value=median(values),
        unit=unit,
        low=min(values),
        high=max(values),
        runs=len(values),
        ratio=ratio,
    )
