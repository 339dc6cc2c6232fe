"""The scoring model as compiled values: what the core reads. Where it comes from is none of its business."""

from dataclasses import dataclass
from typing import Final

from shared.domain.scoring.condition import Condition

FIT: Final = "fit"
"""Who somebody is: person, company and answers. Read from the projection, counted once, never decays."""
ENGAGEMENT: Final = "engagement"
"""What somebody did: one counter per rule, triggered by signals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRule:
    """One rule. ``version`` is the hash of its content, 8 hexadecimal digits.

    ``kinds`` are the signal kinds that trigger it (engagement; empty for fit rules). ``half_life_ms`` None means that
    its points do not decay. ``cap`` bounds the absolute decayed value when it is read.
    """

    id: str
    version: str
    category: str
    points: float
    kinds: frozenset[str]
    when: Condition
    half_life_ms: int | None
    cap: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringModel:
    """All rules and the grade matrix. A band is (name, minimum); the first whose minimum is reached holds.

    The last band of each axis has the minimum -inf, so that every score has a grade.
    """

    rules: tuple[ScoringRule, ...]
    fit_bands: tuple[tuple[str, float], ...]
    engagement_bands: tuple[tuple[str, float], ...]
    version: str
