"""Queue ``lake``: facts of the bus become Parquet files."""

from typing import Any

from functions.write_lake.settings import Settings
from shared.runtime.batch import Response, together
from shared.runtime.bootstrap.write_lake import writer
from shared.runtime.settings import load

write = writer(load(Settings))


def lambda_handler(event: dict[str, Any], context: object) -> Response:  # noqa: ARG001 (Lambda's signature)
    """Keep a batch of facts; those that could not be kept are delivered again."""
    return together(event, write)
