"""POST /in/costs: files of costs, signed. See README.md."""

from typing import Any

from functions.receive_costs.settings import Settings
from shared.runtime.bootstrap.receive_costs import build
from shared.runtime.settings import load

answer = build(load(Settings))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Take in one file."""
    return answer(event)
