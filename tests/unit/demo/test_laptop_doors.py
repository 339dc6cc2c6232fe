"""Sending over HTTP: what may work later is sent again, what was refused ends the demo with the door's own reason."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from infra.local.demo.laptop import ATTEMPTS, LaptopDoors, PlayFailed
from infra.local.demo.wire import Request
from infra.local.home import Home


class Door:
    """Answers with the given statuses, one after the other, then with 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                door.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                status = door.statuses.pop(0) if door.statuses else 200
                answer = json.dumps({"code": "INTAKE.SAID_SO"}).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_request(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/in/json"


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    thread = Thread(target=door.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield door
    door.server.shutdown()
    thread.join()
    door.server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    outputs = {"SignalsQueueUrl": "http://127.0.0.1/000000000000/signals"}
    deployed = {"digest": "", "stack": "", "outputs": outputs, "api_id": "", "functions": {}}
    home.deployed.write_text(json.dumps(deployed))
    return home


def test_a_door_that_is_busy_is_asked_again_with_longer_pauses(door: Door, home: Home) -> None:
    pauses: list[float] = []
    door.statuses = [503, 429, 502]

    with LaptopDoors(home, pause=pauses.append) as doors:
        doors.send([Request(url=door.url, body=b"{}")])

    assert door.bodies == [b"{}"] * 4
    assert pauses == [0.2, 0.4, 0.8]


def test_a_refusal_is_told_at_once_with_its_code(door: Door, home: Home) -> None:
    door.statuses = [401]

    with (
        pytest.raises(PlayFailed, match=r"401 INTAKE\.SAID_SO"),
        LaptopDoors(home, pause=lambda _: None) as doors,
    ):
        doors.send([Request(url=door.url, body=b"{}")])

    assert len(door.bodies) == 1


def test_a_door_that_never_answers_ends_the_demo(door: Door, home: Home) -> None:
    door.statuses = [503] * ATTEMPTS

    with pytest.raises(PlayFailed, match="503"), LaptopDoors(home, pause=lambda _: None) as doors:
        doors.send([Request(url=door.url, body=b"{}")])

    assert len(door.bodies) == ATTEMPTS
