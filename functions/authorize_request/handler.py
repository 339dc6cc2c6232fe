"""Lambda authorizer of the HTTP API: payload 2.0 in, simple response out."""

from typing import Any

from functions.authorize_request.settings import Settings
from shared.runtime.bootstrap.authorize_request import authorizer
from shared.runtime.settings import load

authorize = authorizer(load(Settings))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 (Lambda's signature)
    """Say whether the caller may go on, and who it is. Never raises: whatever goes wrong is a no."""
    return authorize(event)
