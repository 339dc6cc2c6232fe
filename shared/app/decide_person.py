"""Load, decide, commit; again from the start when somebody else was faster. Every decision goes this way.

Emits (through the outbox, in the same transaction) whatever the decision tells. Owns no rule: ``make`` decides.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared.domain.identity.model import Identifier
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide
from shared.domain.lead.decision import Decision, Known
from shared.domain.lead.model import Lead, LeadId
from shared.domain.lead.rules import Rules
from shared.ports.clock import Clock, IdFactory
from shared.ports.consent_ledger import ConsentLedger
from shared.ports.leads import LeadConflict, LeadStore

ATTEMPTS: Final = 24
"""How often a lost race is decided again before the caller is asked to come again later."""

_MAX_CHAIN: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The collaborators of a decision. Who never decides on consent (a writer of links, a watch) has no ledger.

    ``pause`` waits a little, longer with every attempt, so that racing decisions spread out.
    """

    store: LeadStore
    ledger: ConsentLedger | None
    rules: Rules
    clock: Clock
    ids: IdFactory
    pause: Callable[[int], None]


def identifiers_of(signal: Signal) -> tuple[Identifier, ...]:
    """Every identifier a signal speaks about, the previous one of an alias included."""
    return signal.identifiers if signal.previous is None else (*signal.identifiers, signal.previous)


def decide_signals(
    signals: Sequence[Signal], deps: Deciding, *, lost: Callable[[], None] | None = None
) -> Decision | None:
    """Decide on signals of one person and commit; None when all of them had been counted already.

    Args:
        signals: at most ``process_signals.SIGNALS_PER_DECISION``; more become several calls.
        deps: with a ledger, if any signal states a consent.
        lost: told of every lost race.

    Raises:
        LeadConflict: others were faster every time. Nothing was written.
        DecisionTooLarge: too much for one transaction. Nothing was written.
        shared.ports.failures.StoreUnavailable: not now; asking again repeats nothing.
    """
    seed = deps.ids.seed()

    def make(known: Known) -> Decision:
        return decide(known, signals, deps.rules, deps.clock.now(), seed)

    identifiers = tuple(dict.fromkeys(i for signal in signals for i in identifiers_of(signal)))
    return commit_decision(make, identifiers, deps, lost=lost)


def commit_decision(
    make: Callable[[Known], Decision],
    identifiers: Iterable[Identifier],
    deps: Deciding,
    *,
    lost: Callable[[], None] | None = None,
) -> Decision | None:
    """Commit what ``make`` decides, given all that is known about these identifiers; None when nothing was new.

    Raises:
        What ``decide_signals`` does, and whatever ``make`` raises.
    """
    wanted = tuple(dict.fromkeys(identifiers))
    return commit_loaded(
        make, lambda: deps.store.load(wanted), store=deps.store, ledger=deps.ledger, pause=deps.pause, lost=lost
    )


def commit_for_person(
    make: Callable[[Known, LeadId], Decision],
    lead_id: LeadId,
    deps: Deciding,
    *,
    identifiers: Iterable[Identifier] = (),
) -> Decision | None:
    """The same for a person known by any of its lead ids; ``make`` is told the root as it stands at that moment.

    None also when there is no such lead. ``identifiers`` are loaded beside the person: those it is to own.
    """
    wanted = tuple(dict.fromkeys(identifiers))
    root_id = lead_id

    def load() -> Known:
        nonlocal root_id
        root_id, known = known_person(lead_id, deps.store, identifiers=wanted)
        return known

    def decided(known: Known) -> Decision:
        return make(known, root_id) if root_id in known.leads else Decision("DECISION.NO_SUCH_LEAD")

    return commit_loaded(decided, load, store=deps.store, ledger=deps.ledger, pause=deps.pause)


def commit_loaded(
    make: Callable[[Known], Decision],
    load: Callable[[], Known],
    *,
    store: LeadStore,
    ledger: ConsentLedger | None = None,
    pause: Callable[[int], None] = lambda _: None,
    attempts: int = ATTEMPTS,
    lost: Callable[[], None] | None = None,
) -> Decision | None:
    """The loop itself: ``load``, ``make``, commit, until no condition fails."""
    for attempt in range(attempts):
        decision = make(load())
        if not decision.writes:
            return None
        if decision.consents and ledger is None:
            raise RuntimeError("a decision on consent needs the ledger")
        try:
            store.commit(decision, ledger.seal(decision.consents) if ledger and decision.consents else ())
        except LeadConflict:
            if lost:
                lost()
            if attempt == attempts - 1:
                raise
            pause(attempt)
            continue
        return decision
    return None


def known_person(lead_id: LeadId, store: LeadStore, *, identifiers: Sequence[Identifier] = ()) -> tuple[LeadId, Known]:
    """The root of the person that a lead belongs to, and what is known: its leads, and all about ``identifiers``.

    The root's id is ``lead_id`` itself, absent from ``known.leads``, when there is no such lead.
    """
    known = store.load(identifiers) if identifiers else Known()
    leads: dict[LeadId, Lead] = {}
    found = store.get(lead_id)
    for _ in range(_MAX_CHAIN):
        if found is None or found.merged_into is None:
            break
        leads[found.lead_id] = found
        found = store.get(found.merged_into)
    if found is None:
        return lead_id, known
    leads[found.lead_id] = found
    leads |= store.get_many([member for member in found.members if member not in leads])
    # What was read later replaces what was read before: the commit refuses a mixture of two versions.
    return found.lead_id, replace(known, leads={**known.leads, **leads})
