"""What the published rules mean, worked out a second time: reads the policy files and evaluates them word by word.

Shares no code with the decision core on purpose. A score is a sum over everything that happened, not a counter; a
condition is looked at, not compiled. Slow and plain, because the numbers of the real thing are held against it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any, Final

import yaml

DAY: Final = 86_400_000

Facts = Mapping[str, Any]
"""What a condition may ask about: sections of keys (``profile``, ``attributes`` …) or single words (``known``)."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that somebody did: when, what kind of signal it is, and what rules may ask about it."""

    at: int
    kind: str
    attributes: Mapping[str, Any]
    evidence: str = "verified"
    """``claimed`` when anybody could have said it."""

    @property
    def signal(self) -> Facts:
        """What rules may ask about how it was told."""
        return {"kind": self.kind, "evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Points:
    """A score in points with two decimals; ``lines`` by rule."""

    total: float
    fit: float
    engagement: float
    grade: str
    lines: Mapping[str, float]


class Rulebook:
    """The scoring and lifecycle files of a folder."""

    def __init__(self, folder: Path) -> None:
        scoring = yaml.safe_load((folder / "scoring.yaml").read_text())
        lifecycle = yaml.safe_load((folder / "lifecycle.yaml").read_text())
        self.rules: list[dict[str, Any]] = scoring["rules"]
        self.fit_bands: dict[str, float] = scoring["fit_bands"]
        self.engagement_bands: dict[str, float] = scoring["engagement_bands"]
        self.stages: list[dict[str, Any]] = sorted(lifecycle["stages"], key=lambda stage: stage["order"])

    def earned(self, happening: Happening) -> list[str]:
        """Ids of the engagement rules that something counts for."""
        facts = {"attributes": happening.attributes, "signal": happening.signal}
        return [
            rule["id"]
            for rule in self.rules
            if happening.kind in rule.get("kinds", ()) and holds(rule.get("when"), facts)
        ]

    def score(self, hits: Mapping[str, Sequence[int]], person: Facts, at: int) -> Points:
        """The score at an instant, from the instants at which each rule was earned."""
        fit, engagement = {}, {}
        for rule in self.rules:
            if rule["category"] == "fit":
                if holds(rule.get("when"), person):
                    fit[rule["id"]] = float(rule["points"])
                continue
            points = _faded(rule, hits.get(rule["id"], ()), at)
            if points:
                engagement[rule["id"]] = points
        of_fit, of_engagement = round(sum(fit.values()), 2), round(sum(engagement.values()), 2)
        grade = _band(self.fit_bands, of_fit, "D") + _band(self.engagement_bands, of_engagement, "4")
        return Points(round(of_fit + of_engagement, 2), of_fit, of_engagement, grade, fit | engagement)

    def furthest(self, facts: Facts) -> str | None:
        """The furthest stage whose guard holds."""
        found = None
        for stage in self.stages:
            if stage.get("enter") is not None and holds(stage["enter"], facts):
                found = str(stage["id"])
        return found

    def passed(self, current: str | None, to: str) -> list[str]:
        """The stages entered on the way: those with a guard that lie between, and the one itself. Empty: none ahead.

        Entering a stage beside the line passes nothing, and nothing passes it.
        """
        order = {stage["id"]: stage["order"] for stage in self.stages}
        here = order[current] if current else 0
        between = [stage for stage in self.stages if here < stage["order"] <= order[to]]
        if any(stage["id"] == to and stage.get("side") for stage in between):
            return [to]
        return [stage["id"] for stage in between if stage.get("enter") is not None and not stage.get("side")]


def holds(condition: Any, facts: Facts) -> bool:
    """Whether a condition of a policy file is true."""
    if condition is None:
        return True
    if "all" in condition:
        return all(holds(part, facts) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, facts) for part in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], facts)
    section, _, key = condition["field"].partition(".")
    value = (facts.get(section) or {}).get(key) if key else facts.get(section)
    return _compare(condition["op"], value, condition.get("value"))


def _compare(op: str, value: Any, wanted: Any) -> bool:
    text = value.lower() if isinstance(value, str) else ""
    if op in ("ge", "gt", "le", "lt"):
        return _ordered(op, _number(value), wanted)
    if op in ("eq", "ne"):
        return bool(value == wanted) is (op == "eq")
    if op in ("in", "not_in"):
        return (value in wanted) is (op == "in")
    if op in ("exists", "missing"):
        return (value in (None, "")) is (op == "missing")
    return _reads(op, text, wanted)


def _reads(op: str, text: str, wanted: Any) -> bool:
    """Operators on text; in an operator with ``any``, one of several is enough."""
    if op == "mentions_any":
        return any(_mentions(text, phrase) for phrase in wanted)
    if op == "matches_any":
        return any(part.lower() in text for part in wanted)
    part = wanted.lower()
    return bool({"contains": part in text, "starts_with": text.startswith(part), "ends_with": text.endswith(part)}[op])


def _ordered(op: str, value: float | None, wanted: float) -> bool:
    if value is None:
        return False
    return {"ge": value >= wanted, "gt": value > wanted, "le": value <= wanted, "lt": value < wanted}[op]


def _number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d+)?", value.strip()):
        return float(value)
    return None


def _mentions(text: str, phrase: str) -> bool:
    """Whole words in a row; an asterisk at an end lets that word go on."""
    said = re.findall(r"\w+", text)
    wanted = re.findall(r"\w+", phrase.lower())
    for start in range(len(said) - len(wanted) + 1):
        words = said[start : start + len(wanted)]
        if words[:-1] != wanted[:-1]:
            continue
        if words[-1] == wanted[-1] or (phrase.endswith("*") and words[-1].startswith(wanted[-1])):
            return True
    return False


def _faded(rule: Mapping[str, Any], hits: Sequence[int], at: int) -> float:
    """What all hits of a rule are worth at an instant: halved every half-life, bounded, to a hundredth half up."""
    half_life = rule.get("half_life_days")
    worth: float = sum(rule["points"] * (0.5 ** ((at - hit) / (half_life * DAY)) if half_life else 1.0) for hit in hits)
    bound = rule.get("cap")
    if bound is not None:
        worth = max(-bound, min(bound, worth))
    hundredths = floor(abs(worth) * 100 + 0.5 + 1e-9)
    return (hundredths if worth >= 0 else -hundredths) / 100


def _band(bands: Mapping[str, float], value: float, lowest: str) -> str:
    reached = [(minimum, name) for name, minimum in bands.items() if value >= minimum]
    return max(reached)[1] if reached else lowest
