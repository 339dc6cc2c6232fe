"""What accept_unsubscribe works with."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.adapters.dynamodb.suppressions import DynamoSuppressions
from shared.adapters.dynamodb.table import Table
from shared.app.accept_unsubscribe import Unsubscribing, accept_unsubscribe
from shared.contracts.intake import InboundRequest, Reply
from shared.runtime.bootstrap.messages import link_keys, recording
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from shared.runtime.http import serve


class Settings(Protocol):
    """What it needs to know of the environment."""

    @property
    def leads_table_name(self) -> str:
        """Heads, to find an address by its digest."""

    @property
    def ledger_table_name(self) -> str:
        """Suppressions."""

    @property
    def raw_bucket_name(self) -> str:
        """The archive."""

    @property
    def signals_queue_url(self) -> str:
        """The queue of deliveries."""

    @property
    def links_secret_arn(self) -> str:
        """Keys of links."""


def build(settings: Settings) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The function, ready to be called with an event."""
    keys = link_keys(settings.links_secret_arn)
    deps = Unsubscribing(
        keys=keys,
        suppressions=DynamoSuppressions(Table(client("dynamodb"), settings.ledger_table_name)),
        recording=recording(
            raw_bucket_name=settings.raw_bucket_name,
            signals_queue_url=settings.signals_queue_url,
            leads_table_name=settings.leads_table_name,
            digest=keys.digest,
        ),
    )
    clock = SystemClock()

    def handle(request: InboundRequest) -> tuple[Reply, str]:
        return accept_unsubscribe(request, deps)

    return lambda event: serve(event, clock.now(), handle)
