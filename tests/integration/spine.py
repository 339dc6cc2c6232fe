"""The spine in memory: doors, archive, queue, decisions, outbox, bus; every port can be struck by faults."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from shared.adapters.memory.bus import MemoryFactBus
from shared.adapters.memory.clock import MemoryClock, SeededIds
from shared.adapters.memory.consent_ledger import MemoryConsentLedger, MemoryKeyRing
from shared.adapters.memory.faults import Faults
from shared.adapters.memory.intake import MemoryRawArchive, MemorySignalQueue, MemorySourceSecrets
from shared.adapters.memory.lead_store import MemoryLeadStore
from shared.adapters.memory.outbox import MemoryOutbox
from shared.adapters.memory.parked import MemoryParkedRecords
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey
from shared.app.process_signals import Outcome, Processing, process_signals
from shared.app.receive_delivery import Doorway, collect_events, receive_webhook
from shared.app.relay_outbox import Relaying
from shared.app.sweep_outbox import sweep_outbox
from shared.connectors.registry import connector_of
from shared.contracts.intake import Delivery, InboundRequest, Reply
from shared.domain.instant import DAY
from shared.domain.lead.projection import PersonView, project
from shared.domain.lead.rules import compile_rules
from shared.policies.compiled import Policies
from shared.policies.loader import load_directory
from shared.runtime.bootstrap.process_signals import read_signals
from tests.property.people import RULES_DIRECTORY, START

SECRET = "spine-secret"
WRITE_KEY = "spine-write-key"


@cache
def shipped() -> Policies:
    """The shipped policies, read once: they are frozen, and reading them takes longer than a whole test."""
    return load_directory(RULES_DIRECTORY)


class Spine:
    """One installation. ``faults`` strikes the calls of all ports."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.clock = MemoryClock(START)
        self.tables = MemoryTables()
        policies = shipped()
        self.rules = compile_rules(policies.scoring, policies.lifecycle, policies.version)
        self.archive = MemoryRawArchive()
        self.queue = MemorySignalQueue()
        self.parked = MemoryParkedRecords()
        self.bus = MemoryFactBus()
        self.outbox = MemoryOutbox(self.tables)
        self.store = MemoryLeadStore(self.tables, identity=IdentityKey.fixed(b"spine"), clock=self.clock)
        self.ledger = MemoryConsentLedger(self.tables, Sealer(MemoryKeyRing(tenant="test"), tenant="test"))
        struck = self.faults.wrap
        self.door = Doorway(
            sources=policies.sources,
            secrets=MemorySourceSecrets({name: [SECRET] for name in policies.sources} | {"segment": [WRITE_KEY]}),
            connector_of=connector_of,
            archives={"local": struck(self.archive, "archive")},
            queue=struck(self.queue, "queue"),
            ids=SeededIds("door"),
        )
        self.processing = Processing(
            archive=struck(self.archive, "archive"),
            store=struck(self.store, "store"),
            ledger=struck(self.ledger, "ledger"),
            parked=struck(self.parked, "parked"),
            sources=policies.sources,
            parse=read_signals,
            rules=self.rules,
            clock=self.clock,
            ids=SeededIds("processor"),
            pause=lambda _attempt: None,
        )

    def post(self, body: Mapping[str, Any], source: str = "json") -> Reply:
        """POST /in/{source} with the source's bearer token."""
        request = InboundRequest(
            method="POST",
            path=f"/in/{source}",
            source=source,
            query={},
            headers={"content-type": "application/json", "authorization": f"Bearer {SECRET}"},
            body=json.dumps(body).encode(),
            received_at=self.clock.advance(1),
        )
        return receive_webhook(request, self.door).reply

    def collect(self, *events: Mapping[str, Any]) -> Reply:
        """POST /v1/batch with the public write key."""
        request = InboundRequest(
            method="POST",
            path="/v1/batch",
            source="batch",
            query={},
            headers={"content-type": "application/json"},
            body=json.dumps({"writeKey": WRITE_KEY, "batch": list(events)}).encode(),
            received_at=self.clock.advance(1),
        )
        return collect_events(request, self.door).reply

    def process(self, deliveries: list[Delivery] | None = None) -> Outcome:
        """Decide on everything in the queue, or on these deliveries; what failed is put back."""
        batch = list(self.queue.sent) if deliveries is None else deliveries
        if deliveries is None:
            self.queue.sent.clear()
        try:
            outcome = process_signals(batch, self.processing)
        except BaseException:
            # A killed Lambda answers nothing: every message comes again.
            self.queue.sent[:0] = batch
            raise
        self.queue.sent[:0] = [d for d in batch if d.delivery_id in outcome.failed]
        return outcome

    def publish(self) -> list[Mapping[str, Any]]:
        """Relay everything in the outbox; returns all facts ever published."""
        relaying = Relaying(
            bus=self.bus, outbox=self.outbox, parked=self.parked, clock=self.clock, pause=lambda _s: None
        )
        self.clock.advance(DAY)
        sweep_outbox(relaying, remaining_ms=lambda: 60_000)
        return list(self.bus.published)

    def views(self) -> list[PersonView]:
        """Every person as of now."""
        heads = self.tables.heads
        roots = [lead for lead in heads.values() if lead.merged_into is None]
        return [project(r, [heads[m] for m in r.members], self.rules, self.clock.now()) for r in roots]

    def person(self, email: str) -> PersonView:
        """The one person with this e-mail address."""
        (found,) = [view for view in self.views() if view.email == email]
        return found

    def touchpoints(self) -> list[str]:
        """Ids of all touchpoints in all histories, with repetitions if there were any."""
        rows = [row for lead_id in self.tables.heads for row in self.store.history(lead_id, limit=10_000).rows]
        return [touch.signal_id for row in rows for touch in row.touchpoints]
