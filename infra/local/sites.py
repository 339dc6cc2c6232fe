"""The processes beside the engine: the simulators of Salesforce and Marketo, and the mailbox.

Each is a web site with a port that stays its own over restarts, a process file that it writes itself, and a lock on its
state, so that two supervisors never run it twice. It ends when its process file is gone: somebody removed the home.
Imports the standard library only, because the supervisor looks several times a second; a site's own code is imported
in its own process.
"""

import fcntl
import http.client
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.local.home import REPOSITORY, Home, write_atomically
from infra.local.processes import (
    LOOPBACK,
    Running,
    choose_port,
    kill_group,
    read_pid,
    reap,
    start_detached,
    stop,
    write_pid,
)

if TYPE_CHECKING:
    from infra.local.simulators.serve import MakeSite

logger = logging.getLogger("leadspine.sites")

PREFERRED_PORTS: Final = {"salesforce": 8781, "marketo": 8782, "mailbox": 8783}
"""Every site, and the port that it takes where nobody else has it."""
SIMULATORS: Final = ("salesforce", "marketo")
STOP_GRACE_S: Final = 5.0
START_TIMEOUT_S: Final = 20.0
LONGEST_PAUSE_S: Final = 30.0
LOOK_AT_HOME_EVERY_S: Final = 0.5


def site_urls(home: Home) -> dict[str, str]:
    """Base URL of every site by name; empty before the first start."""
    return {name: f"http://{LOOPBACK}:{port}" for name, port in _ports(home).items()}


def _ports(home: Home) -> dict[str, int]:
    try:
        saved = json.loads(home.site_ports.read_text())
        return {name: int(saved[name]) for name in PREFERRED_PORTS}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}


def ask_site(home: Home, name: str, path: str, *, timeout_s: float = 5) -> Any:
    """JSON of a site's own page under `/__sim__/`; None while nobody answers."""
    port = _ports(home).get(name)
    if port is None:
        return None
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("GET", f"/__sim__/{path}")
        return json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def all_answer(home: Home) -> bool:
    """True when every site runs and serves."""
    return all(read_pid(home.site_pid(name)) and ask_site(home, name, "counts") is not None for name in PREFERRED_PORTS)


def sites_status(home: Home) -> dict[str, dict[str, Any]]:
    """Process, address and numbers of records of every site, as `leadspine status` shows them."""
    urls, status = site_urls(home), {}
    for name in PREFERRED_PORTS:
        process = read_pid(home.site_pid(name))
        status[name] = {
            "process": process.pid if process else None,
            "url": urls.get(name),
            "records": ask_site(home, name, "counts") if process else None,
        }
    return status


def stop_sites(home: Home) -> None:
    """End every site. What they acknowledged is on disk already."""
    running = [process for name in PREFERRED_PORTS if (process := read_pid(home.site_pid(name)))]
    for process in running:
        _tell_to_end(process)
    for process in running:
        stop(process, grace_s=STOP_GRACE_S)
    for name in PREFERRED_PORTS:
        home.site_pid(name).unlink(missing_ok=True)


def _tell_to_end(process: Running) -> None:
    try:
        os.kill(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        reap(process.pid)


class Sites:
    """Keeps the sites of one home running; the supervisor has it look again and again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._started: dict[str, Running] = {}
        self._not_before: dict[str, float] = {}
        self._starts: dict[str, int] = {}
        self.moved = False
        """True when a site had to take another port than before; whoever tells others sets it back."""

    def look(self) -> None:
        """Start what does not run. A site that keeps dying is started less and less often."""
        now = time.monotonic()
        for name in PREFERRED_PORTS:
            started = self._started.get(name)
            if started is not None:
                reap(started.pid)
            if read_pid(self._home.site_pid(name)) or (started is not None and started.alive):
                if now - self._not_before.get(name, now) > LONGEST_PAUSE_S:
                    self._starts[name] = 0
            elif now >= self._not_before.get(name, 0.0):
                self._start(name, now)

    def _start(self, name: str, now: float) -> None:
        ports = _ports(self._home)
        port = choose_port(PREFERRED_PORTS[name], own=ports.get(name))
        if ports.get(name) != port:
            write_atomically(
                self._home.site_ports, json.dumps(dict.fromkeys(PREFERRED_PORTS, 0) | ports | {name: port})
            )
            self.moved = True
        command = [sys.executable, "-m", "infra.local.sites", str(self._home.root), name, str(port)]
        pid = start_detached(command, log=self._home.logs / f"{name}.log", cwd=REPOSITORY, env=dict(os.environ))
        self._started[name] = Running.of(pid)
        self._starts[name] = self._starts.get(name, 0) + 1
        # The first restart comes at once; only what dies again and again has to wait.
        pause_s = min(2.0 ** (self._starts[name] - 2), LONGEST_PAUSE_S) if self._starts[name] > 1 else 0.0
        self._not_before[name] = now + pause_s
        logger.info("%s %d on port %d", name, pid, port)

    def stop(self) -> None:
        """End all of them, also those that have not written their process file yet."""
        stop_sites(self._home)
        for process in self._started.values():
            kill_group(process.pid)


def maker_of(home: Home, name: str) -> "MakeSite":
    """How to make a site around a state and a clock."""
    if name == "salesforce":
        from infra.local.simulators.salesforce.api import SalesforceSite

        return SalesforceSite
    if name == "marketo":
        from infra.local.simulators.marketo.subscription import Marketo

        return lambda store, clock: Marketo(store, clock, sees_concurrency=True)
    from infra.local.simulators.mailbox.mailbox import Mailbox

    return lambda store, clock: Mailbox(store, clock, home)


def main(root: str, name: str, port: str) -> None:
    """Serve a site of a home until SIGTERM, unless another process already does."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    home = Home(Path(root))
    pid_file = home.site_pid(name)
    state = home.root / name
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            logger.warning("another process serves %s", state)
            return
        from infra.local.simulators.serve import serve_site

        write_pid(pid_file, os.getpid())
        threading.Thread(target=_end_without, args=(pid_file,), name="home-watch", daemon=True).start()
        serve_site(maker_of(home, name), state=state, port=int(port), clock=home.clock)


def _end_without(pid_file: Path) -> None:
    """A site whose home was removed would hold its port for ever."""
    while pid_file.exists():
        time.sleep(LOOK_AT_HOME_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(*sys.argv[1:])
