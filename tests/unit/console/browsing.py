"""A browser without a screen: follows redirects, keeps cookies, finds the token of a form."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from infra.console_assets import BROWSER
from shared.app.console.session import SessionKeys
from shared.runtime.bootstrap.serve_console import assembled
from shared.runtime.console.login import Logins
from tests.browser.site import event_of
from tests.unit.api.world import World

TOKEN = "the token of endpoints.json"
EVERY_ROLE = ("marketer", "sales", "privacy", "operator")
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


@dataclass
class Answered:
    status: int
    headers: Mapping[str, str]
    body: str
    cookies: list[str]


def console_of(world: World, roles: tuple[str, ...] = EVERY_ROLE) -> Any:
    """The console on a world in memory."""
    secret = json.dumps({"token": TOKEN, "roles": list(roles)}).encode()
    numbers = iter(range(10_000))
    return assembled(
        world.services,
        keys=SessionKeys(lambda: b"a secret of the console"),
        logins=Logins(lambda: secret, world.clock, lambda: f"nonce-{next(numbers)}"),
        browser=BROWSER,
        report=lambda code, told: world.told.append((code, told)),
    )


def rows_of(file: Answered) -> list[list[str]]:
    """The cells of a CSV with commas, without its byte order mark."""
    return list(csv.reader(io.StringIO(file.body.removeprefix("\ufeff"))))


@dataclass
class Browser:
    """``host`` is what the address bar says."""

    console: Any
    host: str = "127.0.0.1:8780"
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def get(self, path: str) -> Answered:
        return self._send("GET", path)

    def post(self, path: str, **fields: str) -> Answered:
        """A form with the token of the last page."""
        return self._send("POST", path, urlencode({"form_token": self.token, **fields}).encode())

    def log_in(self) -> Answered:
        self.get("/console/login")
        answered = self.post("/console/login", token=TOKEN)
        self.get("/console/leads")
        return answered

    def _send(self, method: str, path: str, body: bytes = b"") -> Answered:
        headers = {"host": self.host, "cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        response = self.console(event_of(method, path, headers, body))
        for cookie in response.get("cookies", ()):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        found = FORM_TOKEN.search(response["body"])
        self.token = found[1] if found else self.token
        return Answered(response["statusCode"], response["headers"], response["body"], response.get("cookies", []))
