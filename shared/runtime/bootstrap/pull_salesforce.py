"""The collaborators of pull_salesforce."""

from typing import Protocol

from shared.adapters.sqs.out_queue import SqsOutQueue
from shared.app.pull_records import Pulling
from shared.connectors.salesforce.system import SalesforceSystem
from shared.domain.sync.model import SALESFORCE
from shared.runtime.bootstrap.vendor_systems import PullSettings, pulling_from
from shared.runtime.clients import client


class Settings(PullSettings, Protocol):
    """What the function has to know."""

    @property
    def salesforce_first_queue_url(self) -> str:
        """Writes that cannot wait."""

    @property
    def salesforce_out_queue_url(self) -> str:
        """All other writes."""

    @property
    def salesforce_secret_arn(self) -> str:
        """Address and credentials."""


def pulling(settings: Settings) -> Pulling:
    """A pull from Salesforce, on AWS."""
    urls = {
        (SALESFORCE, True): settings.salesforce_first_queue_url,
        (SALESFORCE, False): settings.salesforce_out_queue_url,
    }
    return pulling_from(SalesforceSystem, settings.salesforce_secret_arn, settings, SqsOutQueue(client("sqs"), urls))
