"""POST /v1/{call}: the Segment protocol. See README.md."""

from typing import Any

from functions.collect_events.settings import Settings
from shared.runtime.bootstrap.collect_events import build
from shared.runtime.settings import load

answer = build(load(Settings))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Answer one call of an analytics client."""
    return answer(event)
