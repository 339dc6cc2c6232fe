"""Run a simulator as a process on loopback, until SIGTERM."""

import argparse
import asyncio
import logging
import signal
from collections.abc import Callable
from pathlib import Path

from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.simulators.moment import Clock, laptop_clock
from infra.local.simulators.site import Site
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Call

LOOPBACK = "127.0.0.1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
MakeSite = Callable[[Store, Clock], Site]


def build_app(site: Site) -> Starlette:
    """The ASGI application around a simulator."""

    async def everything(request: Request) -> Response:
        answer = site.answer(await _call_of(request))
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        headers = {**answer.headers, "Content-Type": answer.content_type} if answer.body else dict(answer.headers)
        return Response(answer.body, answer.status, headers)

    return Starlette(routes=[Route("/{path:path}", everything, methods=METHODS)])


async def _call_of(request: Request) -> Call:
    raw_path = request.scope.get("raw_path") or request.url.path.encode()
    return Call(
        method=request.method,
        path=request.scope["path"],
        raw_path=raw_path.decode("latin-1"),
        query_string=request.url.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
    )


def serve(site: Site, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests that are under way are finished."""
    config = Config()
    config.bind = [f"{LOOPBACK}:{port}"]
    config.graceful_timeout = 2
    config.keep_alive_timeout = 75
    config.accesslog = logging.getLogger("leadspine.simulator.access")
    # The site says the date of its virtual clock; which server this is, is nobody's concern.
    config.include_date_header = False
    config.include_server_header = False
    asyncio.run(_until_told(build_app(site), config))


async def _until_told(app: Starlette, config: Config) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await serve_asgi(app, config, shutdown_trigger=told.wait)  # type: ignore[arg-type]


def serve_site(make: MakeSite, *, state: Path, port: int, clock: Path | None) -> None:
    """Open a simulator's state and serve it."""
    store = Store(state)
    try:
        serve(make(store, laptop_clock(clock)), port)
    finally:
        store.close()


def run_command_line(make: MakeSite, title: str) -> None:
    """`python -m infra.local.simulators.<vendor> --state DIR --port N [--clock FILE]`."""
    parser = argparse.ArgumentParser(description=f"{title} simulator on {LOOPBACK}")
    parser.add_argument("--state", type=Path, required=True, help="folder of its state")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clock", type=Path, help="file with the offset of the laptop cloud's time, in milliseconds")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    serve_site(make, state=chosen.state, port=chosen.port, clock=chosen.clock)
