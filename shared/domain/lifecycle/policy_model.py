"""The lifecycle as compiled values: stages in order, their entry guards, the hand-over."""

from dataclasses import dataclass

from shared.domain.scoring.condition import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage. ``enter`` is its guard; None means that only the outside (a CRM, a person) puts a lead there.

    ``reason`` is the stable code that explains an entry through the guard. A ``side`` stage stands beside the line
    (recycled): whoever enters it has passed nothing on the way, and whoever goes on has not passed it.
    """

    id: str
    order: int
    enter: Condition | None
    reason: str
    side: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleModel:
    """Stages in ascending order and the hand-over that entering ``handover_stage`` starts.

    A signal recorded later than ``backfill_after_ms`` after it occurred is history: it starts no SLA.
    """

    stages: tuple[Stage, ...]
    handover_stage: str
    handover_sla_ms: int
    backfill_after_ms: int
    version: str
