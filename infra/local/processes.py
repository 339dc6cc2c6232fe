"""Processes that outlive the command that started them: process files, ports, locks. Standard library only."""

import contextlib
import fcntl
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.home import write_atomically

LOOPBACK = "127.0.0.1"
LASTING_PORTS = range(18_000, 32_000)
"""Below those that Linux, macOS and Windows give to outgoing connections."""
OWN_PORT_PATIENCE_S = 5.0
"""How long a port of before is waited for."""


class AlreadyLocked(Exception):
    """Another command is changing this laptop cloud right now."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process, told apart from a later one with the same number by when it started."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Running":
        """The process that has this number now."""
        return cls(pid, started_at(pid) or "")

    @property
    def alive(self) -> bool:
        """True while exactly this process runs (a zombie does not)."""
        return started_at(self.pid) == self.started


def started_at(pid: int) -> str | None:
    """When a process started, in the kernel's words; None when there is none."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _started_without_proc(pid)
    return None if state in "ZX" else rest[18]


def _started_without_proc(pid: int) -> str | None:
    """The same on systems without /proc (macOS)."""
    if Path("/proc/self/stat").exists():
        return None
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = answer.stdout.strip().partition(" ")
    return started.strip() if state and not state.startswith("Z") else None


def start_detached(command: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> int:
    """Start a process in a session of its own; its output is appended to a log. Returns its number."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            cwd=cwd, env=dict(env), start_new_session=True, close_fds=True,
        )  # fmt: skip
    # The caller may be a long-lived supervisor: it reaps with `reap`, or leaves the child to init when it ends.
    child.returncode = 0
    return child.pid


def reap(pid: int) -> None:
    """Collect a dead child, if it is ours, so that its number stops being a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def write_pid(path: Path, pid: int) -> None:
    """Remember a running process."""
    write_atomically(path, json.dumps({"pid": pid, "started": started_at(pid)}))


def read_pid(path: Path) -> Running | None:
    """The process of a file, if it still runs."""
    try:
        saved = json.loads(path.read_text())
        process = Running(int(saved["pid"]), str(saved["started"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return process if process.alive else None


def stop(process: Running, *, grace_s: float) -> bool:
    """Ask a process to end, wait, then end its whole group. Returns True when it ended by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
    ended = wait_until(lambda: _gone(process), timeout_s=grace_s)
    kill_group(process.pid)
    return ended


def _gone(process: Running) -> bool:
    reap(process.pid)
    return not process.alive


def kill_group(pid: int) -> None:
    """End what is left of a process started by `start_detached`: its children are in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    reap(pid)


def kill_all_running(path: Path) -> int:
    """End every process whose command names a file below a folder of ours; returns how many there were."""
    found = [pid for pid, command in _commands() if f"{path}{os.sep}" in command and pid != os.getpid()]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def _commands() -> Iterator[tuple[int, str]]:
    if not Path("/proc/self/cmdline").exists():
        listing = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False).stdout
        for line in listing.splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command
        return
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def wait_until(condition: Callable[[], bool], *, timeout_s: float, every_s: float = 0.05) -> bool:
    """Wait for something to become true; False when it did not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every_s)
    return True


def port_is_free(port: int) -> bool:
    """True when this loopback port can be listened on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_port(*preferred: int, own: int | None = None, patience_s: float = OWN_PORT_PATIENCE_S) -> int:
    """The port of before, else the first of the preferred ones that is free, else any that stays ours over a restart.

    ``own`` is waited for: a killed server of many threads counts as dead when its first thread is, and the kernel
    closes its sockets after its last one. Any other is none of those that the kernel hands to outgoing connections:
    while a killed server is started again, any program of this machine may be given its port.
    """
    if own and wait_until(lambda: port_is_free(own), timeout_s=patience_s):
        return own
    others = (random.choice(LASTING_PORTS) for _ in itertools.count())  # noqa: S311 (no secret)
    return next(port for port in itertools.chain(preferred, others) if port_is_free(port))


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock that the kernel releases however the holder ends.

    Raises:
        AlreadyLocked: somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyLocked(f"another command works on {path.parent}; try again when it is done") from error
        yield
