"""The collaborators of write_lake."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from shared.adapters.duckdb.lake import ParquetLake
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.table import Table
from shared.adapters.s3.lake import S3Objects
from shared.app.write_lake import LakeWriting, Message, write_lake
from shared.runtime.batch import QueueMessage
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from shared.runtime.observability import logger


class Settings(Protocol):
    """What the function has to know."""

    @property
    def lake_bucket_name(self) -> str:
        """Where facts go."""

    @property
    def ops_table_name(self) -> str:
        """Where parked records are."""


def writer(settings: Settings) -> Callable[[Sequence[QueueMessage]], Collection[str]]:
    """A function of a batch that returns the ids of messages to be delivered again."""
    deps = LakeWriting(
        lake=ParquetLake(S3Objects(client("s3"), settings.lake_bucket_name)),
        parked=DynamoParkedRecords(Table(client("dynamodb"), settings.ops_table_name)),
        clock=SystemClock(),
    )

    def write(messages: Sequence[QueueMessage]) -> Collection[str]:
        written = write_lake([Message(message.message_id, message.body) for message in messages], deps)
        counts = {"written": written.written, "parked": written.parked, "failed": len(written.failed)}
        logger.info("LAKE.WRITTEN", extra=counts)
        return written.failed

    return write
