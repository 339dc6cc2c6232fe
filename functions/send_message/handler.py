"""Queue ``messages``: facts that may be a reason for a message. See README.md."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.send_message.settings import Settings
from shared.runtime.batch import Response, one_by_one
from shared.runtime.bootstrap.send_message import sender
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import load

send = sender(load(Settings))


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Decide on every fact singly; those that could not be decided on come again."""
    return one_by_one(event, send)
