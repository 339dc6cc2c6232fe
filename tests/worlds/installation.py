"""A whole installation in memory: the spine, both simulators in process, synchronisation, one virtual clock.

Every port can be struck by faults. Queues deliver at least once: what fails or is killed comes again.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import requests

from infra.catalog import CATALOG
from infra.local.simulators.in_process import in_process_session
from infra.local.simulators.marketo.subscription import Marketo
from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.store import Store
from shared.adapters.memory.clock import SeededIds
from shared.adapters.memory.record_archive import MemoryRecordArchive
from shared.adapters.memory.sync_queues import MemoryChangesQueue, MemoryOutQueue
from shared.adapters.memory.sync_store import MemorySyncStore
from shared.app.decide_person import Deciding
from shared.app.pull_records import Pulled, Pulling, pull_records
from shared.app.push_records import Pushing, push_people
from shared.app.reconcile_records import Reconciling, reconcile_pages
from shared.app.relay_outbox import Relaying
from shared.app.sweep_outbox import sweep_outbox
from shared.app.watch_handovers import watch_handovers
from shared.connectors.marketo.system import MarketoSystem
from shared.connectors.salesforce.system import SalesforceSystem
from shared.domain.instant import MINUTE, SECOND
from shared.domain.lead.projection import PersonView
from shared.domain.sync.model import MARKETO, SALESFORCE, SYSTEMS
from shared.ports.sync import Changes, Wish
from tests.integration.spine import Spine, shipped
from tests.worlds.mailroom import Mailroom

T = TypeVar("T")

CREDENTIALS = {"base_url": "https://simulator.test", "client_id": "cid", "client_secret": "secret"}
OUTBOX_AGE = 3 * MINUTE
"""The sweeper leaves younger rows to the stream, which this installation has not got."""
MOST_TRIES = 8
"""How often a queue brings a message before it is a dead letter."""


class Refused(AssertionError):
    """The vendor does not let people do that."""


class Installation(Spine):
    """Leadspine, a Salesforce org and a Marketo subscription."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = shipped().sync
        moment: Callable[[], datetime] = lambda: datetime.fromtimestamp(self.clock.now() / 1000, UTC)  # noqa: E731
        self.sites = {SALESFORCE: SalesforceSite(Store(None), moment), MARKETO: Marketo(Store(None), moment)}
        self.sessions = {name: in_process_session(site) for name, site in self.sites.items()}
        struck = self.faults.wrap
        self.sync = MemorySyncStore()
        self.records = MemoryRecordArchive()
        self.changes = MemoryChangesQueue()
        self.out = MemoryOutQueue()
        self.systems = {name: self.connect(name) for name in SYSTEMS}
        self.waiting: dict[str, list[Wish]] = {name: [] for name in SYSTEMS}
        self._told = 0
        self.tried: Counter[str] = Counter()
        self.dead: list[Changes] = []
        self.disturbed = 0
        """How often our own side failed in the middle of something."""
        self.mailroom = Mailroom(self)
        common = {"rules": self.rules, "policy": self.policy, "clock": self.clock}
        self.pulling = {
            name: Pulling(
                system=struck(self.systems[name], name),
                store=struck(self.sync, "sync"),
                archive=struck(self.records, "records"),
                queue=struck(self.changes, "changes"),
                out=struck(self.out, "out"),
                policy=self.policy,
                clock=self.clock,
                parked=struck(self.parked, "parked"),
            )
            for name in SYSTEMS
        }
        self.reconciling = Reconciling(
            store=struck(self.store, "store"),
            sync=struck(self.sync, "sync"),
            ledger=struck(self.ledger, "ledger"),
            archive=struck(self.records, "records"),
            queue=struck(self.changes, "changes"),
            out=struck(self.out, "out"),
            parked=struck(self.parked, "parked"),
            ids=SeededIds("reconcile"),
            pause=lambda _attempt: None,
            **common,
        )
        self.pushing = {
            name: Pushing(
                system=struck(self.systems[name], name),
                store=struck(self.store, "store"),
                sync=struck(self.sync, "sync"),
                parked=struck(self.parked, "parked"),
                ids=SeededIds(f"push {name}"),
                pause=lambda _attempt: None,
                **common,
            )
            for name in SYSTEMS
        }
        self.watching = Deciding(
            store=struck(self.store, "store"),
            ledger=None,
            rules=self.rules,
            clock=self.clock,
            ids=SeededIds("watch"),
            pause=lambda _attempt: None,
        )

    def connect(self, name: str) -> Any:
        """A new client of a system, as a new Lambda process would have."""
        made = {SALESFORCE: SalesforceSystem, MARKETO: MarketoSystem}[name]
        return made(
            credentials=lambda: CREDENTIALS,
            policy=self.policy,
            clock=self.clock,
            session=lambda: self.sessions[name],
            pause=lambda seconds: self.clock.advance(int(seconds * SECOND)),
        )

    # People at work in the other systems.

    def play(self, system: str, act: str, **given: Any) -> Any:
        """Somebody does something in a simulator: POST /__sim__/<act>."""
        answer = self.sessions[system].post(f"https://simulator.test/__sim__/{act}", json=given)
        if answer.status_code >= 400:
            raise Refused(f"{system} {act}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.text else None

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Records of a Salesforce object, deleted ones left out."""
        return [row for row in self.sites[SALESFORCE].org.store.rows(name).values() if not row.get("IsDeleted")]  # type: ignore[attr-defined]

    def session(self, system: str) -> requests.Session:
        """How a third party reaches a simulator."""
        return self.sessions[system]

    # Our side at work.

    def tell(self) -> None:
        """Relay the outbox to the bus, and the bus to the queues of its rules. A fact may come twice."""
        relaying = Relaying(
            bus=self.faults.wrap(self.bus, "bus"),
            outbox=self.faults.wrap(self.outbox, "outbox"),
            parked=self.parked,
            clock=self.clock,
            pause=lambda _s: None,
        )
        self.clock.advance(OUTBOX_AGE)
        try:
            sweep_outbox(relaying, remaining_ms=lambda: 60_000)
        finally:
            facts, self._told = self.bus.published[self._told :], len(self.bus.published)
            for fact in facts:
                self.route(fact)

    def route(self, fact: Mapping[str, Any]) -> None:
        """What the rules of the bus do with a fact."""
        self.mailroom.hear(fact)
        for rule in CATALOG.rules:
            system = rule.target.partition("-")[0]
            if system in SYSTEMS and _matches(rule, fact):
                self.waiting[system].append(
                    Wish(lead_id=fact["lead_id"], reason=fact["name"], urgent=rule.target.endswith("-first"))
                )

    def push(self, system: str, *, most: int = 0, deps: Pushing | None = None) -> int:
        """Fulfil what waits for a system, or the first few of it; what failed comes again. Returns records written."""
        self.waiting[system] += self.out.sent[system]
        self.out.sent[system].clear()
        wishes = self.waiting[system][: most or None]
        if not wishes:
            return 0
        del self.waiting[system][: len(wishes)]
        try:
            done = push_people(system, _numbered(wishes), deps or self.pushing[system])
        except BaseException:
            # A killed writer answers nothing: everything comes again.
            self.waiting[system][:0] = wishes
            raise
        self.waiting[system][:0] = [wish for n, wish in enumerate(wishes) if str(n) in done.failed]
        return done.written

    def pull(self, system: str, *, deps: Pulling | None = None) -> Pulled:
        """One cycle of a pull."""
        return pull_records(system, deps or self.pulling[system], budget_ms=280_000)

    def reconcile(self, *, most: int = 0, deps: Reconciling | None = None) -> int:
        """What is in the queue of changes, or its first messages; what failed comes again.

        Returns how many records changed something.
        """
        batch = self.changes.sent[: most or None]
        del self.changes.sent[: len(batch)]
        try:
            done = reconcile_pages(_numbered(batch), deps or self.reconciling)
        except BaseException:
            self.changes.sent[:0] = batch
            raise
        for n, changes in enumerate(batch):
            if str(n) in done.failed:
                self._come_again(changes)
        return done.applied

    def _come_again(self, changes: Changes) -> None:
        """The queue brings a message a few times, then it goes the way of dead letters."""
        self.tried[changes.key] += 1
        if self.tried[changes.key] > MOST_TRIES:
            self.dead.append(changes)
        else:
            self.changes.sent.append(changes)

    def watch(self) -> None:
        """Tell of hand-overs that nobody answered in time."""
        watch_handovers(self.watching, lambda: 60_000)

    def is_quiet(self) -> bool:
        """Whether nothing waits anywhere."""
        waits = [self.changes.sent, self.queue.sent, self.tables.outbox, self.mailroom.waiting]
        waits += [*self.waiting.values(), *self.out.sent.values(), *(self.sync.to_read(name) for name in SYSTEMS)]
        return not any(waits)

    def restart(self) -> None:
        """All processes end, and with them what clients remember: tokens, hidden fields, the day's account."""
        for name in SYSTEMS:
            self.systems[name] = self.connect(name)
            system = self.faults.wrap(self.systems[name], name)
            self.pulling[name] = replace(self.pulling[name], system=system)
            self.pushing[name] = replace(self.pushing[name], system=system)

    def cycle(self) -> int:
        """Five minutes pass: pull, reconcile, decide, tell, push. Returns how much was done on either side."""
        self.clock.advance(5 * MINUTE)
        done = 0
        for system in SYSTEMS:
            self.pull(system)
        done += self.reconcile()
        if self.queue.sent:
            self.process()
        self.tell()
        for system in SYSTEMS:
            done += self.push(system)
        self.mailroom.send()
        return done

    def settle(self, most: int = 12) -> int:
        """Cycles until one does nothing; returns how many it took."""
        for n in range(most):
            if self.cycle() == 0 and self.is_quiet():
                return n
        raise AssertionError(f"not quiet after {most} cycles: {self._waits()}")

    def _waits(self) -> str:
        wishes = {name: [*self.waiting[name], *self.out.sent[name], *self.sync.to_read(name)] for name in SYSTEMS}
        return f"changes {self.changes.sent}, signals {self.queue.sent}, out {wishes}, {self.mailroom.waiting}"

    def found(self, email: str) -> PersonView | None:
        """The person with this address, if there is one."""
        return next((view for view in self.views() if view.email == email), None)


def _numbered(messages: Sequence[T]) -> list[tuple[str, T]]:
    return [(str(n), message) for n, message in enumerate(messages)]


def _matches(rule: Any, fact: Mapping[str, Any]) -> bool:
    if rule.facts and fact["name"] not in rule.facts:
        return False
    return all(fact["data"].get(name) in values for name, values in rule.where)


def form(email: str, **more: Any) -> dict[str, Any]:
    """A form of somebody who agrees to everything, for POST /in/json."""
    body: dict[str, Any] = {
        "email": email,
        "consents": {"processing": True, "ad.email": True},
        "consent_text": "I agree.",
        **more,
    }
    return json.loads(json.dumps(body))
