"""Queues ``marketo-first`` and ``marketo-out``: people whose record there may have to change. See README.md."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.push_marketo.settings import Settings
from shared.app.push_records import Pushing
from shared.runtime.batch import Response
from shared.runtime.bootstrap.push_marketo import pushing
from shared.runtime.observability import logger, metrics
from shared.runtime.push_batches import push
from shared.runtime.settings import load

settings = load(Settings)


@cache
def collaborators() -> Pushing:
    """Made at the first batch; the system keeps its token from batch to batch."""
    return pushing(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Write a batch of people; name the messages that have to come again."""
    return push("marketo", event, collaborators)
