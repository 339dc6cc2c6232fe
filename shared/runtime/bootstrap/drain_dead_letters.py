"""The collaborators of drain_dead_letters."""

import json
from dataclasses import dataclass
from typing import Protocol

from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.table import Table
from shared.app.drain_dead_letters import DeadLetter
from shared.ports.clock import Clock
from shared.ports.operations import ParkedRecords
from shared.runtime.batch import QueueMessage
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock


class Settings(Protocol):
    """What the function has to know."""

    @property
    def ops_table_name(self) -> str:
        """Where parked records are."""

    @property
    def dead_letter_queues(self) -> str:
        """JSON of physical queue name to catalog name."""


@dataclass(frozen=True, slots=True)
class Draining:
    """What the drain works with."""

    parked: ParkedRecords
    clock: Clock
    queue_names: dict[str, str]

    def letter(self, message: QueueMessage) -> DeadLetter:
        """A queue message as a dead letter; an unknown queue keeps its physical name."""
        return DeadLetter(
            queue=self.queue_names.get(message.queue, message.queue),
            message_id=message.message_id,
            body=message.body,
            attributes=message.attributes,
        )


def draining(settings: Settings) -> Draining:
    """The collaborators."""
    parked = DynamoParkedRecords(Table(client("dynamodb"), settings.ops_table_name))
    return Draining(parked, SystemClock(), json.loads(settings.dead_letter_queues))
