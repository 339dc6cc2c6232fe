"""The collaborators of push_marketo."""

from typing import Protocol

from shared.app.push_records import Pushing
from shared.connectors.marketo.system import MarketoSystem
from shared.runtime.bootstrap.vendor_systems import PushSettings, pushing_from


class Settings(PushSettings, Protocol):
    """What the function has to know."""

    @property
    def marketo_secret_arn(self) -> str:
        """Address and credentials."""


def pushing(settings: Settings) -> Pushing:
    """Writing into Marketo, on AWS."""
    return pushing_from(MarketoSystem, settings.marketo_secret_arn, settings)
