"""Queues ``salesforce-first`` and ``salesforce-out``: people whose record there may have to change. See README.md."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.push_salesforce.settings import Settings
from shared.app.push_records import Pushing, push_people
from shared.runtime.batch import QueueMessage, Response, together
from shared.runtime.bootstrap.push_salesforce import pushing
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load
from shared.runtime.wishes import wishes_in

settings = load(Settings)


@cache
def collaborators() -> Pushing:
    """Made at the first batch; the system keeps its token from batch to batch."""
    return pushing(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Write a batch of people; name the messages that have to come again."""
    return together(event, _push)


def _push(messages: Sequence[QueueMessage]) -> Collection[str]:
    wishes, unreadable = wishes_in(messages)
    pushed = push_people("salesforce", wishes, collaborators())
    metrics.add_metric("RecordsPushed", MetricUnit.Count, pushed.written)
    metrics.add_metric("RecordsRefused", MetricUnit.Count, pushed.parked)
    metrics.add_metric("PeopleWaiting", MetricUnit.Count, pushed.waiting)
    metrics.add_metric("VendorCalls", MetricUnit.Count, pushed.calls)
    return pushed.failed | unreadable
