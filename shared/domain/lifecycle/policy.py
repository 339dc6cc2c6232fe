"""Which stage a lead stands in. A stage is only ever entered; lateness never moves a lead back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.domain.instant import Instant
from shared.domain.lifecycle.model import ANONYMOUS, Enter, Handover, StageState, Stay
from shared.domain.lifecycle.policy_model import LifecycleModel, Stage
from shared.domain.scoring.compile import Matcher, compile_conditions
from shared.domain.scoring.condition import Record, fields_of


@dataclass(frozen=True, slots=True)
class Ladder:
    """A compiled lifecycle. Build it once with ``compile_lifecycle``.

    ``guards`` maps the order of a stage to the guards of the stages ahead of it: nobody asks those behind.
    ``personal`` says whether any guard reads what is known of the person, beyond that something is.
    """

    model: LifecycleModel
    stages: tuple[Stage, ...]
    order: Mapping[str, int]
    guards: Mapping[int, Matcher]
    personal: bool
    top: int


def compile_lifecycle(model: LifecycleModel) -> Ladder:
    """Compile the entry guards of a lifecycle."""
    stages = tuple(sorted(model.stages, key=lambda s: s.order))
    guarded = [(n, s.enter) for n, s in enumerate(stages) if s.enter is not None]
    order = {ANONYMOUS: -1, **{s.id: s.order for s in stages}}
    top = max((stages[n].order for n, _ in guarded), default=-1)
    guards = {
        here: compile_conditions((n, enter) for n, enter in guarded if stages[n].order > here)
        for here in order.values()
        if here < top
    }
    read = {field.partition(".")[0] for _, guard in guarded for field in fields_of(guard)}
    personal = not read.isdisjoint({"profile", "answers", "company"})
    return Ladder(model=model, stages=stages, order=order, guards=guards, personal=personal, top=top)


def next_stage(ladder: Ladder, current: StageState, record: Record) -> Stay | Enter:
    """The furthest stage whose guard holds, if it lies ahead of the current one."""
    here = ladder.order.get(current.id, -1)
    if here >= ladder.top:
        return Stay("LIFECYCLE.NO_GUARD_AHEAD")
    open_stages = ladder.guards[here](record)
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
    for stage in ladder.stages:
        if here < stage.order <= there and (stage.enter is not None or stage.id == to.stage_id):
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
