"""The collaborators of pull_marketo."""

from typing import Protocol

from shared.adapters.sqs.out_queue import SqsOutQueue
from shared.app.pull_records import Pulling
from shared.connectors.marketo.system import MarketoSystem
from shared.domain.sync.model import MARKETO
from shared.runtime.bootstrap.vendor_systems import PullSettings, pulling_from
from shared.runtime.clients import client


class Settings(PullSettings, Protocol):
    """What the function has to know."""

    @property
    def marketo_first_queue_url(self) -> str:
        """Writes that cannot wait."""

    @property
    def marketo_out_queue_url(self) -> str:
        """All other writes."""

    @property
    def marketo_secret_arn(self) -> str:
        """Address and credentials."""


def pulling(settings: Settings) -> Pulling:
    """A pull from Marketo, on AWS."""
    urls = {
        (MARKETO, True): settings.marketo_first_queue_url,
        (MARKETO, False): settings.marketo_out_queue_url,
    }
    return pulling_from(MarketoSystem, settings.marketo_secret_arn, settings, SqsOutQueue(client("sqs"), urls))
