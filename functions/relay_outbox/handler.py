"""Stream of inserted outbox rows in, facts on the bus out."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.relay_outbox.settings import Settings
from shared.app.relay_outbox import Relaying, relay_outbox
from shared.runtime.batch import Response, StreamInsert, stream
from shared.runtime.bootstrap.relay_outbox import failed_in, relaying, rows_in
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load

settings = load(Settings)


@cache
def collaborators() -> Relaying:
    """Made at the first batch."""
    return relaying(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Publish a batch; name the rows that have to come again."""
    return stream(event, _relay)


def _relay(records: Sequence[StreamInsert]) -> Collection[str]:
    relayed = relay_outbox(rows_in(records), collaborators())
    metrics.add_metric("FactsPublished", MetricUnit.Count, relayed.published)
    metrics.add_metric("FactsParked", MetricUnit.Count, relayed.parked)
    metrics.add_metric("OutboxRowsFailed", MetricUnit.Count, len(relayed.failed))
    return failed_in(records, relayed)
