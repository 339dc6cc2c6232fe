"""The laptop's clock as functions move it: the file, the engine, and what happens when the engine does not answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.laptop.clock import LaptopClock
from shared.ports.failures import StoreUnavailable
from shared.runtime.clock import cloud_clock

CALM = {"queues": {"signals": {"waiting": 0, "in_flight": 0, "readers": 1}}, "invocations": 1,
        "unread_stream_records": 0}  # fmt: skip


class Engine:
    """Answers as the engine's control routes do; ``busy`` is how often it says that work is under way."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.busy = 0
        self.status = 200
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                engine.told.append(self.path)
                body = json.dumps(engine.answer()).encode()
                self.send_response(engine.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self) -> dict[str, Any]:
        if not self.busy:
            return CALM
        self.busy -= 1
        return {**CALM, "queues": {"signals": {"waiting": 1, "in_flight": 0, "readers": 1}}}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.close()


def test_moving_the_time_adds_up_and_the_engine_is_told(engine: Engine, tmp_path: Path) -> None:
    clock = LaptopClock(tmp_path / "clock", engine.url)
    assert clock.offset() == 0

    assert clock.advance(60_000) == 60_000
    assert clock.advance(1_000) == 61_000

    assert (tmp_path / "clock").read_text() == "61000"
    assert [path.name for path in tmp_path.iterdir()] == ["clock"], "nothing is left beside it"
    assert engine.told.count("/_leadspine/clock") == 2
    assert engine.told[-1] == "/_leadspine/clock"


def test_work_under_way_is_done_before_the_time_moves(engine: Engine, tmp_path: Path) -> None:
    engine.busy = 2

    LaptopClock(tmp_path / "clock", engine.url).advance(60_000)

    assert engine.told == ["/_leadspine/flush"] * 4 + ["/_leadspine/clock"]


def test_an_engine_that_does_not_answer_leaves_the_time_as_it_is(engine: Engine, tmp_path: Path) -> None:
    clock = LaptopClock(tmp_path / "clock", engine.url)
    clock.advance(60_000)
    engine.status = 500
    with pytest.raises(StoreUnavailable):
        clock.advance(60_000)

    engine.close()
    with pytest.raises(StoreUnavailable):
        clock.advance(60_000)
    assert clock.offset() == 60_000


def test_there_is_a_clock_on_a_laptop_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LEADSPINE_CLOCK_FILE", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert cloud_clock() is None

    monkeypatch.setenv("LEADSPINE_CLOCK_FILE", str(tmp_path / "clock"))
    assert cloud_clock() is not None
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert cloud_clock() is None
