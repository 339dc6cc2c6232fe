"""The collaborators of receive_feedback."""

from collections.abc import Callable
from typing import Protocol

from aws_lambda_powertools.metrics import MetricUnit

from shared.adapters.dynamodb.messages import DynamoMessages
from shared.adapters.dynamodb.suppressions import DynamoSuppressions
from shared.adapters.dynamodb.table import Table
from shared.app.receive_feedback import Feedbacking, receive_feedback
from shared.runtime.batch import QueueMessage
from shared.runtime.bootstrap.messages import link_keys, recording
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from shared.runtime.observability import metrics


class Settings(Protocol):
    """What the function has to know."""

    @property
    def leads_table_name(self) -> str:
        """Heads, to find an address by its digest."""

    @property
    def ledger_table_name(self) -> str:
        """Suppressions."""

    @property
    def engagement_table_name(self) -> str:
        """Messages."""

    @property
    def raw_bucket_name(self) -> str:
        """The archive."""

    @property
    def signals_queue_url(self) -> str:
        """The queue of deliveries."""

    @property
    def links_secret_arn(self) -> str:
        """Keys of digests."""


def receiver(settings: Settings) -> Callable[[QueueMessage], object]:
    """A function of one queue message."""
    keys = link_keys(settings.links_secret_arn)
    dynamodb = client("dynamodb")
    deps = Feedbacking(
        messages=DynamoMessages(Table(dynamodb, settings.engagement_table_name)),
        suppressions=DynamoSuppressions(Table(dynamodb, settings.ledger_table_name)),
        recording=recording(
            raw_bucket_name=settings.raw_bucket_name,
            signals_queue_url=settings.signals_queue_url,
            leads_table_name=settings.leads_table_name,
            digest=keys.digest,
        ),
        clock=SystemClock(),
        count=lambda kind: metrics.add_metric(f"Feedback{kind.capitalize()}", MetricUnit.Count, 1),
    )
    return lambda message: receive_feedback(message.json(), deps)
