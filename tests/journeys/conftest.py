"""The whole system on this machine, once per session: the real template, IAM enforced, free ports, its own folder."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from infra.local import cloud, control
from infra.local.clock import read_offset
from infra.local.deploy import Aws
from infra.local.endpoints import Endpoints
from infra.local.home import Home
from infra.local.keyring import ListedSource, configured_sources, listed, open_keyring
from infra.local.processes import wait_until


@dataclass(frozen=True)
class Laptop:
    """A running laptop cloud, as a vendor, a client of the API and an operator see it."""

    home: Home
    endpoints: Endpoints
    sources: dict[str, ListedSource]
    session: requests.Session = field(default_factory=requests.Session)

    def post_json(self, payload: dict[str, Any]) -> requests.Response:
        """A signal through `/in/json`."""
        source = self.sources["json"]
        headers = {"authorization": f"Bearer {source.secret}"}
        return self.session.post(source.url, json=payload, headers=headers, timeout=30)

    def api(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """A call of the API with the token."""
        headers = {"authorization": f"Bearer {self.endpoints.token}"}
        return self.session.request(method, self.endpoints.api + path, headers=headers, timeout=60, **arguments)

    def lead(self, email: str) -> dict[str, Any] | None:
        """The lead with this e-mail address, once there is one."""
        items = self.api("POST", "/api/leads/search", json={"email": email}).json().get("items", [])
        return dict(items[0]) if items else None

    def client(self, service: str) -> Any:
        """A boto3 client with the operator's rights."""
        return Aws(self.endpoints.aws).client(service)

    def output(self, name: str) -> str:
        """An output of the stack."""
        return cloud.read_deployment(self.home).outputs[name]

    def invoke(self, function: str, event: dict[str, Any] | None = None) -> Any:
        """Run a function now, by its folder's name; returns its answer."""
        name = cloud.read_deployment(self.home).functions[function]
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}).encode())
        payload = answer["Payload"].read()
        assert not answer.get("FunctionError"), payload
        return json.loads(payload)

    def settle(self, timeout_s: float = 60) -> None:
        """Wait until everything that was accepted is processed, published and in the lake."""
        assert cloud.quiet(self.home, timeout_s=timeout_s), control.tell(self.home, "status")["queues"]

    def eventually(self, condition: Any, *, timeout_s: float = 30) -> bool:
        """Wait for something that another process does."""
        return wait_until(condition, timeout_s=timeout_s, every_s=0.2)

    def now(self) -> int:
        """The cloud's time in milliseconds."""
        return int(control.tell(self.home, "status")["now"])

    def clock_offset(self) -> int:
        """How far the cloud's time is ahead, in milliseconds."""
        return read_offset(self.home.clock)


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    home = Home(tmp_path_factory.mktemp("leadspine"))
    endpoints = cloud.up(home).endpoints
    sources = configured_sources()
    found = listed(endpoints.api, open_keyring(home, sources), sources)
    yield Laptop(home, endpoints, {source.name: source for source in found})
    cloud.forget(home)
