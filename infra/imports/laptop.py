"""The door for imports of the running laptop cloud: POST /in/json, with its bearer token."""

from collections.abc import Sequence
from typing import Final

from infra.local.demo.laptop import LaptopDoors
from infra.local.demo.wire import JSON, Request
from infra.local.endpoints import Endpoints
from infra.local.home import Home
from infra.local.keyring import open_keyring
from shared.contracts.intake import Source
from shared.policies.loader import RULES, load_directory

SOURCE: Final = "json"


def import_source() -> Source:
    """The source whose door takes imports, as the policies have it."""
    return load_directory(RULES).sources[SOURCE]


class LaptopSender:
    """Sends bodies through the door."""

    def __init__(self, home: Home, endpoints: Endpoints, source: Source, doors: LaptopDoors) -> None:
        self._url = f"{endpoints.api}/in/{source.name}"
        secret = open_keyring(home, [source]).sources[source.name]
        self._headers = {**JSON, "authorization": f"Bearer {secret}"}
        self._doors = doors

    def send(self, bodies: Sequence[bytes]) -> None:
        """Send all of them; returns when every one was accepted."""
        self._doors.send([Request(url=self._url, body=body, headers=self._headers) for body in bodies])

    def settle(self) -> None:
        """Wait until everything that was accepted is decided."""
        self._doors.settle()
