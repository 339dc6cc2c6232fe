"""Schedule ``pull-marketo``, and commands of operators: what changed in Marketo is handed on. See README.md."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.pull_marketo.settings import Settings
from shared.app.pull_records import Pulling
from shared.runtime.bootstrap.pull_marketo import pulling
from shared.runtime.observability import logger, metrics
from shared.runtime.pull_commands import answer
from shared.runtime.settings import load

settings = load(Settings)


@cache
def collaborators() -> Pulling:
    """Made at the first run; the system keeps its token from run to run."""
    return pulling(settings)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Pull, or do what the command says; tell what was done."""
    return answer("marketo", event, collaborators(), budget_ms=context.get_remaining_time_in_millis())
