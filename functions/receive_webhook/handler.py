"""POST, GET and HEAD /in/{source}: webhooks of vendors. See README.md."""

from typing import Any

from functions.receive_webhook.settings import Settings
from shared.runtime.bootstrap.receive_webhook import build
from shared.runtime.settings import load

answer = build(load(Settings))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Answer one webhook."""
    return answer(event)
