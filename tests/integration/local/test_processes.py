"""A server that was killed gets its port back, whatever of it still dies."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.local.processes import LASTING_PORTS, LOOPBACK, Running, choose_port, port_is_free, wait_until

SERVER = """
import ctypes, socket, sys, threading
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
threading.Thread(target=sys.stdin.readline).start()
print("up", flush=True)
if sys.argv[2] == "dying":
    ctypes.CDLL(None).pthread_exit(None)
"""


@pytest.fixture
def port() -> int:
    return choose_port()


@pytest.fixture
def dying(port: int) -> Iterator[Running]:
    """A process that counts as dead, one thread of which still holds the port until it is told to end."""
    yield from _server(port, "dying")


@pytest.fixture
def living(port: int) -> Iterator[Running]:
    yield from _server(port, "living")


def _server(port: int, how: str) -> Iterator[Running]:
    command = [sys.executable, "-c", SERVER, str(port), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        running = Running.of(process.pid)
        try:
            yield Running(running.pid, running.started or "dead")
        finally:
            process.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="threads of a process die one by one on Linux")
def test_a_server_that_is_not_dead_to_its_last_thread_keeps_its_port_for_the_next_one(
    dying: Running, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wait_until(lambda: not dying.alive, timeout_s=10)
    assert not port_is_free(port)
    looks = iter([False, False, True])
    monkeypatch.setattr("infra.local.processes.port_is_free", lambda asked: asked == port and next(looks))

    assert choose_port(own=port) == port


def test_a_port_that_another_program_holds_is_given_up(living: Running, port: int) -> None:
    assert living.alive

    found = choose_port(own=port, patience_s=0.1)

    assert found != port
    assert found in LASTING_PORTS


def test_a_port_of_before_comes_before_the_preferred_one(port: int) -> None:
    other = choose_port()

    assert choose_port(other, own=port) == port
    with socket.create_server((LOOPBACK, port)):
        assert choose_port(other, own=port, patience_s=0.0) == other
