"""The simulator as a process: what it acknowledged outlives kill -9, and the clock file moves it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from infra.local.clock import write_offset
from infra.local.home import REPOSITORY
from infra.local.processes import choose_port, wait_until


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[bytes], str]]]:
    running: list[subprocess.Popen[bytes]] = []

    def launch() -> tuple[subprocess.Popen[bytes], str]:
        port = choose_port()
        command = [sys.executable, "-m", "infra.local.simulators.salesforce", "--state", str(tmp_path / "state"),
                   "--port", str(port), "--clock", str(tmp_path / "clock")]  # fmt: skip
        process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL)
        running.append(process)
        assert wait_until(lambda: _answers(f"http://127.0.0.1:{port}"), timeout_s=20)
        return process, f"http://127.0.0.1:{port}"

    yield launch
    for process in running:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/services/data", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


def _session(url: str) -> requests.Session:
    form = {"grant_type": "client_credentials", "client_id": "cid", "client_secret": "secret"}
    answer = requests.post(f"{url}/services/oauth2/token", data=form, timeout=5).json()
    assert answer["instance_url"] == url
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return session


def test_kill_9_loses_nothing_acknowledged_and_the_clock_file_moves_time(
    start: Callable[[], tuple[subprocess.Popen[bytes], str]], tmp_path: Path
) -> None:
    process, url = start()
    session = _session(url)
    made = session.post(
        f"{url}/services/data/v59.0/sobjects/Lead", json={"LastName": "A", "Company": "Ü"}, timeout=5
    ).json()
    before = session.get(f"{url}/services/data/v59.0/sobjects/Lead/{made['id']}", timeout=5).json()
    process.kill()
    process.wait()
    write_offset(tmp_path / "clock", 3 * 24 * 3600 * 1000)

    process, url = start()
    session = _session(url)
    row = session.get(f"{url}/services/data/v59.0/sobjects/Lead/{made['id']}", timeout=5).json()
    assert (row["Company"], row["SystemModstamp"]) == ("Ü", before["SystemModstamp"])
    session.patch(f"{url}/services/data/v59.0/sobjects/Lead/{made['id']}", json={"Title": "x"}, timeout=5)
    moved = session.get(f"{url}/services/data/v59.0/sobjects/Lead/{made['id']}", timeout=5).json()["SystemModstamp"]
    assert moved[:10] > row["SystemModstamp"][:10]
    process.terminate()
    assert process.wait(timeout=10) == 0
