"""Clients of AWS services: made at first use, one per service and process, all with the same patience."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=2,
    read_timeout=10,
    tcp_keepalive=True,
)
"""Standard retries with jitter; a call that answers within ten seconds or not at all leaves time to react."""


@cache
def client(service: str) -> Any:
    """The client of a service. Region and endpoint come from the variables that the SDK itself reads."""
    return boto3.client(service, config=CONFIG)  # type: ignore[call-overload]
