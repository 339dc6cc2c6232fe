"""On a schedule: facts that are still in the outbox after two minutes, published."""

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.sweep_outbox.settings import Settings
from shared.app.relay_outbox import Relaying
from shared.app.sweep_outbox import sweep_outbox
from shared.runtime.bootstrap.sweep_outbox import relaying
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load

settings = load(Settings)


@cache
def collaborators() -> Relaying:
    """Made at the first run."""
    return relaying(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - no input
    """Sweep; raises when the store does not answer, so that the failed run is seen."""
    swept = sweep_outbox(collaborators(), context.get_remaining_time_in_millis)
    metrics.add_metric("OutboxRowsSwept", MetricUnit.Count, swept.rows)
    metrics.add_metric("OutboxRowsFailed", MetricUnit.Count, swept.failed)
    return {"rows": swept.rows, "published": swept.published, "parked": swept.parked, "failed": swept.failed}
