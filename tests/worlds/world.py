"""A world: a seed becomes a plan of steps, the plan is played, then everything heals and has to be true.

Each step carries a seed of its own, so that leaving one out changes no other's choices; that is how a failure shrinks.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

from shared.domain.instant import HOUR, MINUTE, Instant
from shared.domain.sync.model import MARKETO, SALESFORCE, SYSTEMS
from tests.worlds import truth
from tests.worlds.acts import PLAY
from tests.worlds.installation import Installation, Refused
from tests.worlds.machinery import RUN, calm

STEPS = (30, 90)
MOST_CALLS = {SALESFORCE: 3, MARKETO: 5}
"""Of a pull in which nothing happened, logins not counted."""
LOGINS = {SALESFORCE: "oauth2/token", MARKETO: "identity/oauth/token"}
MOST_FROZEN = 3
A_DAY = 26 * HOUR

ACTS = {**{name: act for name, (act, _) in PLAY.items()}, **{name: act for name, (act, _) in RUN.items()}}


class Step(NamedTuple):
    """One thing that happens, with the seed of its own choices."""

    act: str
    seed: int


class Outcome(NamedTuple):
    """What became of a world: what is wrong, what happened, and a digest of all of it."""

    wrong: tuple[str, ...]
    trace: tuple[str, ...]
    digest: str


def plan(seed: int) -> tuple[Step, ...]:
    """The steps of a seed: people and machines by turns, with the machines a little ahead."""
    rng = Random(seed)
    names, weights = [], []
    share = rng.choice((0.3, 0.5, 0.8))
    stormy = rng.random() < 0.6
    for acts, part in ((PLAY, share), (RUN, 1.0)):
        whole = sum(weight for _, weight in acts.values())
        for name, (_, weight) in acts.items():
            if name == "weather" and not stormy:
                continue
            names.append(name)
            weights.append(weight / whole * part)
    return tuple(
        Step(name, rng.getrandbits(32)) for name in rng.choices(names, weights, k=rng.randint(*STEPS))
    )  # fmt: skip


def run(steps: Sequence[Step]) -> Outcome:
    """Play the steps in a new world, heal it, and look at it."""
    world = Installation()
    trace: list[str] = []
    wrong: list[str] = []
    try:
        for step in steps:
            try:
                said = ACTS[step.act](world, Random(step.seed))
            except Refused as refused:
                said = str(refused)
            if said:
                trace.append(f"{step.act}: {said}")
        wrong += heal(world)
        wrong += [f"{check.__name__}: {line}" for check in truth.CHECKS for line in check(world)]
        wrong += [f"frozen: {line}" for line in list(truth.frozen_fields(world))[MOST_FROZEN:]]
        if not wrong:
            wrong += stays_as_it_is(world)
    except Exception as error:
        wrong.append(f"{type(error).__name__}: {error}")
    told = [json.dumps(fact, sort_keys=True, default=str) for fact in world.bus.published]
    state = sorted(f"{key} {row}" for key, row in truth.snapshot(world).items())
    digest = hashlib.sha256("\n".join([*trace, *told, *state, *wrong]).encode()).hexdigest()[:16]
    return Outcome(tuple(wrong), tuple(trace), digest)


def heal(world: Installation, *, wait: Instant = A_DAY) -> Iterator[str]:
    """The weather clears, a day passes, everything that waits is done.

    Allowances turn at midnight; leases and claims run out within minutes.
    """
    calm(world)
    world.faults.clear()
    world.restart()
    world.clock.advance(wait)
    world.tell()
    for _ in range(2):
        world.watch()
        try:
            world.settle(30)
        except AssertionError as error:
            yield f"heal: {error}"
            return
        world.mailroom.finish()


def stays_as_it_is(world: Installation) -> Iterator[str]:
    """One more cycle, and a comparison of everything from the beginning, change nothing and cost little."""
    before = truth.snapshot(world)
    for system in SYSTEMS:
        world.sites[system].calls.clear()
    world.cycle()
    for system in SYSTEMS:
        calls = {path: n for path, n in world.sites[system].calls.items() if LOGINS[system] not in path}
        if sum(calls.values()) > MOST_CALLS[system]:
            yield f"an idle cycle calls {system} {sum(calls.values())} times: {calls}"
    yield from _changes(before, truth.snapshot(world), "one more cycle")
    for system in SYSTEMS:
        lease = world.sync.acquire(f"pull:{system}", now=world.clock.now(), for_ms=MINUTE)
        assert lease is not None
        cycle = world.sync.cycle(system)
        world.sync.save_cycle(system, replace(cycle, position={}, recent={}), lease)
        world.sync.release(lease)
    try:
        world.settle()
    except AssertionError as error:
        yield f"reading everything again: {error}"
    yield from _changes(before, truth.snapshot(world), "reading everything again")
    yield from (f"after reading again {check.__name__}: {line}" for check in truth.CHECKS for line in check(world))


def _changes(before: dict, after: dict, when: str) -> Iterator[str]:  # type: ignore[type-arg]
    for key in before.keys() | after.keys():
        old, new = before.get(key) or {}, after.get(key) or {}
        if old != new:
            names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
            yield f"{when} changes {key}: {[(name, old.get(name), new.get(name)) for name in names]}"


def _cause(outcome: Outcome) -> str:
    return outcome.wrong[0].split(" ")[0] if outcome.wrong else ""


def shrink(steps: Sequence[Step], *, most: int = 150) -> tuple[Step, ...]:
    """Fewer steps after which something is still wrong, by leaving out halves, quarters … and single ones."""
    kept, size, tries = list(steps), max(1, len(steps) // 2), 0
    cause = _cause(run(kept))
    while tries < most:
        position, found = 0, False
        while position < len(kept) and tries < most:
            fewer = kept[:position] + kept[position + size :]
            tries += 1
            if _cause(run(fewer)) == cause:
                kept, found = fewer, True
            else:
                position += size
        if not found and size == 1:
            break
        size = max(1, size // 2) if not found else size
    return tuple(kept)
