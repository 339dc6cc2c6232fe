"""How long until a sale, when many leads have not bought yet: the Kaplan-Meier estimator.

S(t) is the product over days d ≤ t with sales of (1 - sold(d) / at_risk(d)). At risk on a day is everybody whose time
had not ended before it; a lead that is open on the day of a sale was at risk on it (Kaplan & Meier, 1958, section 2).
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from shared.domain.insights.groups import Wait


class Survival(NamedTuple):
    """One step: after this many days the share ``bought`` of all leads is expected to have bought."""

    day: int
    at_risk: int
    sold: int
    bought: float
    """The nearest float of an exact ratio."""


def kaplan_meier(waits: Iterable[Wait]) -> tuple[Survival, ...]:
    """One step for every day with sales; nothing when nobody bought."""
    ordered = sorted(waits)
    at_risk = sum(wait.sold + wait.open for wait in ordered)
    left = Fraction(1)
    steps = []
    for wait in ordered:
        if wait.sold:
            left *= Fraction(at_risk - wait.sold, at_risk)
            steps.append(Survival(wait.day, at_risk, wait.sold, float(1 - left)))
        at_risk -= wait.sold + wait.open
    return tuple(steps)


def median_of(steps: Iterable[Survival]) -> int | None:
    """The first day by which half of all leads are expected to have bought; None when that is not yet known."""
    return next((step.day for step in steps if step.bought >= 0.5), None)
