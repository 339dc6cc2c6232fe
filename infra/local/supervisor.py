"""The small process that keeps the engine and the sites beside it running: starts, restarts and stops them.

It is no single point of failure: the engine runs on without it, and the next `leadspine up` gives it a new one. After
every start that did not follow a clean stop it has the raw archive and the outbox replayed.
"""

import fcntl
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from infra.local import control
from infra.local.clock import read_offset
from infra.local.endpoints import CloudIsDown, Endpoints, read_endpoints, write_endpoints
from infra.local.home import REPOSITORY, Home, write_atomically
from infra.local.processes import (
    LOOPBACK,
    Running,
    choose_port,
    kill_all_running,
    kill_group,
    read_pid,
    reap,
    start_detached,
    stop,
    wait_until,
    write_pid,
)
from infra.local.settings import engine_environment
from infra.local.sites import Sites, site_urls

logger = logging.getLogger("leadspine.supervisor")

PREFERRED_AWS_PORT = 4566
PREFERRED_API_PORT = 8780
LOOK_EVERY_S = 0.2
START_TIMEOUT_S = 60
STOP_GRACE_S = 20
REPLAY_MARGIN_MS = 20_000
REPLAY_PAUSE_S = 3.0


class Supervisor:
    """Keeps one engine alive, and the simulators and the mailbox beside it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._clean = home.engine / "clean"
        self._owed = home.engine / "replay-since"
        self._sites = Sites(home)
        self._stopping = threading.Event()
        self._quick_deaths = 0
        self._replay_not_before = 0.0

    def run(self) -> None:
        """Supervise until SIGTERM."""
        signal.signal(signal.SIGTERM, lambda *_: self._stopping.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while not self._stopping.is_set() and self._home.supervisor_pid.exists():
            self._sites.look()
            engine = read_pid(self._home.engine_pid)
            if engine is None:
                self._start()
            elif self._sites.moved:
                self._tell_where_sites_are()
            elif self._owed.exists():
                self._replay()
            self._stopping.wait(LOOK_EVERY_S)
        self._stop()

    def _start(self) -> None:
        if not self._clean.exists():
            self._owe_replay()
        self._clean.unlink(missing_ok=True)
        started = Running.of(self._launch())
        wait_until(lambda: self._stopping.is_set() or self._decided(started), timeout_s=START_TIMEOUT_S)
        if not control.answers(self._home):
            logger.error("the engine did not start; see %s", self._home.logs / "engine.log")
            kill_group(started.pid)
            self._quick_deaths += 1
            self._stopping.wait(min(2**self._quick_deaths, 30))
            return
        self._quick_deaths = 0
        self._announce()
        self._replay()

    def _decided(self, started: Running) -> bool:
        """It answers, or it ended and no other engine of this home runs (a second one ends by itself)."""
        reap(started.pid)
        return control.answers(self._home) or (not started.alive and read_pid(self._home.engine_pid) is None)

    def _launch(self) -> int:
        self._sweep_temporary()
        saved = control.ports(self._home)
        aws = choose_port(PREFERRED_AWS_PORT, own=saved.get("aws"))
        api = choose_port(PREFERRED_API_PORT, own=saved.get("api"))
        command = [sys.executable, "-m", "infra.local.engine", str(self._home.root), str(aws), str(api)]
        environment = engine_environment(self._home, aws_port=aws, api_port=api)
        pid = start_detached(command, log=self._home.logs / "engine.log", cwd=REPOSITORY, env=environment)
        logger.info("engine %d on ports %d (aws) and %d (api)", pid, aws, api)
        return pid

    def _sweep_temporary(self) -> None:
        """Workers that survived their engine would decide with code that is about to be removed: end them first."""
        kill_all_running(self._home.temporary)
        shutil.rmtree(self._home.temporary, ignore_errors=True)
        self._home.prepare()

    def _announce(self) -> None:
        """Correct endpoints.json when a restart had to take other ports."""
        try:
            known = read_endpoints(self._home)
        except CloudIsDown:
            return
        moved = endpoints_at(self._home, token=known.token)
        if moved != known:
            write_endpoints(self._home, moved)

    def _tell_where_sites_are(self) -> None:
        """A site took another port: correct endpoints.json and the secrets that hold its address.

        While there is no endpoints.json, `leadspine up` is at work and will say it all.
        """
        if self._home.endpoints.exists():
            self._announce()
            self._run_tool("infra.local.keyring", str(self._home.root))
        self._sites.moved = False

    def _run_tool(self, module: str, *arguments: str) -> bool:
        """Run one of our modules that loads more than this process should; True when it succeeded."""
        with (self._home.logs / "supervisor.log").open("ab") as log:
            command = [sys.executable, "-m", module, *arguments]
            return subprocess.run(command, cwd=REPOSITORY, stdout=log, stderr=log, check=False).returncode == 0

    def _owe_replay(self) -> None:
        """Remember from when on to replay, until that has been done: the engine may die during the replay, too.

        It is the cloud's time of the last journal line, less a margin: what was archived later may not be in a queue.
        """
        journals = [path.stat().st_mtime for path in self._home.engine.glob("journal-*.jsonl")]
        if not journals:
            return
        durable_until = int(max(journals) * 1000) + read_offset(self._home.clock)
        since = max(0, durable_until - REPLAY_MARGIN_MS)
        if self._owed.exists():
            since = min(since, int(self._owed.read_text()))
        write_atomically(self._owed, str(since))

    def _replay(self) -> None:
        if not self._owed.exists() or not self._home.deployed.exists() or time.monotonic() < self._replay_not_before:
            return
        if self._run_tool("infra.local.replay", str(self._home.root), self._owed.read_text()):
            self._owed.unlink(missing_ok=True)
        else:
            logger.error("replay failed; it is tried again")
            self._replay_not_before = time.monotonic() + REPLAY_PAUSE_S

    def _stop(self) -> None:
        engine = read_pid(self._home.engine_pid)
        if engine is not None and stop(engine, grace_s=STOP_GRACE_S):
            self._clean.touch()
        self._home.engine_pid.unlink(missing_ok=True)
        self._sites.stop()


def endpoints_at(home: Home, *, token: str) -> Endpoints:
    """Endpoints of the engine and of the sites on their present ports."""
    known, urls = control.ports(home), site_urls(home)
    return Endpoints(
        api=f"http://{LOOPBACK}:{known['api']}",
        console=f"http://{LOOPBACK}:{known['api']}/console",
        aws=f"http://{LOOPBACK}:{known['aws']}",
        salesforce=urls["salesforce"],
        marketo=urls["marketo"],
        mailbox=urls["mailbox"],
        token=token,
    )


def start_supervisor(home: Home) -> None:
    """Start a supervisor that outlives this command."""
    command = [sys.executable, "-m", "infra.local.supervisor", str(home.root)]
    start_detached(command, log=home.logs / "supervisor.log", cwd=REPOSITORY, env=dict(os.environ))


def supervisor_of(home: Home) -> Running | None:
    """The running supervisor of this home."""
    return read_pid(home.supervisor_pid)


def main(root: str) -> None:
    """Supervise the engine of a home, unless somebody already does."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    home = Home(Path(root))
    home.prepare()
    with (home.root / "supervisor.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        write_pid(home.supervisor_pid, os.getpid())
        Supervisor(home).run()
        home.supervisor_pid.unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
