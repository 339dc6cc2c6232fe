"""A subscription in memory, the connector in front of it, one clock for both that only waiting moves."""

from datetime import UTC, datetime
from typing import Any

import requests

from infra.local.simulators.faults import Fault, FaultKind
from infra.local.simulators.in_process import in_process_session
from infra.local.simulators.marketo.ask import Writer
from infra.local.simulators.marketo.settings import change_settings
from infra.local.simulators.marketo.starting import CLIENT_ID, CLIENT_SECRET
from infra.local.simulators.marketo.subscription import Marketo
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Call
from shared.adapters.memory.clock import MemoryClock
from shared.connectors.marketo.system import MarketoSystem
from shared.domain.sync.model import MARKETO, PERSON, RemoteRecord, RemoteWrite
from shared.domain.sync.policy_model import BudgetPolicy, HandoverPolicy, RemoteField, SyncField, SyncPolicy
from shared.ports.sync import Page, Position

START = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp() * 1000)
CREDENTIALS = {"base_url": "https://123-abc-456.mktorest.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
MARKETER = Writer(source="Marketer", reason="Edited in the lead database")
MAPPED = {
    "email": "email",
    "firstName": "text",
    "title": "text",
    "phone": "phone",
    "leadScore": "number",
    "unsubscribed": "flag",
    "consentStatus": "text",
    "consentDate": "instant",
    "leadspineId": "text",
}


def policy(fields: dict[str, str] | None = None) -> SyncPolicy:
    return SyncPolicy(
        fields=tuple(
            SyncField(
                name=name,
                local=f"profile.{name}",
                type=kind,
                rule="latest",
                remote={"marketo.person": RemoteField(name=name, direction="both")},
            )
            for name, kind in (MAPPED if fields is None else fields).items()
        ),
        create={},
        handover=HandoverPolicy(status="", territories=(), answers={}, stages={}, task_subject=""),
        budgets={MARKETO: BudgetPolicy(daily=50_000, careful=0.7, urgent_only=0.85, stop=0.95)},
        tie=MARKETO,
        uncertainty_ms=1000,
        overlap_ms=600_000,
        freeze_after=3,
        merge_in_marketo=True,
        version="1",
    )


def write_of(lead_id: str, remote_id: str | None = None, *, email: str = "", **values: str) -> RemoteWrite:
    every = ({"email": email} if email else {}) | values
    return RemoteWrite(
        system=MARKETO,
        object=PERSON,
        lead_id=lead_id,
        external_id=lead_id,
        remote_id=remote_id,
        values=every,
        sent=every,
        match_email=email,
    )


class World:
    """`pauses` are the seconds somebody waited; nobody really does."""

    def __init__(self, fields: dict[str, str] | None = None) -> None:
        self.clock = MemoryClock(START)
        self.site = Marketo(Store(), lambda: datetime.fromtimestamp(self.clock.now() / 1000, UTC))
        self.credentials: dict[str, str] = dict(CREDENTIALS)
        self.pauses: list[float] = []
        self.policy = policy(fields)
        self.system = self.connect()

    def connect(self) -> MarketoSystem:
        """Another process."""
        return MarketoSystem(
            credentials=lambda: self.credentials,
            policy=self.policy,
            clock=self.clock,
            session=self.session,
            pause=self.pause,
        )

    def session(self) -> requests.Session:
        return in_process_session(self.site)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(round(seconds * 1000))

    def settings(self, **changes: Any) -> None:
        change_settings(self.site.store, changes)

    def fault(self, kind: FaultKind, **options: Any) -> None:
        self.site.faults.turn_on(Fault.of({"kind": kind, **options}))

    def add(self, email: str, **values: Any) -> str:
        """A person whom a marketer created."""
        return str(self.site.people.create({"email": email or None, **values}, MARKETER, self.clock.now()))

    def edit(self, remote_id: str, **values: Any) -> None:
        self.site.people.change(int(remote_id), values, MARKETER, self.clock.now())

    def lead(self, remote_id: str) -> dict[str, Any]:
        return self.site.people.get(int(remote_id)) or {}

    def desk(self, path: str, **body: Any) -> None:
        import json

        raw = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Host": "localhost"}
        assert self.site.answer(Call.of("POST", f"/__sim__/{path}", headers=headers, body=raw)).status < 300

    def pull(self, position: Position | None = None, *, most: int = 100) -> tuple[list[RemoteRecord], Position]:
        """Every record of one pull, and where the next begins."""
        records: list[RemoteRecord] = []
        page = Page(records=(), position=position or {}, more=True)
        for _ in range(most):
            page = self.system.changes(page.position)
            records += page.records
            if not page.more:
                return records, page.position
        raise AssertionError("the pull does not end")

    def caught_up(self) -> Position:
        return self.pull()[1]

    def calls_of(self, work: Any) -> int:
        """How many requests that took."""
        before = self.system.calls()
        work()
        return self.system.calls() - before
