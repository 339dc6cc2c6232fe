"""A simulated org, a clock that tests move, and the connector between them; nothing waits and nothing leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.simulators.faults import Fault
from infra.local.simulators.in_process import in_process_session
from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.salesforce.org import Actor
from infra.local.simulators.salesforce.schema import OBJECTS
from infra.local.simulators.salesforce.writing import create, delete, undelete, update
from infra.local.simulators.store import Row, Store
from infra.local.simulators.wire import Call
from shared.connectors.salesforce.system import SalesforceSystem
from shared.domain.sync.model import RemoteRecord, RemoteWrite
from shared.domain.sync.policy_model import BOTH, IN, OUT, HandoverPolicy, RemoteField, SyncField, SyncPolicy
from shared.ports.sync import Position

CREDENTIALS = {
    "base_url": "https://acme.my.salesforce.com", "client_id": "cid", "client_secret": "secret", "api_version": "62.0",
}  # fmt: skip
OVERLAP_MS = 600_000


def a_field(name: str, remote: str, *, kind: str = "text", direction: str = BOTH, contact: bool = True) -> SyncField:
    spec = RemoteField(name=remote, direction=direction)
    return SyncField(
        name=name,
        local={"leadspine_id": "lead.id", "marketo_id": "external.marketo"}.get(name, f"profile.{name}"),
        type=kind,
        rule="latest",
        remote={"salesforce.lead": spec, **({"salesforce.contact": spec} if contact else {})},
    )


def a_policy() -> SyncPolicy:
    return SyncPolicy(
        fields=(
            a_field("email", "Email", kind="email"),
            a_field("first_name", "FirstName"),
            a_field("last_name", "LastName"),
            a_field("phone", "Phone", kind="phone"),
            a_field("title", "Title"),
            a_field("company", "Company", contact=False),
            a_field("email_opt_out", "HasOptedOutOfEmail", kind="flag"),
            a_field("score", "Lead_Score__c", kind="number", direction=OUT),
            a_field("consent_date", "Consent_Date__c", kind="instant", direction=OUT),
            a_field("rating", "LeadSource", direction=IN),
            a_field("leadspine_id", "Leadspine_Id__c", direction=OUT),
            a_field("marketo_id", "Marketo_Lead_Id__c", direction=OUT),
        ),
        create={},
        handover=HandoverPolicy(
            status="Open - Not Contacted", territories=(), answers={}, task_subject="Call",
            stages={"recycled": ("Nurturing", "Inbound leads")},
        ),
        budgets={},
        tie="salesforce",
        uncertainty_ms=60_000,
        overlap_ms=OVERLAP_MS,
        freeze_after=3,
        merge_in_marketo=False,
        version="test",
    )  # fmt: skip


@dataclass
class World:
    """The org and our side of it."""

    time: datetime = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    waits: list[float] = field(default_factory=list)
    credentials: dict[str, str] = field(default_factory=lambda: dict(CREDENTIALS))
    skew_ms: int = 0

    def __post_init__(self) -> None:
        self.site = SalesforceSite(Store(), lambda: self.time)
        self.system = self.a_system()

    def a_system(self, policy: SyncPolicy | None = None) -> SalesforceSystem:
        """Another process: it knows nothing yet."""
        return SalesforceSystem(
            credentials=lambda: self.credentials,
            policy=policy or a_policy(),
            clock=self,
            session=lambda: in_process_session(self.site),
            pause=self.waits.append,
        )

    def now(self) -> int:
        return round(self.time.timestamp() * 1000) + self.skew_ms

    def pass_by(self, **more: float) -> None:
        self.time += timedelta(**more)

    @property
    def person(self) -> Actor:
        return Actor(user_id=self.user("sam.sales@acme.test"), administrator=True)

    def user(self, username: str) -> str:
        return next(row["Id"] for row in self.site.store.rows("User").values() if row["Username"] == username)

    def queue(self) -> str:
        return next(iter(self.site.store.rows("Group")))

    def make(self, name: str, **values: Any) -> str:
        needed = {"Lead": {"LastName": "L", "Company": "C"}, "Contact": {"LastName": "L"}, "Account": {"Name": "A"}}
        with self.site.store.transaction():
            return create(self.site.org, OBJECTS[name], {**needed.get(name, {}), **values}, self.person)

    def edit(self, name: str, record_id: str, **values: Any) -> None:
        with self.site.store.transaction():
            update(self.site.org, OBJECTS[name], record_id, values, self.person)

    def remove(self, name: str, record_id: str) -> None:
        with self.site.store.transaction():
            delete(self.site.org, OBJECTS[name], record_id, self.person)

    def bring_back(self, name: str, record_id: str) -> None:
        with self.site.store.transaction():
            undelete(self.site.org, OBJECTS[name], record_id, self.person)

    def act(self, what: str, **given: Any) -> Any:
        """What people and administrators do."""
        import json

        call = Call.of("POST", f"/__sim__/{what}", headers={"content-type": "application/json"},
                       body=json.dumps(given).encode())  # fmt: skip
        answer = self.site.answer(call)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def break_by(self, kind: str, **more: Any) -> None:
        self.site.faults.turn_on(Fault.of({"kind": kind, **more}))

    def row(self, name: str, record_id: str) -> Row:
        return self.site.store.rows(name)[record_id]

    def rows(self, name: str) -> list[Row]:
        return [row for row in self.site.store.rows(name).values() if not row["IsDeleted"]]

    def calls_of(self, act: Callable[[], Any]) -> int:
        before = self.site.calls.total()
        act()
        return self.site.calls.total() - before

    def pull(self, position: Position, system: SalesforceSystem | None = None) -> tuple[list[RemoteRecord], Position]:
        """All pages of one pull."""
        found: list[RemoteRecord] = []
        for _ in range(50):
            page = (system or self.system).changes(position)
            found += page.records
            position = page.position
            if not page.more:
                return found, position
        raise AssertionError("the pull does not end")


def a_write(remote_id: str | None = None, *, values: Mapping[str, str], number: int = 1, **more: Any) -> RemoteWrite:
    given: dict[str, Any] = {
        "system": "salesforce",
        "object": "contact" if (remote_id or "").startswith("003") else "lead",
        "lead_id": f"lead_{number}",
        "external_id": f"lead_{number}",
        "remote_id": remote_id,
        "values": values,
        "sent": {},
    }
    return RemoteWrite(**{**given, **more})
