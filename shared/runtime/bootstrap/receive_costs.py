"""What receive_costs works with. DuckDB is loaded by the first file that is worth it."""

import json
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from shared.adapters.s3.lake import S3Objects
from shared.adapters.secrets.source_secrets import AwsSourceSecrets
from shared.app.import_costs import CostImporter
from shared.app.receive_costs import CostDoor
from shared.connectors import cost_files
from shared.contracts.intake import InboundRequest, Reply
from shared.policies.money_policy import money_from
from shared.policies.sources import sources_from
from shared.ports.costs import CostStore
from shared.runtime.bootstrap.doors import Handler
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from shared.runtime.http import serve

SOURCE: Final = "costs"
"""The source that this door belongs to."""


class Settings(Protocol):
    """What it needs to know of the environment."""

    @property
    def lake_bucket_name(self) -> str:
        """Where costs are kept."""

    @property
    def sources_secret_arn(self) -> str:
        """Secrets of all sources."""

    @property
    def policies_file(self) -> str:
        """Compiled policies."""


def build(settings: Settings) -> Handler:
    """The function, ready to be called with an event."""
    clock = SystemClock()
    policies = json.loads(Path(settings.policies_file).read_bytes())

    @cache
    def store() -> CostStore:
        from shared.adapters.duckdb.costs import ParquetCosts

        return ParquetCosts(S3Objects(client("s3"), settings.lake_bucket_name))

    door = CostDoor(
        source=sources_from(policies).get(SOURCE),
        secrets=AwsSourceSecrets(client("secretsmanager"), settings.sources_secret_arn, clock),
        verify=cost_files.verify,
        importer=CostImporter(store=store, policy=money_from(policies["money"]), clock=clock),
    )

    def handle(request: InboundRequest) -> tuple[Reply, str]:
        report = door.receive(request)
        return Reply(status=200, body=report.model_dump_json()), "accepted"

    return lambda event: serve(event, clock.now(), handle)
