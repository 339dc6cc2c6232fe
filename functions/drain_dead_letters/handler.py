"""Messages of every dead-letter queue in, parked records out."""

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.drain_dead_letters.settings import Settings
from shared.app.drain_dead_letters import drain_dead_letter
from shared.runtime.batch import QueueMessage, Response, one_by_one
from shared.runtime.bootstrap.drain_dead_letters import Draining, draining
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load

settings = load(Settings)


@cache
def collaborators() -> Draining:
    """Made at the first batch."""
    return draining(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Park each message; those that could not be parked stay in their queue."""
    return one_by_one(event, _drain)


def _drain(message: QueueMessage) -> None:
    deps = collaborators()
    record = drain_dead_letter(deps.letter(message), deps.parked, deps.clock.now())
    metrics.add_metric("RecordsParked", MetricUnit.Count, 1)
    logger.warning(record.code, extra={"parked_id": record.parked_id, "queue": record.details["queue"]})
