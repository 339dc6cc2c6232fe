"""The collaborators of relay_outbox."""

import time
from collections.abc import Collection, Sequence
from typing import Protocol

from shared.adapters.dynamodb.outbox import DynamoOutbox, is_outbox_row, outbox_row
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.table import Table
from shared.adapters.eventbridge.fact_bus import EventBridgeFactBus
from shared.app.relay_outbox import Relayed, Relaying
from shared.ports.outbox import OutboxRow
from shared.runtime.batch import StreamInsert
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock


class Settings(Protocol):
    """What the function has to know."""

    @property
    def leads_table_name(self) -> str:
        """Where the outbox is."""

    @property
    def ops_table_name(self) -> str:
        """Where parked records are."""

    @property
    def bus_name(self) -> str:
        """Where facts go."""


def relaying(settings: Settings) -> Relaying:
    """What relay and sweeper work with."""
    return Relaying(
        bus=EventBridgeFactBus(client("events"), settings.bus_name),
        outbox=DynamoOutbox(Table(client("dynamodb"), settings.leads_table_name)),
        parked=DynamoParkedRecords(Table(client("dynamodb"), settings.ops_table_name)),
        clock=SystemClock(),
        pause=time.sleep,
    )


def rows_in(records: Sequence[StreamInsert]) -> list[OutboxRow]:
    """The outbox rows among inserted rows."""
    return [outbox_row(record.image) for record in records if is_outbox_row(record.image)]


def failed_in(records: Sequence[StreamInsert], relayed: Relayed) -> Collection[str]:
    """The sequence numbers of rows that have to come again."""
    outbox = [record for record in records if is_outbox_row(record.image)]
    return {record.sequence_number for record in outbox if outbox_row(record.image).key in relayed.failed}
