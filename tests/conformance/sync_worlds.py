"""One small world of synchronisation per implementation: its store in memory and on DynamoDB (moto)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto import mock_aws

from shared.adapters.dynamodb.sync_store import DynamoSyncStore
from shared.adapters.dynamodb.table import Table
from shared.adapters.memory.faults import Faults
from shared.adapters.memory.sync_store import MemorySyncStore
from shared.ports.sync import SyncStore
from tests.conformance.worlds import create_table

CREDENTIALS: dict[str, Any] = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
}


@dataclass
class SyncWorld:
    name: str
    store: SyncStore
    faults: Faults
    another: Callable[[], SyncStore]
    """() -> a second process on the same rows"""
    client: Any = None


@contextmanager
def memory_sync() -> Iterator[SyncWorld]:
    faults, store = Faults(), MemorySyncStore()
    yield SyncWorld("memory", faults.wrap(store, "sync"), faults, lambda: store)


@contextmanager
def dynamodb_sync() -> Iterator[SyncWorld]:
    with mock_aws():
        client = boto3.client("dynamodb", **CREDENTIALS)
        create_table(client, "sync")
        faults = Faults()
        faulty: Any = faults.wrap(client, "dynamodb")

        def store() -> SyncStore:
            return DynamoSyncStore(Table(faulty, "sync", pause=lambda _: None))

        yield SyncWorld("dynamodb", store(), faults, store, client)


SYNC_WORLDS = {"memory": memory_sync, "dynamodb": dynamodb_sync}
