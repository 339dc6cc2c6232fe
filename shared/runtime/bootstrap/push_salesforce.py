"""The collaborators of push_salesforce."""

from typing import Protocol

from shared.app.push_records import Pushing
from shared.connectors.salesforce.system import SalesforceSystem
from shared.runtime.bootstrap.vendor_systems import PushSettings, pushing_from


class Settings(PushSettings, Protocol):
    """What the function has to know."""

    @property
    def salesforce_secret_arn(self) -> str:
        """Address and credentials."""


def pushing(settings: Settings) -> Pushing:
    """Writing into Salesforce, on AWS."""
    return pushing_from(SalesforceSystem, settings.salesforce_secret_arn, settings)
