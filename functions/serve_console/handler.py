"""ANY /console/{proxy+}: which pages there are and who may see them is in shared/runtime/console."""

from typing import Any

from functions.serve_console.settings import Settings
from shared.runtime.bootstrap.serve_console import console
from shared.runtime.settings import load

answer = console(load(Settings))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 (Lambda's signature)
    """Answer one request of a browser."""
    return answer(event)
