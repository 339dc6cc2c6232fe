"""ANY /api/{proxy+}: who may ask what is in shared/runtime/api_routes.py."""

from typing import Any

from functions.serve_api.settings import Settings
from shared.runtime.bootstrap.serve_api import router
from shared.runtime.settings import load

route = router(load(Settings))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 (Lambda's signature)
    """Answer one request."""
    return route(event)
