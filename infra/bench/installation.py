"""One installation in this process: the real doors, processor and relay on DynamoDB and KMS as moto plays them.

Only what is counted differs from production: the archive, the queue and the bus are twins in memory, because one call
to each of them is one call, whatever is in it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3
from moto import mock_aws

from infra.bench.metering import MeteredClient, Usage
from infra.bench.world import START, shipped_rules
from shared.adapters.dynamodb.consent_ledger import DynamoConsentLedger
from shared.adapters.dynamodb.keys import Prefix
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.outbox import DynamoOutbox, outbox_row
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.kms.key_ring import KmsKeyRing
from shared.adapters.memory.bus import MemoryFactBus
from shared.adapters.memory.clock import MemoryClock, SeededIds
from shared.adapters.memory.intake import MemoryRawArchive, MemorySignalQueue, MemorySourceSecrets
from shared.adapters.memory.parked import MemoryParkedRecords
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey
from shared.app.process_signals import Outcome, Processing, process_signals
from shared.app.receive_delivery import Doorway, collect_events, receive_webhook
from shared.app.relay_outbox import Relaying, relay_outbox
from shared.connectors.registry import connector_of
from shared.contracts.envelope import wire_bytes
from shared.contracts.intake import InboundRequest
from shared.domain.instant import HOUR, MINUTE
from shared.policies.loader import RULES, load_directory
from shared.runtime.bootstrap.process_signals import read_signals

REGION: Final = "eu-central-1"
TENANT: Final = "bench"
SECRET: Final = "bench-secret"  # noqa: S105 - it opens a door in this process only
TABLES: Final = Tables("leads", "ledger", "keys")
AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What some signals needed, from the door to the bus."""

    signals: int
    requests: int
    decisions: int
    dynamodb: Usage
    kms_calls: int
    facts: int
    fact_bytes: int
    archived_bytes: int


class MeteredKms:
    """Counts calls to KMS."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        self.calls += name in ("generate_data_key", "decrypt")
        return getattr(self._client, name)


class Installation:
    """Doors, processor and relay. Deterministic: its clock and its ids are its own."""

    def __init__(self) -> None:
        self._aws = boto3.client("dynamodb", region_name=REGION)
        self._dynamodb = MeteredClient(self._aws)
        for name in (*TABLES, "ops"):
            create_table(self._aws, name)
        kms = boto3.client("kms", region_name=REGION)
        self._kms = MeteredKms(kms)
        self._key_arn = kms.create_key()["KeyMetadata"]["Arn"]
        self._clock = MemoryClock(START)
        self._policies = load_directory(RULES)
        self._archive, self._queue, self._bus = MemoryRawArchive(), MemorySignalQueue(), MemoryFactBus()
        self._parked = MemoryParkedRecords()
        self._ids = SeededIds("bench")
        self._sent = 0
        secrets: Mapping[str, Sequence[str]] = {name: [SECRET] for name in self._policies.sources}
        self._door = Doorway(
            sources=self._policies.sources,
            secrets=MemorySourceSecrets(secrets),
            connector_of=connector_of,
            archives={"local": self._archive},
            queue=self._queue,
            ids=SeededIds("door"),
        )

    def submit(self, **form: Any) -> None:
        """POST /in/json."""
        body = {"id": f"form-{self._number()}", **form}
        receive_webhook(self._request("/in/json", "json", body, authorization=f"Bearer {SECRET}"), self._door)

    def collect(self, *events: Mapping[str, Any]) -> None:
        """POST /v1/batch."""
        batch = [{"messageId": f"ajs-next-{self._number():032x}", **event} for event in events]
        collect_events(self._request("/v1/batch", "batch", {"writeKey": SECRET, "batch": batch}), self._door)

    def spend(self) -> Spent:
        """Process what is queued as one batch in a process that has just started, and relay; returns what it took."""
        before, kms, facts = self._dynamodb.usage.copy(), self._kms.calls, len(self._bus.published)
        deliveries = list(self._queue.sent)
        self._queue.sent.clear()
        self._clock.advance(HOUR)
        outcome: Outcome = process_signals(deliveries, self._processing())
        self._relay()
        told = self._bus.published[facts:]
        return Spent(
            signals=outcome.signals,
            requests=len(deliveries),
            decisions=outcome.decided,
            dynamodb=self._dynamodb.usage.since(before),
            kms_calls=self._kms.calls - kms,
            facts=len(told),
            fact_bytes=sum(map(wire_bytes, told)),
            archived_bytes=sum(len(self._archive.objects[d.archive_key]) for d in deliveries),
        )

    def _relay(self) -> None:
        """As the stream does it: rows come without being asked for, only their removal is a call."""
        rows = self._aws.scan(TableName=TABLES.leads)["Items"]
        outbox = [outbox_row(row) for row in rows if row["pk"]["S"].startswith(Prefix.OUTBOX)]
        deps = Relaying(
            bus=self._bus,
            outbox=DynamoOutbox(Table(self._client, TABLES.leads)),
            parked=self._parked,
            clock=self._clock,
            pause=lambda _s: None,
        )
        relay_outbox(outbox, deps)

    def _processing(self) -> Processing:
        keys = KmsKeyRing(self._kms_client, self._key_arn, tenant=TENANT, clock=self._clock)
        ledger, data_keys = Table(self._client, TABLES.ledger), Table(self._client, TABLES.data_keys)
        return Processing(
            archive=self._archive,
            store=DynamoLeadStore(self._client, TABLES, identity=IdentityKey.fixed(b"bench"), clock=self._clock),
            ledger=DynamoConsentLedger(ledger, data_keys, Sealer(keys, tenant=TENANT)),
            parked=self._parked,
            sources=self._policies.sources,
            parse=read_signals,
            rules=shipped_rules(),
            clock=self._clock,
            ids=self._ids,
            pause=lambda _attempt: None,
        )

    @property
    def _client(self) -> Any:
        return self._dynamodb

    @property
    def _kms_client(self) -> Any:
        return self._kms

    def _number(self) -> int:
        self._sent += 1
        return self._sent

    def _request(self, path: str, source: str, body: Mapping[str, Any], **headers: str) -> InboundRequest:
        return InboundRequest(
            method="POST",
            path=path,
            source=source,
            query={},
            headers={"content-type": "application/json", "user-agent": "bench", **headers},
            body=json.dumps(body).encode(),
            received_at=self._clock.advance(MINUTE),
            ip="192.0.2.1",
        )


def page(anonymous_id: str, path: str = "/pricing") -> dict[str, Any]:
    """A page view as Segment's browser library sends it."""
    url = f"https://www.example.com{path}"
    return {
        "type": "page",
        "anonymousId": anonymous_id,
        "properties": {
            "path": path,
            "url": url,
            "title": "Leadspine for industry",
            "referrer": "https://www.google.com/",
        },
        "context": {"userAgent": AGENT, "campaign": {"source": "google", "medium": "cpc", "name": "spring-industry"}},
    }


@contextmanager
def installation() -> Iterator[Installation]:
    """A fresh installation."""
    with mock_aws():
        yield Installation()


def create_table(client: Any, name: str) -> None:
    """An empty table with the key that all of ours have."""
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
