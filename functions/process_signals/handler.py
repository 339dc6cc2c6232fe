"""Queue of deliveries in, decisions out. See README.md."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.process_signals.settings import Settings
from shared.app.process_signals import Processing, process_signals
from shared.runtime.batch import QueueMessage, Response, together
from shared.runtime.bootstrap.process_signals import delivery_in, processing
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load

settings = load(Settings)


@cache
def collaborators() -> Processing:
    """Made at the first batch."""
    return processing(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Decide on a batch; name the messages that have to come again."""
    return together(event, _process)


def _process(messages: Sequence[QueueMessage]) -> Collection[str]:
    deliveries = {message.message_id: delivery_in(message) for message in messages}
    outcome = process_signals([d for d in deliveries.values() if d], collaborators())
    metrics.add_metric("SignalsDecided", MetricUnit.Count, outcome.signals)
    metrics.add_metric("DecisionsCommitted", MetricUnit.Count, outcome.decided)
    metrics.add_metric("DecisionsUnchanged", MetricUnit.Count, outcome.unchanged)
    metrics.add_metric("DecisionsRetried", MetricUnit.Count, outcome.retries)
    metrics.add_metric("SignalsParked", MetricUnit.Count, outcome.parked)
    return {m for m, d in deliveries.items() if d is None or d.delivery_id in outcome.failed}
