"""The engine process: MiniStack in this interpreter, patched, journaled, on two loopback ports.

One port is AWS (and `/_leadspine/…` for this package), the other is the HTTP API of the deployed stack at its root, as
API Gateway would serve it on a domain of its own.
"""

# ruff: noqa: SLF001 - see infra.local.patches

import asyncio
import fcntl
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from infra.local.clock import EngineTime, read_offset
from infra.local.durability import Durability
from infra.local.home import Home, write_atomically
from infra.local.ministack import app, lambdas, persistence, sqs, workers
from infra.local.patches import patch_engine
from infra.local.processes import LOOPBACK, write_pid
from infra.local.stream_records import unread_stream_records
from infra.local.upkeep import close_batching_windows, expired_items, keep_waiting_work_young

logger = logging.getLogger("leadspine.engine")

CHECKPOINT_EVERY_S = 10.0
CHECKPOINT_JOURNAL_BYTES = 8_000_000
EXPIRE_EVERY_S = 30.0
PAUSE_SHARE = 0.02
"""At most this share of the time is spent on checkpoints: the larger the state, the rarer they get."""

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Engine:
    """What runs in the engine process beside MiniStack itself."""

    def __init__(self, home: Home, *, aws_port: int, api_port: int) -> None:
        self._home = home
        self._ports = {"aws": aws_port, "api": api_port}
        self._clock = EngineTime(home.clock)
        self._durability = Durability(home.engine)
        self._stopping = asyncio.Event()
        self._api_prefix = ""

    async def run(self) -> None:
        """Serve until told to stop; the last thing that happens is a checkpoint."""
        self._clock.install()
        patch_engine(self._home.logs / "functions", self._home.mail)
        self._durability.install()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        config = Config()
        config.bind = [f"{LOOPBACK}:{port}" for port in self._ports.values()]
        config.keep_alive_timeout = 75
        config.graceful_timeout = 2
        config.backlog = 512
        config.loglevel = "WARNING"
        upkeep = asyncio.create_task(self._upkeep())
        await serve(self, config, shutdown_trigger=self._stopping.wait)  # type: ignore[arg-type]
        upkeep.cancel()
        workers.kill_workers([worker for pool in workers._workers.values() for worker in pool])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by port and path. The loopback interface counts as TLS, as aws:SecureTransport and handlers see it."""
        if scope["type"] == "http":
            scope = {**scope, "scheme": "https"}
            if scope["server"][1] == self._ports["api"]:
                scope = self._to_api(scope)
            elif scope["path"].startswith("/_leadspine/"):
                await self._control(scope["path"].removeprefix("/_leadspine/"), receive, send)
                return
        await app.app(scope, receive, send)

    def _to_api(self, scope: Scope) -> Scope:
        """Put the stack's API at the root of its own port, whatever its generated id is."""
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        prefix = self._prefix()
        return {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw.partition(b"?")[0]}

    def _prefix(self) -> str:
        if not self._api_prefix and self._home.deployed.exists():
            api = json.loads(self._home.deployed.read_text()).get("api_id")
            self._api_prefix = f"/_aws/execute-api/{api}/$default" if api else ""
        return self._api_prefix or "/_aws/execute-api/none/$default"

    async def _control(self, command: str, receive: Receive, send: Send) -> None:
        message = await receive()
        while message.get("more_body"):
            message = await receive()
        status, answer = 200, {}
        if command == "checkpoint":
            self._api_prefix = ""
            self._durability.checkpoint()
        elif command == "clock":
            self._move_clock()
        elif command == "flush":
            close_batching_windows()
        elif command != "status":
            status = 404
        answer = self._status()
        body = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _move_clock(self) -> None:
        moved = self._clock.reload()
        keep_waiting_work_young(moved)
        self._durability.checkpoint()
        self._expire()

    def _status(self) -> dict[str, Any]:
        durability = self._durability
        pool = [worker for pool in workers._workers.values() for worker in pool if worker._proc is not None]
        return {
            "home": str(self._home.root),
            "now": int(time.time() * 1000),
            "clock_offset_ms": read_offset(self._home.clock),
            "queues": _queue_depths(),
            "unread_stream_records": unread_stream_records(),
            "invocations": lambdas.executions_in_flight()[0],
            "workers": [{"function": worker.func_name, "pid": worker._proc.pid} for worker in pool],
            "checkpoint": {
                "generation": durability.generation,
                "taken_at": int(durability.taken_at * 1000),
                "pause_ms": round(durability.last_pause_s * 1000, 1),
                "journal_bytes": durability.journal.size,
                "replayed_at_start": durability.replayed,
            },
        }

    async def _upkeep(self) -> None:
        """Checkpoints and expiry, on the loop, where table writes run."""
        last_checkpoint = last_expiry = time.monotonic()
        while True:
            await asyncio.sleep(0.5)
            if not self._home.engine_pid.exists():
                # Somebody removed the whole folder: an engine without a home would hold its ports for ever.
                self._stopping.set()
                return
            try:
                now = time.monotonic()
                if now - last_expiry >= EXPIRE_EVERY_S:
                    last_expiry = now
                    self._expire()
                if self._checkpoint_due(now - last_checkpoint):
                    last_checkpoint = now
                    self._durability.start_checkpoint()
            except Exception:
                logger.exception("upkeep")

    def _checkpoint_due(self, age_s: float) -> bool:
        durability = self._durability
        if age_s < durability.last_pause_s / PAUSE_SHARE:
            return False
        if durability.control_changes or durability.journal.size > CHECKPOINT_JOURNAL_BYTES:
            return True
        return durability.journal.size > 0 and age_s >= CHECKPOINT_EVERY_S

    def _expire(self) -> None:
        for account, region, table, keys in expired_items(time.time()):
            self._durability.expire(account, region, table, keys)


def _queue_depths() -> dict[str, dict[str, int]]:
    """What every queue holds. Only those with a reader ever become empty by themselves."""
    depths = {}
    now = time.time()
    read = {mapping.get("EventSourceArn") for mapping in lambdas._esms._data.values()}
    with sqs._queues_lock:
        for queue in sqs._queues._data.values():
            waiting = sum(1 for message in queue["messages"] if message["visible_at"] <= now)
            depths[queue["name"]] = {
                "waiting": waiting,
                "in_flight": len(queue["messages"]) - waiting,
                "readers": int(queue["attributes"]["QueueArn"] in read),
            }
    return depths


def main(root: str, aws_port: str, api_port: str) -> None:
    """Run the engine; started by the supervisor with `infra.local.settings.engine_environment`."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    home = Home(Path(root))
    ports = {"aws": int(aws_port), "api": int(api_port)}
    Path(persistence.STATE_DIR).mkdir(parents=True, exist_ok=True)
    lambdas.logger.setLevel(logging.ERROR)
    with (home.engine / "lock").open("a") as lock:
        try:
            # A supervisor that lost sight of a running engine may start another one on the same state.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            logger.warning("another engine holds %s", home.engine)
            return
        write_atomically(home.ports, json.dumps(ports))
        write_pid(home.engine_pid, os.getpid())
        # A request handler that waits for the interpreter behind a poller thread waits 1 ms, not 5.
        sys.setswitchinterval(0.001)
        asyncio.run(Engine(home, aws_port=ports["aws"], api_port=ports["api"]).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
