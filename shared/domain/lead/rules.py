"""The compiled rules that decisions are made by."""

from dataclasses import dataclass

from shared.domain.lifecycle.policy import Ladder, compile_lifecycle
from shared.domain.lifecycle.policy_model import LifecycleModel
from shared.domain.scoring.policy import Scorer, compile_model
from shared.domain.scoring.policy_model import ScoringModel


@dataclass(frozen=True, slots=True)
class Rules:
    """Scoring and lifecycle, compiled, and the version of all policies together."""

    scorer: Scorer
    ladder: Ladder
    version: str


def compile_rules(scoring: ScoringModel, lifecycle: LifecycleModel, version: str) -> Rules:
    """Compile once per process; takes milliseconds."""
    return Rules(compile_model(scoring), compile_lifecycle(lifecycle), version)
