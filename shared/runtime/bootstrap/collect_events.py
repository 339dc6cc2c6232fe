"""What collect_events works with."""

from typing import Protocol

from shared.app.receive_delivery import collect_events
from shared.runtime.bootstrap.doors import Handler, door, handler


class Settings(Protocol):
    """What it needs to know of the environment."""

    @property
    def raw_bucket_name(self) -> str:
        """The archive."""

    @property
    def signals_queue_url(self) -> str:
        """The queue of deliveries."""

    @property
    def sources_secret_arn(self) -> str:
        """Secrets of all sources."""

    @property
    def policies_file(self) -> str:
        """Compiled policies."""


def build(settings: Settings) -> Handler:
    """The function, ready to be called with an event."""
    return handler(
        door(
            raw_bucket_name=settings.raw_bucket_name,
            signals_queue_url=settings.signals_queue_url,
            sources_secret_arn=settings.sources_secret_arn,
            policies_file=settings.policies_file,
        ),
        collect_events,
    )
