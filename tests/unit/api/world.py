"""The API on memory adapters, with people who came in as real signals and were decided on by the real core."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.adapters.memory.bus import MemoryQueues
from shared.adapters.memory.clock import MemoryClock, SeededIds
from shared.adapters.memory.consent_ledger import MemoryConsentLedger, MemoryKeyRing
from shared.adapters.memory.costs import MemoryCosts
from shared.adapters.memory.lake import MemoryLake
from shared.adapters.memory.lead_store import MemoryLeadStore
from shared.adapters.memory.messages import MemoryMessages
from shared.adapters.memory.operations import MemoryCloudClock, MemoryQueueDepths
from shared.adapters.memory.parked import MemoryParkedRecords
from shared.adapters.memory.segments import MemorySegments
from shared.adapters.memory.sync_queues import MemoryOutQueue
from shared.adapters.memory.sync_store import MemorySyncStore
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey
from shared.app.cursors import Cursors
from shared.app.import_costs import CostImporter
from shared.app.keep_segments import SegmentKeeper
from shared.app.list_handovers import HandoverLister
from shared.app.money_reports import MoneyReports
from shared.app.move_clock import ClockDesk
from shared.app.open_figures import FigureOpener
from shared.app.owner_names import OwnerNames
from shared.app.plan_records import Planning
from shared.app.read_companies import CompanyReader
from shared.app.read_costs import CostLister
from shared.app.read_leads import LeadReader
from shared.app.read_messages import MessageReader
from shared.app.read_parked import ParkedDesk
from shared.app.read_queues import QueueDesk
from shared.app.read_reports import ReportReader
from shared.app.read_running_costs import RunningCosts
from shared.app.read_sync import SyncDesk
from shared.app.search_leads import LeadSearcher
from shared.app.unmerge_lead import unmerge_lead
from shared.app.write_lake import read_fact
from shared.contracts.envelope import envelope
from shared.domain.identity.model import ANONYMOUS, EMAIL, EXTERNAL, USER, Evidence, Identifier
from shared.domain.intake.signal import ConsentClaim, Signal
from shared.domain.lead.decide import decide
from shared.domain.lead.rules import Rules, compile_rules
from shared.policies.loader import RULES, load_directory
from shared.runtime.api_routes import ApiServices, routes
from shared.runtime.bootstrap.serve_api import email_key, phone_key
from shared.runtime.operations_routes import Operations
from shared.runtime.routing import Router
from tests.unit.api.small_sync import small_policy

NOW = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""
MINUTE = 60_000
PAID_MONTHLY = {"key": 2, "secret": 7, "alarm": 30, "dashboard": 8}


def rules() -> Rules:
    policies = load_directory(RULES)
    return compile_rules(policies.scoring, policies.lifecycle, policies.version)


def signal(number: int, kind: str = "page_viewed", **given: Any) -> Signal:
    """A signal ``number`` minutes after the start; identifiers by ``email``, ``anonymous``, ``user``, ``external``."""
    kinds = {"email": EMAIL, "anonymous": ANONYMOUS, "user": USER, "external": EXTERNAL}
    identifiers = tuple(Identifier(kinds[name], given.pop(name)) for name in kinds if name in given)
    consents = tuple(ConsentClaim(purpose=p, given=g) for p, g in given.pop("consents", {}).items())
    return Signal(
        signal_id=f"s{number}",
        kind=kind,
        occurred_at=NOW + number * MINUTE,
        recorded_at=NOW + number * MINUTE,
        source=given.pop("source", "form"),
        evidence=given.pop("evidence", Evidence.VERIFIED),
        identifiers=identifiers,
        consents=consents,
        **given,
    )


@dataclass
class World:
    """Everything behind the API; ``told`` is what the API reported about itself."""

    clock: MemoryClock = field(default_factory=lambda: MemoryClock(NOW + 1000 * MINUTE))
    tables: MemoryTables = field(default_factory=MemoryTables)
    lake: MemoryLake = field(default_factory=MemoryLake)
    costs: MemoryCosts = field(default_factory=MemoryCosts)
    parked: MemoryParkedRecords = field(default_factory=MemoryParkedRecords)
    queues: MemoryQueues = field(default_factory=lambda: MemoryQueues("signals", "lake"))
    segments: MemorySegments = field(default_factory=MemorySegments)
    depths: MemoryQueueDepths = field(default_factory=MemoryQueueDepths)
    laptop: bool = True
    sync: MemorySyncStore = field(default_factory=MemorySyncStore)
    out: MemoryOutQueue = field(default_factory=MemoryOutQueue)
    told: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules = rules()
        self.policy = small_policy()
        self.ids = SeededIds()
        self.store = MemoryLeadStore(self.tables, identity=IdentityKey.fixed(b"identity"), clock=self.clock)
        sealer = Sealer(MemoryKeyRing(tenant="test"), tenant="test")
        self.ledger = MemoryConsentLedger(self.tables, sealer)
        cursors = Cursors(lambda: b"secret")
        leads = LeadReader(store=self.store, rules=self.rules, clock=self.clock, cursors=cursors)
        policy = load_directory(RULES).money
        reports = ReportReader(insights=self.lake, clock=self.clock)
        money = MoneyReports(insights=self.lake, costs=self.costs, policy=policy, clock=self.clock)
        search = LeadSearcher(
            store=self.store,
            reader=leads,
            insights=lambda: self.lake,
            email=email_key,
            phone=phone_key,
            cursors=cursors,
        )
        self.services = ApiServices(
            leads=leads,
            search=search,
            segments=SegmentKeeper(store=self.segments, size=search.size, clock=self.clock, ids=self.ids),
            companies=CompanyReader(leads=leads, insights=lambda: self.lake, money=lambda: money, cursors=cursors),
            handovers=HandoverLister(reader=leads, insights=lambda: self.lake, cursors=cursors),
            reports=lambda: reports,
            money=lambda: money,
            figures=lambda: FigureOpener(reader=money, cursors=cursors),
            cost_importer=CostImporter(store=lambda: self.costs, policy=policy, clock=self.clock),
            cost_lister=CostLister(store=lambda: self.costs, policy=policy, cursors=cursors),
            messages=MessageReader(store=self.store, messages=MemoryMessages(self.tables)),
            operations=Operations(
                parked=ParkedDesk(records=self.parked, queues=self.queues, clock=self.clock, cursors=cursors),
                queues=QueueDesk(depths=self.depths),
                costs=RunningCosts(reports=lambda: reports, paid_monthly=PAID_MONTHLY),
                clock=ClockDesk(clock=self.clock, cloud=MemoryCloudClock(self.clock) if self.laptop else None),
            ),
            owners=OwnerNames(sync=self.sync, clock=self.clock),
            unmerge=lambda root, member: unmerge_lead(
                root, member, store=self.store, rules=self.rules, clock=self.clock
            ),
            sync=SyncDesk(
                leads=leads,
                planning=Planning(
                    store=self.store, sync=self.sync, rules=self.rules, policy=self.policy, clock=self.clock
                ),
                out=self.out,
                insights=lambda: self.lake,
                cursors=cursors,
            ),
            clock=self.clock,
            policy_version=self.rules.version,
        )
        self.routes = routes(self.services)
        self.router = Router(self.routes, lambda code, told: self.told.append((code, told)))

    def happen(self, signals: Sequence[Signal]) -> None:
        """Decide on signals as one batch and let the facts reach the lake, over the wire's own contract."""
        wanted = {i for s in signals for i in (*s.identifiers, *((s.previous,) if s.previous else ()))}
        decision = decide(self.store.load(wanted), signals, self.rules, self.clock.now(), self.ids.seed())
        self.store.commit(decision, self.ledger.seal(decision.consents))
        self.lake.append([read_fact(json.dumps({"detail": envelope(fact)})) for fact in decision.facts])

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        roles: str = "marketer,sales,privacy,operator",
    ) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        answer = self.router(event(method, path, body, query=query, roles=roles))
        return answer["statusCode"], json.loads(answer["body"])

    def get(self, path: str, **query: str) -> Any:
        status, answer = self.call("GET", path, query=query)
        assert status == 200, answer
        return answer

    def search(self, **question: Any) -> Any:
        status, answer = self.call("POST", "/api/leads/search", question)
        assert status == 200, answer
        return answer


def event(
    method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None, roles: str = "operator"
) -> dict[str, Any]:
    """An API Gateway event (payload 2.0) as the authorizer let it through."""
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /api/{proxy+}",
        "rawPath": path,
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path},
            "authorizer": {"lambda": {"sub": "tester", "roles": roles}},
        },
        "isBase64Encoded": False,
    }
    if query:
        made["queryStringParameters"] = dict(query)
    if body is not None:
        made["body"] = body if isinstance(body, str) else json.dumps(body)
    return made


ANN: dict[str, Any] = {
    "email": "ann@acme.example",
    "profile": {"email": "ann@acme.example", "name": "Ann Smith", "title": "Head of IT"},
    "company_domain": "acme.example",
}


def ann_and_bob() -> World:
    """Ann browses, then fills in a form with phone and consents; Bob from the same company only asks."""
    world = World()
    pages = {"source": "segment", "evidence": Evidence.CLAIMED, "attributes": {"path": "/pricing"}}
    world.happen([signal(n, anonymous="anon-1", channel="Paid Search", **pages) for n in range(5)])
    known = {**ANN, "profile": {**ANN["profile"], "phone": "+48600100200"}, "phone": "+48600100200"}
    known |= {"anonymous": "anon-1", "user": "u-1", "external": "salesforce:00Q1"}
    asked = {"consents": {"processing": True, "ad.email": True}, "attributes": {"form_id": "demo"}}
    world.happen([signal(10, "form_submitted", **known, **asked)])
    world.happen([signal(20, "form_submitted", email="bob@acme.example", company_domain="acme.example")])
    return world
