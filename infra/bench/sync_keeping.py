"""Where people and links are kept while synchronisation is measured: in dictionaries, or in metered DynamoDB tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import boto3
from moto import mock_aws

from infra.bench.installation import REGION, create_table
from infra.bench.metering import MeteredClient, Usage
from infra.bench.world import IDENTITY
from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.outbox import DynamoOutbox
from shared.adapters.dynamodb.sync_store import DynamoSyncStore
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.memory.lead_store import MemoryLeadStore
from shared.adapters.memory.outbox import MemoryOutbox
from shared.adapters.memory.sync_store import MemorySyncStore
from shared.adapters.memory.tables import MemoryTables
from shared.ports.clock import Clock
from shared.ports.leads import LeadStore
from shared.ports.outbox import Outbox
from shared.ports.sync import SyncStore

TABLES: Final = Tables("leads", "ledger", "keys")
SYNC: Final = "sync"


class Kept(NamedTuple):
    """Where people, links and facts on their way to the bus are kept."""

    leads: LeadStore
    sync: SyncStore
    outbox: Outbox


def in_memory(clock: Clock) -> Kept:
    """Kept in dictionaries."""
    tables = MemoryTables()
    return Kept(MemoryLeadStore(tables, identity=IDENTITY, clock=clock), MemorySyncStore(), MemoryOutbox(tables))


class Metered:
    """Tables as moto plays them, and what is used of them."""

    def __init__(self) -> None:
        aws = boto3.client("dynamodb", region_name=REGION)
        for name in (*TABLES, SYNC):
            create_table(aws, name)
        self._client: Any = MeteredClient(aws)

    def keep(self, clock: Clock) -> Kept:
        """Kept there."""
        leads = DynamoLeadStore(self._client, TABLES, identity=IDENTITY, clock=clock)
        outbox = DynamoOutbox(Table(self._client, TABLES.leads))
        return Kept(leads, DynamoSyncStore(Table(self._client, SYNC)), outbox)

    def reading(self) -> Usage:
        """What was used until now."""
        usage: Usage = self._client.usage.copy()
        return usage


@contextmanager
def metered() -> Iterator[Metered]:
    """Fresh tables."""
    with mock_aws():
        yield Metered()
