"""Our side at work in a world: parts of cycles in any order, killed anywhere, in any weather, two at once."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, TypeVar, cast

from infra.local.simulators.faults import FaultKind
from shared.adapters.memory.faults import Killed
from shared.domain.instant import HOUR, MINUTE, SECOND
from shared.domain.sync.model import MARKETO, SALESFORCE, SYSTEMS
from shared.ports.failures import StoreUnavailable
from tests.worlds.installation import Installation

T = TypeVar("T")
ENDLESS = 10**9
OWN_SIDE = (
    "sync.links", "sync.save", "sync.save_cycle", "sync.cycle", "sync.read_again", "sync.was_read", "sync.to_read",
    "sync.claim", "sync.unclaim", "sync.acquire", "sync.release", "sync.turn", "sync.assigned_owner",
    "sync.name_owners",
    "store.load", "store.commit", "store.find", "store.get", "store.get_many", "records.put", "records.get",
    "changes.send", "out.send", "parked.park", "archive.put", "archive.get", "queue.send",
    "permits.grant", "messages.settle", "messages.get", "suppressions.of", "suppressions.suppress",
)  # fmt: skip
"""Calls of ports that can be unavailable for a moment."""

MAIL = "mail.send"


class Meanwhile:
    """Does something else, once, before the n-th call to anything it wraps: another process at the same moment."""

    def __init__(self, nth: int, action: Callable[[], object]) -> None:
        self._left = nth
        self._action = action

    def wrap(self, target: T) -> T:
        return cast("T", _Interrupted(target, self))

    def tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._action()


class _Interrupted:
    def __init__(self, target: object, meanwhile: Meanwhile) -> None:
        self._target = target
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not callable(value):
            return value

        def called(*args: Any, **kwargs: Any) -> Any:
            self._meanwhile.tick()
            return value(*args, **kwargs)

        return called


def dying(world: Installation, work: Callable[[], object], *, nth: int, when: str = "before") -> bool:
    """Do some work in a process that ends before or after its n-th call; True when it did end there."""
    world.faults.clear()
    if when == "after":
        world.faults.after(nth)
        nth += 1
    # Whoever is dead calls nobody any more, not even to give a lease back.
    world.faults.before(nth, times=ENDLESS)
    try:
        work()
    except Killed:
        world.disturbed += 1
        return True
    finally:
        world.faults.clear()
        world.restart()
    return False


def unlucky(world: Installation, work: Callable[[], object], rng: Random) -> str:
    """Do some work while a part of our own side does not answer now and then."""
    world.faults.clear()
    call = rng.choice(OWN_SIDE)
    world.disturbed += 1
    fails = {"before": world.faults.before, "after": world.faults.after}
    when = rng.choice(sorted(fails))
    fails[when](rng.randint(1, 6), call=call, times=rng.randint(1, 3), error=lambda: StoreUnavailable(call))
    try:
        work()
    except StoreUnavailable:
        return f"{when} {call}: did not finish"
    finally:
        world.faults.clear()
    return f"{when} {call}"


def _work(world: Installation, name: str, rng: Random) -> Callable[[], object]:
    system = rng.choice(SYSTEMS)
    some = rng.choice((0, 0, 1, 3))
    works: dict[str, Callable[[], object]] = {
        "pull": lambda: world.pull(system),
        "push": lambda: world.push(system, most=some),
        "reconcile": lambda: world.reconcile(most=some),
        "tell": world.tell,
        "process": world.process,
        "send": world.mailroom.send,
        "watch": world.watch,
        "cycle": world.cycle,
    }
    return works[name]


WORKS = ("pull", "pull", "push", "push", "reconcile", "reconcile", "tell", "process", "send", "watch", "cycle", "cycle")


def works(world: Installation, rng: Random) -> str:
    """A part of a cycle, undisturbed, unlucky, or to the death."""
    name = rng.choice(WORKS)
    work = _work(world, name, rng)
    fate = rng.random()
    if fate < 0.6:
        try:
            work()
        except StoreUnavailable as error:
            return f"{name}: {error}"
        return name
    if fate < 0.8:
        nth, when = rng.randint(1, 40), rng.choice(("before", "after"))
        died = dying(world, work, nth=nth, when=when)
        return f"{name}{f' is killed {when} its call {nth}' if died else ''}"
    return f"{name}, unlucky {unlucky(world, work, rng)}"


def cycles(world: Installation, rng: Random) -> str:
    """A whole cycle; in it pulls, reconciliations, decisions and writes come in their order."""
    return f"cycle does {world.cycle()}"


def two_pulls(world: Installation, rng: Random) -> str:
    """A second pull begins while one runs; or, late, after the first one's lease ran out."""
    system, late = rng.choice(SYSTEMS), rng.random() < 0.5
    found: list[str] = []

    def second() -> None:
        if late:
            world.clock.advance(7 * MINUTE)
        other = replace(world.pulling[system], system=world.connect(system))
        found.append(world.pull(system, deps=other).status)

    meanwhile = Meanwhile(rng.randint(1, 8), second)
    one = world.pulling[system]
    first = world.pull(
        system,
        deps=replace(
            one, system=meanwhile.wrap(one.system), store=meanwhile.wrap(one.store), queue=meanwhile.wrap(one.queue)
        ),
    )
    return f"two pulls of {system}: {first.status} and {found}"


def two_pushes(world: Installation, rng: Random) -> str:
    """Two writers get the same wishes."""
    system = rng.choice(SYSTEMS)
    wishes = [*world.waiting[system], *world.out.sent[system]]

    def second() -> None:
        world.waiting[system] += wishes
        world.push(system, deps=replace(world.pushing[system], system=world.connect(system)))

    meanwhile = Meanwhile(rng.randint(1, 12), second)
    one = world.pushing[system]
    deps = replace(
        one, system=meanwhile.wrap(one.system), store=meanwhile.wrap(one.store), sync=meanwhile.wrap(one.sync)
    )
    world.push(system, deps=deps)
    return f"two pushes of {len(wishes)} wishes to {system}"


def two_reconciliations(world: Installation, rng: Random) -> str:
    """The same pages twice at once, or a writer in the middle of a reconciliation."""
    pages, system = list(world.changes.sent), rng.choice(SYSTEMS)
    same = rng.random() < 0.6

    def second() -> None:
        if same:
            world.changes.sent[:0] = pages
            world.reconcile()
        else:
            world.push(system)

    meanwhile = Meanwhile(rng.randint(1, 15), second)
    one = world.reconciling
    deps = replace(one, store=meanwhile.wrap(one.store), sync=meanwhile.wrap(one.sync), out=meanwhile.wrap(one.out))
    world.reconcile(deps=deps)
    return f"{len(pages)} pages while {'they are reconciled' if same else f'{system} is written'}"


def withdrawal_while_sending(world: Installation, rng: Random) -> str:
    """Somebody withdraws at the moment at which the gateway decides about a mail."""
    from tests.worlds.acts import unsubscribes_by_link, withdraws_by_form

    done: list[str] = []

    def second() -> None:
        done.append(unsubscribes_by_link(world, rng) or withdraws_by_form(world, rng))
        world.process()

    meanwhile = Meanwhile(rng.randint(1, 9), second)
    room, one = world.mailroom, world.mailroom.sending
    room.sending = replace(
        one,
        store=meanwhile.wrap(one.store),
        permits=meanwhile.wrap(one.permits),
        messages=meanwhile.wrap(one.messages),
        mail=meanwhile.wrap(one.mail),
    )
    try:
        room.send()
    finally:
        room.sending = one
    return f"while sending: {done}"


def queues_repeat_and_shuffle(world: Installation, rng: Random) -> str:
    """At least once, in any order."""
    queues: list[list[Any]] = [world.changes.sent, world.queue.sent, world.mailroom.waiting]
    queues += [world.waiting[name] for name in SYSTEMS]
    for queue in queues:
        if queue and rng.random() < 0.6:
            queue.append(rng.choice(queue))
        rng.shuffle(queue)
    if world.bus.published and rng.random() < 0.5:
        world.route(rng.choice(world.bus.published))
    return "queues repeat and shuffle"


def time_passes(world: Installation, rng: Random) -> str:
    step = rng.choice((0, SECOND, 20 * SECOND, 2 * MINUTE, 5 * MINUTE, HOUR, 5 * HOUR))
    world.clock.advance(step)
    return f"{step // SECOND} s pass"


def weather(world: Installation, rng: Random) -> str:
    """Something is wrong with a vendor, for some calls or until it clears up."""
    system, kind = rng.choice(SYSTEMS), rng.choice(sorted(FaultKind))
    given: dict[str, Any] = {"kind": str(kind), "skip": rng.choice((0, 0, 1, 3)), "times": rng.choice((1, 2, 3, 0))}
    if kind is FaultKind.SLOW:
        given["seconds"] = float(rng.choice((2, 300)))
    if kind is FaultKind.LATE_VISIBILITY:
        given |= {"seconds": float(rng.choice((30, 240))), "times": 0}
    if kind is FaultKind.THROTTLE and system == MARKETO:
        given["code"] = rng.choice(("606", "607", "615", "608", "601", "602"))
    if kind is FaultKind.THROTTLE and system == SALESFORCE:
        given["code"] = rng.choice(("REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE"))
        # An org whose calls are used up still lets people log in.
        given["path"] = "/services/data"
    if kind is FaultKind.ROW_ERROR:
        codes = {SALESFORCE: ("UNABLE_TO_LOCK_ROW", "UNKNOWN_EXCEPTION"), MARKETO: ("713", "719", "1022")}
        given |= {"code": rng.choice(codes[system]), "times": rng.choice((1, 2, 3))}
    world.play(system, "faults", **given)
    return f"{system}: {given}"


def weather_clears(world: Installation, rng: Random) -> str:
    calm(world)
    return "the weather clears"


def calm(world: Installation) -> None:
    """Nothing is wrong with anybody."""
    for system in SYSTEMS:
        world.session(system).delete("https://simulator.test/__sim__/faults")


def sessions_end(world: Installation, rng: Random) -> str:
    world.play(SALESFORCE, "end-sessions")
    world.play(MARKETO, "revoke")
    return "all sessions end"


def processes_restart(world: Installation, rng: Random) -> str:
    world.restart()
    return "all processes restart"


RUN: dict[str, tuple[Callable[[Installation, Random], str], int]] = {
    "works": (works, 40),
    "cycle": (cycles, 12),
    "two-pulls": (two_pulls, 3),
    "two-pushes": (two_pushes, 4),
    "two-reconciliations": (two_reconciliations, 4),
    "mail-race": (withdrawal_while_sending, 4),
    "queues": (queues_repeat_and_shuffle, 5),
    "time": (time_passes, 12),
    "weather": (weather, 6),
    "calm": (weather_clears, 4),
    "sessions": (sessions_end, 1),
    "restart": (processes_restart, 1),
}
"""Name → what happens and how often it comes, beside the others."""
