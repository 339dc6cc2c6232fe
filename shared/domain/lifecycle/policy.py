"""Which stage a lead stands in. A stage is only ever entered; lateness never moves a lead back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.domain.instant import Instant
from shared.domain.lifecycle.model import ANONYMOUS, Enter, Handover, StageState, Stay
from shared.domain.lifecycle.policy_model import LifecycleModel, Stage
from shared.domain.scoring.compile import Matcher, compile_conditions
from shared.domain.scoring.condition import All, Always, Any_, Condition, Not, Record, fields_of, holds


@dataclass(frozen=True, slots=True)
class Ladder:
    """A compiled lifecycle. Build it once with ``compile_lifecycle``.

    ``guards`` maps a stage to the guards that can open for who stands there, None when none can: nobody asks those
    behind, nor those that name other stages (``stage.id``). ``first`` are those of a stranger.
    ``personal`` says whether any guard reads what is known of the person, beyond that something is.
    """

    model: LifecycleModel
    stages: tuple[Stage, ...]
    order: Mapping[str, int]
    guards: Mapping[str, Matcher | None]
    first: Matcher | None
    personal: bool


def compile_lifecycle(model: LifecycleModel) -> Ladder:
    """Compile the entry guards of a lifecycle."""
    stages = tuple(sorted(model.stages, key=lambda s: s.order))
    guarded = [(n, s.enter) for n, s in enumerate(stages) if s.enter is not None]
    order = {ANONYMOUS: -1, **{s.id: s.order for s in stages}}
    guards: dict[str, Matcher | None] = {}
    for stage_id, here in order.items():
        ahead = [(n, enter) for n, enter in guarded if stages[n].order > here and _can_open(enter, stage_id)]
        guards[stage_id] = compile_conditions(ahead) if ahead else None
    read = {field.partition(".")[0] for _, guard in guarded for field in fields_of(guard)}
    personal = not read.isdisjoint({"profile", "answers", "company"})
    return Ladder(model=model, stages=stages, order=order, guards=guards, first=guards[ANONYMOUS], personal=personal)


def _can_open(guard: Condition, stage_id: str) -> bool:
    """False when the guard never holds for who stands in this stage, whatever else is known."""
    return _settled(guard, {"stage": {"id": stage_id}}) is not False


def _settled(condition: Condition, record: Record) -> bool | None:
    """What a condition comes to when only the stage is known; None when that depends on the rest."""
    if isinstance(condition, Always):
        return True
    if isinstance(condition, Not):
        inner = _settled(condition.item, record)
        return None if inner is None else not inner
    if isinstance(condition, All | Any_):
        decisive = isinstance(condition, Any_)
        found = [_settled(item, record) for item in condition.items]
        if decisive in found:
            return decisive
        return None if None in found else not decisive
    return holds(condition, record) if condition.field == "stage.id" else None


def next_stage(ladder: Ladder, current: StageState, record: Record) -> Stay | Enter:
    """The furthest stage whose guard holds, if it lies ahead of the current one."""
    guards = ladder.guards.get(current.id, ladder.first)
    if guards is None:
        return Stay("LIFECYCLE.NO_GUARD_AHEAD")
    open_stages = guards(record)
    if not open_stages:
        return Stay("LIFECYCLE.NO_GUARD_HOLDS")
    stage = ladder.stages[open_stages[-1]]
    return Enter(stage.id, stage.reason)


def enter(ladder: Ladder, current: StageState, to: Enter, at: Instant) -> StageState:
    """The state after entering a stage. Stages passed over count as entered at the same instant.

    Whoever asks "how many became MQL" means everyone who got at least that far.
    """
    entered = dict(current.entered)
    here, there = ladder.order.get(current.id, -1), ladder.order[to.stage_id]
    goal = next(stage for stage in ladder.stages if stage.id == to.stage_id)
    for stage in ladder.stages:
        passed = here < stage.order < there and stage.enter is not None and not (stage.side or goal.side)
        if passed or stage is goal:
            entered.setdefault(stage.id, at)
    return StageState(to.stage_id, at, to.reason, ladder.model.version, entered)


def merge_stages(ladder: Ladder, winner: StageState, loser: StageState) -> StageState:
    """The stage of two leads that are one person: the furthest one, with the earliest instant of every stage."""
    ahead, behind = winner, loser
    if ladder.order.get(loser.id, -1) > ladder.order.get(winner.id, -1):
        ahead, behind = loser, winner
    entered = dict(ahead.entered)
    for stage_id, at in behind.entered.items():
        entered[stage_id] = min(at, entered.get(stage_id, at))
    return replace(ahead, entered=entered)


def request_handover(ladder: Ladder, stage: StageState, at: Instant, now: Instant) -> Handover | Stay:
    """Whether entering a stage hands the lead over to sales. Back-filled history sends nothing and starts no SLA.

    Only entering the hand-over stage itself does: who came further without it (a customer from the shop) is in nobody's
    queue.
    """
    if stage.id != ladder.model.handover_stage:
        return Stay("HANDOVER.OTHER_STAGE")
    if is_backfill(ladder, at, now):
        return Stay("HANDOVER.BACKFILLED")
    return Handover("requested", at, at + ladder.model.handover_sla_ms)


def is_backfill(ladder: Ladder, at: Instant, now: Instant) -> bool:
    """True when something happened too long ago for anybody to act on it now."""
    return now - at > ladder.model.backfill_after_ms
