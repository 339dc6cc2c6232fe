"""GET, HEAD and POST /u/{token}. See README.md."""

from typing import Any

from functions.accept_unsubscribe.settings import Settings
from shared.runtime.bootstrap.accept_unsubscribe import build
from shared.runtime.settings import load

answer = build(load(Settings))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Answer one request."""
    return answer(event)
