"""Bring people's records in another system up to date: plan, bundle, write, remember what both sides now agree on.

A wish says only *whose* records may be out of date; what is written follows from the shadow, so a wish that comes
twice, late or for nothing writes nothing. A creation is claimed first and repeats as an upsert, so a crash at any point
leaves one record. What the vendor cannot take now waits for the next pull that reaches it; nothing is lost and no queue
fills.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Final

from shared.app.decide_person import Deciding
from shared.app.plan_records import plans_of
from shared.app.sync_people import Person, links_of, load_people, own_record, primary, ranked
from shared.domain.instant import MINUTE, Instant
from shared.domain.lead.model import LeadId
from shared.domain.lead.rules import Rules
from shared.domain.lifecycle.model import Stay
from shared.domain.sync.budget import STOP, URGENT_ONLY, stance
from shared.domain.sync.handover import owner_of, territory
from shared.domain.sync.model import (
    CREATED,
    DUPLICATE,
    LINKED,
    LIVE,
    MARKETO,
    MERGED,
    REJECTED,
    REMAPPED,
    RETRY_LATER,
    SALESFORCE,
    SKIPPED,
    UPDATED,
    Link,
    RemoteWrite,
    Usage,
    WriteOutcome,
)
from shared.domain.sync.plan import WAITS, written
from shared.domain.sync.policy_model import SyncPolicy
from shared.domain.sync.reconcile import inherit
from shared.ports.clock import Clock, IdFactory
from shared.ports.failures import StoreUnavailable
from shared.ports.leads import LeadConflict, LeadStore
from shared.ports.operations import ParkedRecord, ParkedRecords
from shared.ports.sync import (
    LinkConflict,
    NotConfigured,
    RemoteRefused,
    RemoteSystem,
    RemoteUnavailable,
    SyncStore,
    Wish,
)

CLAIM_MS: Final = 3 * MINUTE
"""How long the right to create somebody's record is held: longer than a writer may run."""

ATTEMPTS: Final = 8
REDRIVE: Final = "redrive"
"""The reason of a wish that a person sent: values that were refused are tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """The collaborators of a writer."""

    system: RemoteSystem
    store: LeadStore
    sync: SyncStore
    parked: ParkedRecords
    rules: Rules
    policy: SyncPolicy
    clock: Clock
    ids: IdFactory
    pause: Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of a batch.

    Records written, plans with nothing to write, records refused for good, people who wait for the vendor, calls; and
    the messages that the queue has to bring again.
    """

    written: int = 0
    skipped: int = 0
    parked: int = 0
    waiting: int = 0
    calls: int = 0
    failed: frozenset[str] = field(default_factory=frozenset)


def push_people(system_name: str, wishes: Sequence[tuple[str, Wish]], deps: Pushing) -> Pushed:
    """Fulfil wishes, each with the id of its message.

    Raises:
        Nothing for single wishes: what our own side cannot do now is in ``failed``.
    """
    batch = _Batch(system_name, wishes, deps)
    try:
        batch.run()
    except (StoreUnavailable, LeadConflict, LinkConflict):
        batch.failed.update(message_id for message_id, _ in wishes)
    return batch.result()


class _Batch:
    """One batch of wishes on its way out."""

    def __init__(self, system: str, wishes: Sequence[tuple[str, Wish]], deps: Pushing) -> None:
        self._system = system
        self._deps = deps
        self._wishes = wishes
        self._messages: dict[LeadId, set[str]] = defaultdict(set)
        self._calls_before = deps.system.calls()
        self._deciding = Deciding(
            store=deps.store, ledger=None, rules=deps.rules, clock=deps.clock, ids=deps.ids, pause=deps.pause
        )
        self.failed: set[str] = set()
        self._written = self._skipped = self._parked = 0
        self._seen_until: Instant = 0
        self._waiting: set[LeadId] = set()
        self._remapped: set[LeadId] = set()
        self._redriven: set[LeadId] = set()

    def result(self) -> Pushed:
        return Pushed(
            written=self._written,
            skipped=self._skipped,
            parked=self._parked,
            waiting=len(self._waiting),
            calls=self._deps.system.calls() - self._calls_before,
            failed=frozenset(self.failed),
        )

    def run(self) -> None:
        people = self._people()
        if not people:
            return
        cycle = self._deps.sync.cycle(self._system)
        self._seen_until = cycle.read_until
        budget = self._deps.policy.budgets.get(self._system)
        mood = stance(budget, Usage(cycle.used, cycle.allowed)) if budget else ""
        if cycle.paused or mood == STOP:
            self._waiting.update(people)
        else:
            self._write(people, urgent_only=mood == URGENT_ONLY)
            if self._remapped:
                # Once more, for what may go to another record at once: a converted lead's contact gets an opt-out now.
                again = load_people(self._remapped, self._deps.store, self._deps.rules, self._deps.clock.now())
                self._write({p.lead_id: p for p in again.values()}, urgent_only=True)
            self._merge(people)
        if self._waiting:
            self._deps.sync.read_again(self._system, sorted(self._waiting), now=self._deps.clock.now())

    def _people(self) -> dict[LeadId, Person]:
        """The persons that are wished for, by root; and whose messages they are."""
        asked = [wish.lead_id for _, wish in self._wishes]
        found = load_people(asked, self._deps.store, self._deps.rules, self._deps.clock.now())
        people: dict[LeadId, Person] = {}
        for message_id, wish in self._wishes:
            person = found.get(wish.lead_id)
            if person is None:
                self._skipped += 1
                continue
            people[person.lead_id] = person
            self._messages[person.lead_id].add(message_id)
            if wish.reason == REDRIVE:
                self._redriven.add(person.lead_id)
        return people

    def _write(self, people: Mapping[LeadId, Person], *, urgent_only: bool) -> None:
        links = self._links(people.values())
        now = self._deps.clock.now()
        plans: list[tuple[Link | None, RemoteWrite]] = []
        for lead_id, person in people.items():
            with self._alone(lead_id):
                plans += self._wanted(person, links[lead_id], now, urgent_only=urgent_only)
        self._send(plans)

    def _wanted(
        self, person: Person, links: Sequence[Link], now: Instant, *, urgent_only: bool
    ) -> list[tuple[Link | None, RemoteWrite]]:
        """What is written for a person now; what has to wait is noted."""
        lead_id = person.lead_id
        wanted: list[tuple[Link | None, RemoteWrite]] = []
        owner = partial(self._owner, person)
        found = plans_of(person, self._system, links, self._deps, now, owner=owner, seen_until=self._seen_until)
        for link, write in found:
            if isinstance(write, Stay):
                self._skipped += 1
                self._waiting |= {lead_id} if write.reason == WAITS else set()
            elif urgent_only and not write.urgent:
                self._waiting.add(lead_id)
            elif write.remote_id is None and not self._claim(lead_id):
                self.failed |= self._messages[lead_id]
            else:
                self._waiting |= {lead_id} if write.waits else set()
                wanted.append((link, write))
        return wanted

    @contextmanager
    def _alone(self, lead_id: LeadId) -> Iterator[None]:
        """One person's trouble is that person's: what may work later comes again, what never will is parked."""
        try:
            yield
        except (StoreUnavailable, LeadConflict, LinkConflict):
            self.failed |= self._messages[lead_id]
        except Exception as error:
            # A poisonous person may raise anything; it must not hold up its neighbours.
            reason = "This person could not be written."
            self._set_aside(lead_id, "SYNC.PERSON_FAILED", reason, error=type(error).__name__)

    def _links(self, people: Iterable[Person]) -> dict[LeadId, tuple[Link, ...]]:
        """Links of the persons; a value that was refused is tried again when a person asked for it."""
        found = links_of(people, self._system, self._deps.sync, promote=False)
        self._have_heirs_read(found.values())
        return {
            lead_id: tuple(replace(link, parked={}) for link in links) if lead_id in self._redriven else links
            for lead_id, links in found.items()
        }

    def _have_heirs_read(self, found: Iterable[tuple[Link, ...]]) -> None:
        """A duplicate that is the first one now has to be read and judged before anything but an opt-out is written."""
        heirs = [link.remote_id for links in found if (link := primary(links)) is not None and link.state == DUPLICATE]
        if heirs:
            self._deps.sync.read_again(self._system, heirs, now=self._deps.clock.now())

    def _claim(self, lead_id: LeadId) -> bool:
        return self._deps.sync.claim(self._system, lead_id, now=self._deps.clock.now(), for_ms=CLAIM_MS)

    def _owner(self, person: Person) -> str:
        """Whose turn it is, decided once per person whatever is repeated."""
        given = self._deps.sync.assigned_owner(person.lead_id)
        if given:
            return given
        place = territory(person.view, self._deps.policy)
        turn = self._deps.sync.turn(f"territory:{place.name}")
        return self._deps.sync.assigned_owner(person.lead_id, owner_of(place, turn)) or ""

    def _send(self, plans: Sequence[tuple[Link | None, RemoteWrite]]) -> None:
        if not plans:
            return
        started = self._deps.clock.now()
        try:
            outcomes = self._deps.system.write([write for _, write in plans])
        except (RemoteUnavailable, RemoteRefused, NotConfigured):
            # Also whoever came before there were credentials: the first pull that has some wishes for them.
            self._waiting |= {write.lead_id for _, write in plans}
            self._release(write for _, write in plans)
            return
        for (link, write), outcome in zip(plans, outcomes, strict=True):
            with self._alone(write.lead_id):
                self._settle(link, write, outcome, started)

    def _settle(self, link: Link | None, write: RemoteWrite, outcome: WriteOutcome, started: Instant) -> None:
        """Remember one outcome. A new record belongs to the person before its shadow exists."""
        if outcome.status == RETRY_LATER:
            self._waiting.add(write.lead_id)
        if outcome.status == REJECTED:
            self._refuse(write, outcome)
        if outcome.remote_id is not None and (link is None or outcome.status == REMAPPED):
            object_, now = outcome.object or write.object, self._deps.clock.now()
            own_record(self._system, object_, outcome.remote_id, write.lead_id, self._deciding, now=now)
        if outcome.status == REMAPPED and outcome.remote_id is not None:
            self._adopt(link, write, outcome)
        self._save(link, write, outcome, started)
        self._written += outcome.status in (CREATED, UPDATED)
        self._skipped += outcome.status == SKIPPED
        self._release([write])

    def _adopt(self, link: Link | None, write: RemoteWrite, outcome: WriteOutcome) -> None:
        """Another record stands for the person: it is read and compared before anything but an opt-out is written."""
        remote_id = outcome.remote_id or ""
        if link is not None and not self._deps.sync.links([(self._system, remote_id)]):
            self._deps.sync.save(inherit(link, remote_id, outcome.object or write.object))
            self._remapped.add(write.lead_id)
        self._deps.sync.read_again(self._system, [remote_id], now=self._deps.clock.now())

    def _save(self, link: Link | None, write: RemoteWrite, outcome: WriteOutcome, started: Instant) -> None:
        """The shadow after a write; laid over whatever somebody else saved meanwhile."""
        for attempt in range(ATTEMPTS):
            new = written(link, write, outcome, self._deps.policy, started_at=started, now=self._deps.clock.now())
            if new is None or new == link:
                return
            try:
                self._deps.sync.save(new)
            except LinkConflict:
                if attempt == ATTEMPTS - 1:
                    raise
                link = self._deps.sync.links([(self._system, new.remote_id)]).get((self._system, new.remote_id))
                continue
            return

    def _merge(self, people: Mapping[LeadId, Person]) -> None:
        """Records of one person become one in Marketo, once Salesforce has only one of them."""
        if self._system != MARKETO or not self._deps.policy.merge_in_marketo:
            return
        several = {lead_id: person for lead_id, person in people.items() if len(person.remote_ids(MARKETO)) > 1}
        if not several:
            return
        here = links_of(several.values(), MARKETO, self._deps.sync)
        there = links_of(several.values(), SALESFORCE, self._deps.sync)
        for lead_id in several:
            live = [link for link in here[lead_id] if link.state in LIVE]
            if len(live) < 2 or sum(link.state in LIVE for link in there[lead_id]) > 1:
                continue
            winner, *losers = ranked(live)
            try:
                self._deps.system.merge(winner.remote_id, [link.remote_id for link in losers])
            except (RemoteUnavailable, RemoteRefused, NotConfigured):
                self._waiting.add(lead_id)
                continue
            now = self._deps.clock.now()
            # Before the links: should one of them have moved, the log of merges tells the next pull all the same.
            self._deps.sync.read_again(MARKETO, [winner.remote_id], now=now)
            for loser in losers:
                self._deps.sync.save(replace(loser, state=MERGED, successor=winner.remote_id, written_at=now))
            self._deps.sync.save(replace(winner, state=LINKED, written_at=now))

    def _release(self, writes: Iterable[RemoteWrite]) -> None:
        for write in writes:
            if write.remote_id is None:
                self._deps.sync.unclaim(self._system, write.lead_id)

    def _refuse(self, write: RemoteWrite, outcome: WriteOutcome) -> None:
        """Keep a refusal where a person sees it. Names of fields, never values."""
        self._set_aside(
            write.lead_id,
            outcome.code or "SYNC.REFUSED",
            outcome.message or "The other system refuses this record as it is.",
            remote_id=write.remote_id or "",
            fields=",".join(outcome.fields),
        )

    def _set_aside(self, lead_id: LeadId, code: str, reason: str, **details: str) -> None:
        about = ":".join((self._system, lead_id, code, *details.values()))
        self._deps.parked.park(
            ParkedRecord(
                parked_id="parked_" + sha256(about.encode()).hexdigest()[:26],
                code=code,
                reason=reason,
                source=self._system,
                parked_at=self._deps.clock.now(),
                redrive={
                    "queue": f"{self._system}-out",
                    "body": {"lead_id": lead_id, "reason": REDRIVE, "urgent": False},
                },
                details={"lead_id": lead_id, **details},
            )
        )
        self._parked += 1
