"""Queue ``mail-events``: what became of messages. See README.md."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.receive_feedback.settings import Settings
from shared.runtime.batch import Response, one_by_one
from shared.runtime.bootstrap.receive_feedback import receiver
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load

receive = receiver(load(Settings))


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Take in every event singly; those that failed come again."""
    return one_by_one(event, receive)
