"""On a schedule: hand-overs whose time to answer has passed."""

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.watch_handovers.settings import Settings
from shared.app.decide_person import Deciding
from shared.app.watch_handovers import watch_handovers
from shared.runtime.bootstrap.watch_handovers import deciding
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load

settings = load(Settings)


@cache
def collaborators() -> Deciding:
    """Made at the first run."""
    return deciding(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - no input
    """Look at due timers; raises when the store does not answer, so that the failed run is seen."""
    watched = watch_handovers(collaborators(), context.get_remaining_time_in_millis)
    metrics.add_metric("HandoversOverdue", MetricUnit.Count, watched.overdue)
    metrics.add_metric("HandoversNotLookedAt", MetricUnit.Count, watched.failed)
    return {"timers": watched.timers, "overdue": watched.overdue, "failed": watched.failed}
