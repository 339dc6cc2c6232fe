"""One small world per implementation: the same collaborators in memory and on DynamoDB (moto)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto import mock_aws

from shared.adapters.dynamodb.consent_ledger import DynamoConsentLedger
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.outbox import DynamoOutbox
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.segments import DynamoSegments
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.kms.key_ring import KmsKeyRing
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.consent_ledger import MemoryConsentLedger, MemoryKeyRing
from shared.adapters.memory.faults import Faults
from shared.adapters.memory.lead_store import MemoryLeadStore
from shared.adapters.memory.outbox import MemoryOutbox
from shared.adapters.memory.parked import MemoryParkedRecords
from shared.adapters.memory.segments import MemorySegments
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.sealing import Sealer
from shared.adapters.secrets.identity_key import IdentityKey
from shared.ports.consent_ledger import ConsentLedger
from shared.ports.key_ring import KeyRing
from shared.ports.leads import LeadStore
from shared.ports.operations import ParkedRecords
from shared.ports.outbox import Outbox
from shared.ports.segments import SegmentStore

TENANT = "acme"
REGION = "eu-central-1"
TABLES = Tables("leads", "ledger", "keys")


@dataclass
class World:
    name: str
    store: LeadStore
    ledger: ConsentLedger
    outbox: Outbox
    parked: ParkedRecords
    segments: SegmentStore
    clock: MemoryClock
    identity: IdentityKey
    ring: KeyRing
    faults: Faults
    snapshot: Any
    """() -> every stored row, comparable"""
    destroy_key: Any
    """(subject_ref) -> None"""
    other_tenant: KeyRing


@contextmanager
def memory_world() -> Iterator[World]:
    tables, clock, faults = MemoryTables(), MemoryClock(), Faults()
    identity, ring = IdentityKey.fixed(b"identity"), MemoryKeyRing(tenant=TENANT)
    other = MemoryKeyRing(tenant="other")
    other._master = ring._master
    yield World(
        name="memory",
        store=faults.wrap(MemoryLeadStore(tables, identity=identity, clock=clock), "leads"),
        ledger=faults.wrap(MemoryConsentLedger(tables, Sealer(ring, tenant=TENANT)), "ledger"),
        outbox=faults.wrap(MemoryOutbox(tables), "outbox"),
        parked=faults.wrap(MemoryParkedRecords(), "parked"),
        segments=faults.wrap(MemorySegments(), "segments"),
        clock=clock,
        identity=identity,
        ring=ring,
        faults=faults,
        snapshot=lambda: repr([dict(getattr(tables, n)) for n in tables.__slots__ if n != "lock"]),
        destroy_key=lambda ref: tables.data_keys.pop((ref, "C")),
        other_tenant=other,
    )


@contextmanager
def dynamodb_world() -> Iterator[World]:
    with mock_aws():
        credentials: Mapping[str, Any] = {
            "region_name": REGION,
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        client = boto3.client("dynamodb", **credentials)
        kms = boto3.client("kms", **credentials)
        for name in (*TABLES, "ops"):
            create_table(client, name)
        key_arn = kms.create_key()["KeyMetadata"]["Arn"]
        clock, faults, identity = MemoryClock(), Faults(), IdentityKey.fixed(b"identity")
        faulty: Any = faults.wrap(client, "dynamodb")
        ring = KmsKeyRing(faults.wrap(kms, "kms"), key_arn, tenant=TENANT, clock=clock)
        store = DynamoLeadStore(faulty, TABLES, identity=identity, clock=clock, pause=lambda _: None)
        yield World(
            name="dynamodb",
            store=store,
            ledger=DynamoConsentLedger(
                Table(faulty, TABLES.ledger), Table(faulty, TABLES.data_keys), Sealer(ring, tenant=TENANT)
            ),
            outbox=DynamoOutbox(Table(faulty, TABLES.leads)),
            parked=DynamoParkedRecords(Table(faulty, "ops")),
            segments=DynamoSegments(Table(faulty, "ops")),
            clock=clock,
            identity=identity,
            ring=ring,
            faults=faults,
            snapshot=lambda: repr(rows_of(client)),
            destroy_key=lambda ref: client.delete_item(
                TableName=TABLES.data_keys, Key={"pk": {"S": f"S#{ref}"}, "sk": {"S": "C"}}
            ),
            other_tenant=KmsKeyRing(kms, key_arn, tenant="other", clock=clock),
        )


def create_table(client: Any, name: str) -> None:
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )


def rows_of(client: Any) -> dict[str, list[Any]]:
    return {
        name: sorted(client.scan(TableName=name)["Items"], key=lambda row: (row["pk"]["S"], row["sk"]["S"]))
        for name in (*TABLES, "ops")
    }


WORLDS = {"memory": memory_world, "dynamodb": dynamodb_world}
