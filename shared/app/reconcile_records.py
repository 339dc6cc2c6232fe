"""Records of other systems against our people: who is it, what changed where, who is right; then both sides are told.

Order of effects, so that a crash anywhere only repeats: the person's decision (a signal counts once), then the wish to
write back (harmless when repeated), then the link under its version. A record that was read before our last write to it
ended is not judged but read again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from shared.app.decide_person import Deciding, commit_decision, decide_signals
from shared.app.recognise_record import Recognition, kind_of, mapped, normalised
from shared.app.sync_people import Person, external, keeping_ids, links_of, own_record, primary, roles
from shared.domain.identity.model import EXTERNAL, STRONG, Identifier
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide
from shared.domain.lead.decision import Decision, Known
from shared.domain.lead.model import LeadId
from shared.domain.lead.rules import Rules
from shared.domain.sync.local import local_values
from shared.domain.sync.model import (
    CONTACT,
    CONTACT_ROLE,
    CONVERTED,
    DUPLICATE,
    LINKED,
    LIVE,
    OPPORTUNITY,
    PEOPLE,
    Link,
    LocalValue,
    RemoteRecord,
)
from shared.domain.sync.policy_model import SyncPolicy
from shared.domain.sync.reading import affirmed, contacts_of, introduction, signals_of
from shared.domain.sync.reconcile import Reconciled, inherit, reconcile
from shared.ports.clock import Clock, IdFactory
from shared.ports.consent_ledger import ConsentLedger
from shared.ports.failures import StoreUnavailable
from shared.ports.leads import LeadConflict, LeadStore
from shared.ports.operations import ParkedRecord, ParkedRecords
from shared.ports.sync import Changes, ChangesQueue, LinkConflict, OutQueue, RecordArchive, SyncStore, Wish

ATTEMPTS: Final = 8


class _PersonMoved(Exception):
    """The person is another than the one the record was compared with: compare again."""


class _ParentUnknown(Exception):
    """An opportunity came before the people it is about: it waits in the queue until they are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciling:
    """The collaborators of reconciliation."""

    store: LeadStore
    sync: SyncStore
    ledger: ConsentLedger
    archive: RecordArchive
    queue: ChangesQueue
    out: OutQueue
    parked: ParkedRecords
    rules: Rules
    policy: SyncPolicy
    clock: Clock
    ids: IdFactory
    pause: Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliations:
    """What became of some pages.

    Records that changed something, records equal to what we know, judged conflicts, records to be read again because
    they were stale, records parked; and the messages that have to come again.
    """

    applied: int = 0
    echoes: int = 0
    conflicts: int = 0
    stale: int = 0
    parked: int = 0
    failed: frozenset[str] = field(default_factory=frozenset)


def reconcile_pages(messages: Sequence[tuple[str, Changes]], deps: Reconciling) -> Reconciliations:
    """Reconcile pages, each with the id of its message. One record's trouble does not stop its neighbours."""
    work = _Work(deps)
    for message_id, changes in messages:
        work.page(message_id, changes)
    return work.result()


class _Work:
    """One invocation: collaborators and counts."""

    def __init__(self, deps: Reconciling) -> None:
        self._deps = deps
        self._deciding = Deciding(
            store=deps.store, ledger=deps.ledger, rules=deps.rules, clock=deps.clock, ids=deps.ids, pause=deps.pause
        )
        self._recognition = Recognition(store=deps.store, rules=deps.rules, policy=deps.policy, clock=deps.clock)
        self._applied = self._echoes = self._conflicts = self._stale = self._parked = 0
        self._failed: set[str] = set()

    def result(self) -> Reconciliations:
        return Reconciliations(
            applied=self._applied,
            echoes=self._echoes,
            conflicts=self._conflicts,
            stale=self._stale,
            parked=self._parked,
            failed=frozenset(self._failed),
        )

    def page(self, message_id: str, changes: Changes) -> None:
        """One page, people before what is said about them."""
        try:
            records = self._deps.archive.get(changes.key)
            self._deps.sync.name_owners(_owners_of(records))
        except KeyError:
            self._park(changes, "SYNC.PAGE_GONE", "The page of records has expired; the next full comparison reads it.")
            return
        except StoreUnavailable:
            self._failed.add(message_id)
            return
        for record in sorted(records, key=lambda r: r.object not in PEOPLE):
            try:
                self._record(record)
            except (StoreUnavailable, LeadConflict, LinkConflict):
                self._failed.add(message_id)
            except _ParentUnknown:
                self._hold(message_id, changes, record)
            except Exception as error:
                # A poisonous record may raise anything; it must not hold up its neighbours.
                self._set_aside(message_id, record, error)

    def _record(self, record: RemoteRecord) -> None:
        if record.object in PEOPLE:
            self._person(record)
        elif record.object in (OPPORTUNITY, CONTACT_ROLE):
            self._opportunity(record)

    def _person(self, record: RemoteRecord) -> None:
        for attempt in range(ATTEMPTS):
            try:
                self._compare(record)
            except (LinkConflict, _PersonMoved) as race:
                if attempt == ATTEMPTS - 1:
                    raise LinkConflict("others were faster every time") from race
                self._deps.pause(attempt)
                continue
            return

    def _compare(self, record: RemoteRecord) -> None:
        """Compare one record with its person; tell the person, then the other side, then remember."""
        deps, now = self._deps, self._deps.clock.now()
        person = self._recognition.person_of(record)
        link = self._link(record, person)
        if link is None and record.deleted:
            # Nobody of ours, and nobody any more.
            self._echoes += 1
            return
        known = normalised(record, deps.policy)
        local: Mapping[str, LocalValue] = {}
        if person is not None:
            names = {field.name: field.remote[kind_of(record)].name for field in mapped(record, deps.policy)}
            theirs = {name: known.values.get(remote, "") for name, remote in names.items()}
            local = keeping_ids(local_values(person.view, deps.policy), theirs, person, deps.policy)
        found = reconcile(link, known, local, deps.policy, lead_id=person.lead_id if person else "", now=now)
        if found.stale:
            deps.sync.read_again(record.system, [record.remote_id], now=now)
            self._stale += 1
            if found.link is link:
                return
        if link is not None and found.link is link and not link.read_at:
            # Nothing about it is new but its role, which has to be remembered.
            found = replace(found, link=replace(link, read_at=record.read_at))
        lead_id = self._tell(known, found, person)
        # A record's first comparison may free what had to wait for it, the task of a hand-over for one.
        if found.outgoing or not (link and link.read_at):
            urgent = any(name.endswith("opt_out") for name in found.outgoing)
            deps.out.send(record.system, [Wish(lead_id=lead_id, reason="reconciled", urgent=urgent)])
        self._save(link, replace(found.link, lead_id=lead_id), found)
        if found.link.successor:
            self._follow(replace(found.link, lead_id=lead_id))
        if person is not None and (link is None or found.link.state not in LIVE):
            self._pass_on(person, found.link)
        self._conflicts += len(found.verdicts)

    def _link(self, record: RemoteRecord, person: Person | None) -> Link | None:
        """The record's shadow, with the role it has beside the person's other records; None when it is met first."""
        key = (record.system, record.remote_id)
        others = links_of([person], record.system, self._deps.sync)[person.lead_id] if person else ()
        for link in others:
            if link.remote_id == record.remote_id:
                return link
        stored = self._deps.sync.links([key]).get(key)
        if person is None or primary(others) is None or record.deleted:
            return stored
        fresh = Link(
            system=record.system,
            object=record.object,
            remote_id=record.remote_id,
            lead_id=person.lead_id,
            created_at=record.created_at,
        )
        mine = next(link for link in roles((*others, stored or fresh)) if link.remote_id == record.remote_id)
        if stored is None and mine.state == LINKED:
            return replace(inherit(others[0], record.remote_id, record.object), created_at=record.created_at)
        return mine

    def _tell(self, record: RemoteRecord, found: Reconciled, person: Person | None) -> LeadId:
        """Decide on what the record says; returns a lead id of its person. An echo tells nothing."""
        deps, now = self._deps, self._deps.clock.now()
        identifiers = self._recognition.identifiers_of(record, person)
        signals = signals_of(record, found, identifiers=identifiers, policy=deps.policy, now=now)
        if signals and person is not None and not person.view.verified:
            # What a CRM knows is verified: from now on the person's own claims are hidden, so all of it is stated.
            found = affirmed(found, record, deps.policy, now)
            signals = signals_of(record, found, identifiers=identifiers, policy=deps.policy, now=now)
        if not signals and person is None:
            signals = (introduction(record, identifiers, now),)
        if signals and person is not None and identifiers[0] not in person.view.identifiers:
            # First the record becomes theirs, which tells the other systems its id, then it may speak.
            self._own(record, identifiers[:1], person)
            raise _PersonMoved
        if signals:
            self._decide(signals, person)
            self._applied += 1
        else:
            self._echoes += 1
        if person is None:
            lead_id = deps.store.find(external(record.system, record.remote_id))
            if lead_id is None:
                raise StoreUnavailable("the lead of a record that was just decided on is not there yet")
            return lead_id
        if not signals:
            self._own(record, [i for i in identifiers if i not in person.view.identifiers], person)
        return person.lead_id

    def _own(self, record: RemoteRecord, identifiers: Iterable[Identifier], person: Person) -> None:
        """Make records stand for a person about whom nothing else is said."""
        for identifier in identifiers:
            if identifier.kind == EXTERNAL:
                remote_id, now = identifier.value.partition(":")[2], self._deps.clock.now()
                own_record(record.system, record.object, remote_id, person.lead_id, self._deciding, now=now)

    def _decide(self, signals: Sequence[Signal], person: Person | None) -> None:
        """Commit on condition that the person is still the one that the record was compared with.

        Pages of both systems are reconciled at the same time: if each were decided on its own view, neither would meet
        the other's change, and a conflict would be settled without a verdict.
        """
        seed, clock, rules = self._deps.ids.seed(), self._deps.clock, self._deps.rules

        def make(known: Known) -> Decision:
            if person is None:
                if any(i.kind in STRONG and i in known.owners for i in identifiers):
                    raise _PersonMoved
            elif (root := known.leads.get(person.lead_id)) is not None and root.version != person.view.version:
                raise _PersonMoved
            return decide(known, signals, rules, clock.now(), seed)

        identifiers = tuple(dict.fromkeys(i for signal in signals for i in signal.identifiers))
        commit_decision(make, identifiers, self._deciding)

    def _save(self, before: Link | None, after: Link, found: Reconciled) -> None:
        if after != before or found.verdicts:
            self._deps.sync.save(after, found.verdicts)

    def _follow(self, lead: Link) -> None:
        """The record that took over starts from the shadow of the one before, so that nothing is judged twice."""
        successor = lead.successor or ""
        key = (lead.system, successor)
        if not successor or key in self._deps.sync.links([key]):
            return
        self._deps.sync.save(inherit(lead, successor, CONTACT if lead.state == CONVERTED else lead.object))
        self._deps.sync.read_again(lead.system, [successor], now=self._deps.clock.now())

    def _pass_on(self, person: Person, link: Link) -> None:
        """A record came or ended, so another one may stand for the person.

        Who stands back is remembered as a duplicate, for its shadow ages; who steps in is read, for it was not judged.
        """
        others = links_of([person], link.system, self._deps.sync)[person.lead_id]
        for other in others:
            if other.state == DUPLICATE and not other.read_at and other.version:
                self._deps.sync.save(other)
        heir = primary(others)
        if heir is not None and link.state not in LIVE:
            self._deps.sync.read_again(link.system, [heir.remote_id], now=self._deps.clock.now())

    def _opportunity(self, record: RemoteRecord) -> None:
        """An opportunity, told to every person who has a role in it."""
        unknown = False
        for contact_id in contacts_of(record):
            identifier = external(record.system, contact_id)
            if self._deps.store.find(identifier) is None:
                unknown = True
                continue
            signals = signals_of(
                record, None, identifiers=(identifier,), policy=self._deps.policy, now=self._deps.clock.now()
            )
            if signals and decide_signals(signals, self._deciding) is not None:
                self._applied += 1
            else:
                self._echoes += 1
        if unknown:
            raise _ParentUnknown

    def _hold(self, message_id: str, changes: Changes, record: RemoteRecord) -> None:
        """A page of its own for a record that has to wait, so that its neighbours need not.

        The queue brings that page again after a while, some times, and then it is parked.
        """
        if changes.records == 1:
            self._failed.add(message_id)
            return
        try:
            self._deps.queue.send(self._alone(record))
        except StoreUnavailable:
            self._failed.add(message_id)

    def _alone(self, record: RemoteRecord) -> Changes:
        key = self._deps.archive.put([record], now=self._deps.clock.now())
        return Changes(system=record.system, key=key, records=1)

    def _set_aside(self, message_id: str, record: RemoteRecord, error: Exception) -> None:
        """Park one record with a page of its own, so that running it again runs nothing else."""
        about = f"{record.system}:{record.remote_id}:{record.stamp}"
        details = {"object": record.object, "remote_id": record.remote_id, "error": type(error).__name__}
        try:
            reason = "This record could not be reconciled."
            self._park(self._alone(record), "SYNC.RECORD_FAILED", reason, about=about, **details)
        except StoreUnavailable:
            self._failed.add(message_id)

    def _park(self, changes: Changes, code: str, reason: str, *, about: str = "", **details: str) -> None:
        self._deps.parked.park(
            ParkedRecord(
                parked_id="parked_" + sha256(f"{about or changes.key}:{code}".encode()).hexdigest()[:26],
                code=code,
                reason=reason,
                source=changes.system,
                parked_at=self._deps.clock.now(),
                redrive={"queue": "remote-changes", "body": changes.to_message()},
                details={"key": changes.key, **details},
            )
        )
        self._parked += 1


def _owners_of(records: Iterable[RemoteRecord]) -> dict[str, str]:
    """What the owners of records are called: id → name."""
    told = (record.references for record in records)
    return {of["owner"]: of["owner_label"] for of in told if of.get("owner") and of.get("owner_label")}
