"""From archived requests to decisions: read, parse, group by person, decide, commit.

Emits (through the outbox, in the same transaction) every fact that ``decide`` tells. Delivery is at least once and in
any order; a signal counts once because its digest is written with its effects.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from shared.app.decide_person import Deciding, decide_signals, identifiers_of
from shared.contracts.intake import Delivery, InboundRequest, Rejected, Source
from shared.domain.identity.model import Identifier
from shared.domain.intake.problem import Problem
from shared.domain.intake.signal import Signal
from shared.domain.lead.rules import Rules
from shared.ports.clock import Clock, IdFactory
from shared.ports.consent_ledger import ConsentLedger
from shared.ports.failures import StoreUnavailable
from shared.ports.intake import RawArchive
from shared.ports.leads import DecisionTooLarge, LeadConflict, LeadStore
from shared.ports.operations import ParkedRecord, ParkedRecords

SIGNALS_PER_DECISION = 60
"""What one transaction takes comfortably; more signals of a person become several complete decisions."""

Parse = Callable[[InboundRequest, Source, str, str], tuple[list[Signal], list[Rejected]]]
"""(request, source, archive_key, correlation_id) → normalised signals, and what of the request cannot be one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: counts by outcome, and the deliveries that the queue has to bring again."""

    signals: int
    decided: int
    unchanged: int
    parked: int
    retries: int
    failed: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """The collaborators of the signal processor."""

    archive: RawArchive
    store: LeadStore
    ledger: ConsentLedger
    parked: ParkedRecords
    sources: Mapping[str, Source]
    parse: Parse
    rules: Rules
    clock: Clock
    ids: IdFactory
    pause: Callable[[int], None]
    """Waits a little, longer with every attempt, so that racing decisions spread out."""

    @property
    def deciding(self) -> Deciding:
        """What a decision needs of them."""
        return Deciding(
            store=self.store, ledger=self.ledger, rules=self.rules, clock=self.clock, ids=self.ids, pause=self.pause
        )


def process_signals(deliveries: Sequence[Delivery], deps: Processing) -> Outcome:
    """Process a batch. One person's failure fails only the deliveries that speak about that person.

    Raises:
        Nothing for single deliveries: what may work later is in ``failed``, what never will is parked.
    """
    tally = _Tally()
    owners: dict[str, str] = {}
    signals: list[Signal] = []
    for delivery in deliveries:
        for signal in _read(delivery, deps, tally):
            signals.append(signal)
            owners.setdefault(signal.signal_id, delivery.delivery_id)
    tally.signals = len(signals)
    for group in by_person(signals):
        for start in range(0, len(group), SIGNALS_PER_DECISION):
            _decide(group[start : start + SIGNALS_PER_DECISION], deps, tally, owners)
    return tally.outcome()


def by_person(signals: Iterable[Signal]) -> list[list[Signal]]:
    """Signals that share an identifier, directly or through others, together and in order of occurrence."""
    parent: dict[Identifier, Identifier] = {}

    def top(identifier: Identifier) -> Identifier:
        while (above := parent.setdefault(identifier, identifier)) != identifier:
            parent[identifier] = parent[above]
            identifier = above
        return identifier

    ordered = sorted(signals, key=lambda s: (s.occurred_at, s.signal_id))
    for signal in ordered:
        first = top(signal.identifiers[0])
        for other in identifiers_of(signal):
            parent[top(other)] = first
    groups: dict[Identifier, list[Signal]] = {}
    for signal in ordered:
        groups.setdefault(top(signal.identifiers[0]), []).append(signal)
    return list(groups.values())


class _Tally:
    def __init__(self) -> None:
        self.signals = self.decided = self.unchanged = self.parked = self.retries = 0
        self.failed: set[str] = set()

    def lost(self) -> None:
        self.retries += 1

    def outcome(self) -> Outcome:
        return Outcome(self.signals, self.decided, self.unchanged, self.parked, self.retries, frozenset(self.failed))


def _read(delivery: Delivery, deps: Processing, tally: _Tally) -> list[Signal]:
    """The signals of one delivery. What cannot be understood is parked at once, the rest goes on."""
    source = deps.sources.get(delivery.source)
    if source is None:
        reason = "This source is no longer configured."
        _park(delivery, deps, tally, code="INTAKE.UNKNOWN_SOURCE", reason=reason)
        return []
    try:
        request = deps.archive.get(delivery.archive_key)
        signals, rejected = deps.parse(request, source, delivery.archive_key, delivery.correlation_id)
    except StoreUnavailable:
        tally.failed.add(delivery.delivery_id)
        return []
    except KeyError:
        _park(delivery, deps, tally, code="INTAKE.ARCHIVE_GONE", reason="The archived request has expired.")
        return []
    except Problem as problem:
        _park(delivery, deps, tally, code=problem.code, reason=problem.detail)
        return []
    for reject in rejected:
        # Derived from the event where it can be, so that a retried batch parks the same event once.
        about = reject.reference or f"{delivery.archive_key}:{reject.index}"
        _park(delivery, deps, tally, code=reject.code, reason=reject.detail, about=about)
    return signals


def _decide(signals: Sequence[Signal], deps: Processing, tally: _Tally, owners: Mapping[str, str]) -> None:
    """Decide on signals of one person; isolate the one that cannot be decided, so that the others go on."""
    try:
        _commit(signals, deps, tally)
    except (StoreUnavailable, LeadConflict):
        tally.failed.update(owners[signal.signal_id] for signal in signals)
    except DecisionTooLarge:
        _divide(signals, deps, tally, owners, code="DECISION.TOO_LARGE")
    except Exception:
        # A poisonous signal may raise anything; it must not hold up its neighbours.
        _divide(signals, deps, tally, owners, code="DECISION.FAILED")


def _divide(
    signals: Sequence[Signal], deps: Processing, tally: _Tally, owners: Mapping[str, str], *, code: str
) -> None:
    if len(signals) > 1:
        middle = len(signals) // 2
        _decide(signals[:middle], deps, tally, owners)
        _decide(signals[middle:], deps, tally, owners)
        return
    (signal,) = signals
    delivery = Delivery(
        delivery_id=owners[signal.signal_id],
        source=signal.source,
        archive_key=signal.archive_key,
        received_at=signal.recorded_at,
        correlation_id=signal.correlation_id,
    )
    reason = "This signal could not be decided on; the archived request has it."
    _park(delivery, deps, tally, code=code, reason=reason, about=signal.signal_id)


def _commit(signals: Sequence[Signal], deps: Processing, tally: _Tally) -> None:
    """Load, decide, save; again from the start when somebody else was faster."""
    if decide_signals(signals, deps.deciding, lost=tally.lost) is None:
        tally.unchanged += 1
    else:
        tally.decided += 1


def _park(delivery: Delivery, deps: Processing, tally: _Tally, *, code: str, reason: str, about: str = "") -> None:
    """Keep what cannot be processed where a person sees it, with the message that would try it again.

    ``about`` identifies the event inside the request; without it, it is the request that is parked.
    """
    identity = sha256(f"{about or delivery.archive_key}:{code}".encode()).hexdigest()[:26]
    try:
        deps.parked.park(
            ParkedRecord(
                parked_id=f"parked_{identity}",
                code=code,
                reason=reason,
                source=delivery.source,
                parked_at=deps.clock.now(),
                redrive={"queue": "signals", "body": delivery.to_message()},
                details={"archive_key": delivery.archive_key, "about": about},
            )
        )
    except StoreUnavailable:
        tally.failed.add(delivery.delivery_id)
        return
    tally.parked += 1
