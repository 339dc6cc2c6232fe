"""Synchronisation in this process: memory adapters, both simulators without a socket, one virtual clock.

Queues hand over what they would on AWS, at most a trigger's batch at a time. Deterministic but for the seconds, which
are processor time without that of the simulators.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from infra.bench.sync_keeping import Kept, in_memory
from infra.bench.sync_queues import Queues, numbered
from infra.bench.sync_vendors import Vendors
from infra.bench.world import START, shipped_rules
from shared.adapters.memory.clock import MemoryClock, SeededIds
from shared.adapters.memory.consent_ledger import MemoryConsentLedger, MemoryKeyRing
from shared.adapters.memory.parked import MemoryParkedRecords
from shared.adapters.memory.record_archive import MemoryRecordArchive
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.sealing import Sealer
from shared.app.decide_person import Deciding, decide_signals
from shared.app.pull_records import Pulling, pull_records
from shared.app.push_records import Pushing, push_people
from shared.app.reconcile_records import Reconciling, reconcile_pages
from shared.app.relay_outbox import Relaying
from shared.app.sweep_outbox import sweep_outbox
from shared.domain.identity.model import EMAIL, Evidence, Identifier
from shared.domain.instant import HOUR, MINUTE
from shared.domain.intake.signal import Signal
from shared.domain.sync.model import SYSTEMS
from shared.policies.loader import RULES, load_directory
from shared.ports.clock import Clock
from shared.ports.sync import RemoteSystem, Wish

CYCLE: Final = 5 * MINUTE
BUDGET_MS: Final = 280_000
MOST_CYCLES: Final = 12


class NotQuiet(Exception):
    """After many cycles there is still something to do, or something was set aside: figures would mean nothing."""


@dataclass(slots=True)
class Work:
    """What some steps did: requests to a vendor, records, and seconds of our own processor time."""

    calls: int = 0
    records: int = 0
    seconds: float = 0.0


class Edited(NamedTuple):
    """What two cycles took, by system: reading what changed, writing, and reading it back."""

    pulled: Mapping[str, Work]
    reconciled: Work
    pushed: Mapping[str, Work]
    read_back: Mapping[str, Work]

    @property
    def calls(self) -> Mapping[str, int]:
        """All requests by system, two idle cycles included where nothing changed."""
        return {name: sum(step[name].calls for step in (self.pulled, self.pushed, self.read_back)) for name in SYSTEMS}


class SyncInstallation:
    """Both systems, and people who are in each of them, known and equal."""

    def __init__(self, people: int, keep: Callable[[Clock], Kept] = in_memory) -> None:
        """Create the people there, and synchronise until everything is quiet.

        Args:
            people: how many.
            keep: makes the stores.
        """
        self._clock = MemoryClock(START)
        self._kept = keep(self._clock)
        self._policy = load_directory(RULES).sync
        self._ledger = MemoryConsentLedger(MemoryTables(), Sealer(MemoryKeyRing(tenant="bench"), tenant="bench"))
        self._archive, self._parked = MemoryRecordArchive(), MemoryParkedRecords()
        self._queues = Queues()
        self._ids = SeededIds("bench")
        self._edits = 0
        self._emails = [f"person-{n}@acme-{n % 40}.example" for n in range(people)]
        self._vendors = Vendors(self._emails, self._clock)
        self._systems: dict[str, RemoteSystem] = {}
        self.restart()
        self.settle()

    def restart(self) -> None:
        """New processes."""
        self._systems = {name: self._vendors.client(name, self._policy) for name in SYSTEMS}

    def rest(self) -> None:
        """An hour passes, so that tokens are new after it."""
        self._clock.advance(HOUR)
        self.settle()

    # People at work.

    def reps_edit(self) -> None:
        """Everybody's telephone number changes in Salesforce."""
        self._vendors.reps_edit(self._phones())

    def marketers_edit(self) -> None:
        """Everybody's telephone number changes in Marketo."""
        self._vendors.marketers_edit(self._phones())

    def people_edit(self) -> None:
        """Everybody tells a new telephone number."""
        now = self._clock.now()
        for n, (email, phone) in enumerate(zip(self._emails, self._phones(), strict=True)):
            signal = Signal(
                signal_id=f"sig_{self._edits:016x}{n:016x}",
                kind="profile_changed",
                occurred_at=now,
                recorded_at=now,
                source="json",
                evidence=Evidence.VERIFIED,
                identifiers=(Identifier(EMAIL, email),),
                profile={"phone": phone},
            )
            decide_signals((signal,), self._deciding())

    def _phones(self) -> list[str]:
        self._edits += 1
        return [f"+4930{self._edits:03d}{n:05d}" for n, _ in enumerate(self._emails)]

    # Our side at work.

    def after(self, edit: Callable[[], None]) -> Edited:
        """Let people edit, take it in, write it out, and five minutes later read back what was written."""
        edit()
        pulled = self.pull_all()
        reconciled = self.reconcile()
        self.tell()
        pushed = self.push_all()
        read_back = self.pull_all()
        self.reconcile()
        return Edited(pulled, reconciled, pushed, read_back)

    def settle(self) -> int:
        """Cycles until one writes nothing and nothing waits; returns records written.

        Raises:
            NotQuiet: it does not end, or not well.
        """
        written = 0
        for _ in range(MOST_CYCLES):
            done = self.cycle()
            written += done
            if not done and self._is_quiet():
                break
        else:
            raise NotQuiet(f"something is still to be done after {MOST_CYCLES} cycles")
        aside, _ = self._parked.list()
        if aside:
            raise NotQuiet(f"records were set aside, the latest with {aside[0].code}")
        return written

    def cycle(self) -> int:
        """Everything is done once; returns records written."""
        self.pull_all()
        self.reconcile()
        self.tell()
        return sum(done.records for done in self.push_all().values())

    def wish_for_everybody(self) -> None:
        """As if everybody's records might be out of date."""
        found = [self._kept.leads.find(Identifier(EMAIL, email)) for email in self._emails]
        wishes = [Wish(lead_id=lead_id, reason="bench") for lead_id in found if lead_id]
        for name in SYSTEMS:
            self._queues.out.send(name, wishes)

    def pull_all(self) -> dict[str, Work]:
        """Five minutes later: a pull of each system."""
        self._clock.advance(CYCLE)
        return {name: self._pull(name) for name in SYSTEMS}

    def push_all(self) -> dict[str, Work]:
        """Whatever is wished for."""
        return {name: self._push(name) for name in SYSTEMS}

    def _pull(self, system: str) -> Work:
        deps = Pulling(
            system=self._systems[system],
            store=self._kept.sync,
            archive=self._archive,
            queue=self._queues.changes,
            out=self._queues.out,
            policy=self._policy,
            clock=self._clock,
            parked=self._parked,
        )
        done = pull_records(system, deps, budget_ms=BUDGET_MS)
        return Work(calls=done.calls, records=done.records)

    def reconcile(self) -> Work:
        """Whatever pulls handed on."""
        deps = Reconciling(
            store=self._kept.leads,
            sync=self._kept.sync,
            ledger=self._ledger,
            archive=self._archive,
            queue=self._queues.changes,
            out=self._queues.out,
            parked=self._parked,
            rules=shipped_rules(),
            policy=self._policy,
            clock=self._clock,
            ids=self._ids,
            pause=lambda _attempt: None,
        )
        work, started = Work(), time.process_time()
        for pages in self._queues.pages():
            done = reconcile_pages(numbered(pages), deps)
            work.records += sum(page.records for page in pages)
            self._queues.changes.sent += [page for n, page in numbered(pages) if n in done.failed]
        work.seconds = time.process_time() - started
        return work

    def tell(self) -> None:
        """Facts go to the bus, and where its rules send them."""
        self._clock.advance(3 * MINUTE)  # The sweep leaves younger rows to the stream, which is not here.
        relaying = Relaying(
            bus=self._queues.bus,
            outbox=self._kept.outbox,
            parked=self._parked,
            clock=self._clock,
            pause=lambda _s: None,
        )
        sweep_outbox(relaying, remaining_ms=lambda: 60_000)
        self._queues.route()

    def _push(self, system: str) -> Work:
        deps = Pushing(
            system=self._systems[system],
            store=self._kept.leads,
            sync=self._kept.sync,
            parked=self._parked,
            rules=shipped_rules(),
            policy=self._policy,
            clock=self._clock,
            ids=self._ids,
            pause=lambda _attempt: None,
        )
        work, theirs, started = Work(), self._vendors.seconds(system), time.process_time()
        for wishes in self._queues.wishes(system):
            done = push_people(system, numbered(wishes), deps)
            work.calls += done.calls
            work.records += done.written
            self._queues.out.send(system, [wish for n, wish in numbered(wishes) if n in done.failed])
        work.seconds = time.process_time() - started - (self._vendors.seconds(system) - theirs)
        return work

    def _deciding(self) -> Deciding:
        return Deciding(
            store=self._kept.leads,
            ledger=self._ledger,
            rules=shipped_rules(),
            clock=self._clock,
            ids=self._ids,
            pause=lambda _attempt: None,
        )

    def _is_quiet(self) -> bool:
        rows = self._kept.outbox.pending(before=self._clock.now() + 1)
        return self._queues.is_empty() and not any(self._kept.sync.to_read(name) for name in SYSTEMS) and not list(rows)
