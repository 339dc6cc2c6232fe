"""Queue ``remote-changes``: pages of records of other systems, compared with people. See README.md."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.reconcile_records.settings import Settings
from shared.app.reconcile_records import Reconciling, reconcile_pages
from shared.runtime.batch import QueueMessage, Response, together
from shared.runtime.bootstrap.reconcile_records import changes_in, reconciling
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load

settings = load(Settings)


@cache
def collaborators() -> Reconciling:
    """Made at the first batch."""
    return reconciling(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Reconcile a batch of pages; name the messages that have to come again."""
    return together(event, _reconcile)


def _reconcile(messages: Sequence[QueueMessage]) -> Collection[str]:
    pages, unreadable = changes_in(messages)
    done = reconcile_pages(pages, collaborators())
    metrics.add_metric("RecordsReconciled", MetricUnit.Count, done.applied)
    metrics.add_metric("Echoes", MetricUnit.Count, done.echoes)
    metrics.add_metric("RecordsStale", MetricUnit.Count, done.stale)
    metrics.add_metric("ConflictsJudged", MetricUnit.Count, done.conflicts)
    metrics.add_metric("RecordsParked", MetricUnit.Count, done.parked)
    return done.failed | unreadable
