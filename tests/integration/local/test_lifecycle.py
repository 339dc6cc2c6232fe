"""Up, up again, down, up with the state that was there, fresh; busy ports, foreign processes, and no disk."""

import json
import shutil
import socket
import stat
from pathlib import Path

import pytest

from infra.local import cloud, control
from infra.local.cloud import CannotStart
from infra.local.endpoints import CloudIsDown, read_endpoints
from infra.local.home import Home
from infra.local.processes import AlreadyLocked, exclusive, read_pid
from tests.integration.local.conftest import Tiny, eventually


def test_a_second_up_says_where_the_first_runs(tiny: Tiny) -> None:
    engine = tiny.engine_pid()

    again = cloud.up(tiny.home, assembly=tiny.assembly)

    assert again.already
    assert again.endpoints == read_endpoints(tiny.home)
    assert tiny.engine_pid() == engine


def test_a_command_beside_another_is_told_to_wait(tiny: Tiny) -> None:
    with exclusive(tiny.home.lock), pytest.raises(AlreadyLocked, match="another command works"):
        cloud.up(tiny.home, assembly=tiny.assembly)


def test_endpoints_are_for_their_owner_only_and_name_everything(tiny: Tiny) -> None:
    published = json.loads(tiny.home.endpoints.read_text())

    assert list(published) == ["api", "console", "salesforce", "marketo", "mailbox", "aws", "token"]
    assert stat.S_IMODE(tiny.home.endpoints.stat().st_mode) == 0o600
    assert stat.S_IMODE(tiny.home.secrets.stat().st_mode) == 0o600


def test_state_survives_down_and_up_on_busy_ports_and_fresh_forgets_it(tmp_path: Path, assembly: Path) -> None:
    home = Home(tmp_path / "home")
    other = Tiny(home, assembly)
    first = cloud.up(home, assembly=assembly).endpoints
    try:
        other.deliver({"id": "kept"})
        assert eventually(lambda: other.item("SIGNAL#kept") is not None)
        other.client("sqs").send_message(QueueUrl=other.outputs["DeadQueueUrl"], MessageBody="kept, too")
        ports = control.ports(home)
        cloud.down(home)
        assert not cloud.status(home)["running"]
        assert not home.endpoints.exists()

        with socket.socket() as squatter:
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            squatter.bind(("127.0.0.1", ports["aws"]))
            squatter.listen()
            second = cloud.up(home, assembly=assembly).endpoints

            assert second.aws != first.aws
            assert second.token == first.token
            assert other.item("SIGNAL#kept") is not None
            assert other.drained("DeadQueueUrl") == ["kept, too"]
            other.deliver({"id": "after"})
            assert eventually(lambda: other.item("SIGNAL#after") is not None)

        third = cloud.up(home, assembly=assembly, fresh=True).endpoints
        assert third.token != first.token
        assert other.item("SIGNAL#kept") is None
    finally:
        cloud.forget(home)
    with pytest.raises(CloudIsDown, match="leadspine up"):
        read_endpoints(home)


def test_a_full_disk_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    monkeypatch.setattr(cloud, "NEEDED_BYTES", 1 << 60)

    with pytest.raises(CannotStart, match="is full"):
        cloud.up(home)

    assert cloud.status(home)["processes"]["engine"] is None


def test_an_engine_whose_folder_was_removed_ends(tmp_path: Path, assembly: Path) -> None:
    home = Home(tmp_path / "home")
    cloud.up(home, assembly=assembly)
    processes = [read_pid(home.supervisor_pid), read_pid(home.engine_pid)]

    shutil.rmtree(home.root)

    assert eventually(lambda: not any(process and process.alive for process in processes))
    assert not list(tmp_path.glob("home/engine/checkpoint-*"))
