"""The `leadspine` command: quick to start, and plain about what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.cli import laptop, main, parked
from infra.cli.api import ApiRefused
from infra.local.endpoints import Endpoints, write_endpoints
from infra.local.home import HOME_VARIABLE, REPOSITORY, Home, find_home
from infra.local.keyring import configured_sources, listed, open_keyring


def leadspine(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "infra.cli.main", *arguments]
    environment = {"PATH": "/usr/bin:/bin", HOME_VARIABLE: str(home)}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


def test_a_cloud_that_is_down_is_one_line_and_exit_status_3(tmp_path: Path) -> None:
    answer = leadspine(tmp_path, "sources")

    assert answer.returncode == 3
    assert answer.stderr.startswith("leadspine: no laptop cloud runs in")
    assert answer.stderr.endswith("start it with: leadspine up [LAPTOP.DOWN]\n")


def test_status_of_a_cloud_that_is_down_is_an_answer(tmp_path: Path) -> None:
    answer = leadspine(tmp_path, "status", "--json")

    assert answer.returncode == 0
    assert json.loads(answer.stdout)["running"] is False


def test_a_bad_duration_shows_how_one_looks(tmp_path: Path) -> None:
    answer = leadspine(tmp_path, "clock", "advance", "soon")

    assert answer.returncode == 2
    assert "3d" in answer.stderr


def test_showing_help_loads_neither_boto3_nor_the_commands(tmp_path: Path) -> None:
    code = (
        "import sys; from infra.cli.main import app\n"
        "try: app(['--help'], prog_name='leadspine')\n"
        "except SystemExit: pass\n"
        "print([m for m in ('boto3', 'pydantic', 'infra.cli.parked', 'infra.local.cloud') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines()[-1] == "[]"
    for name in ("up", "down", "status", "sources", "clock", "parked"):
        assert name in answer.stdout


def test_every_lazy_command_that_is_there_can_be_loaded(tmp_path: Path) -> None:
    there = [name for name in main.LAZY if main.is_there(name)]

    for name in there:
        assert leadspine(tmp_path, name, "--help").returncode == 0, name


def test_the_home_is_beside_the_code_or_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    assert find_home().root == REPOSITORY / ".leadspine"

    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert find_home().root == tmp_path


def test_secrets_are_invented_once_and_have_the_form_that_the_vendor_uses(tmp_path: Path) -> None:
    home, sources = Home(tmp_path), configured_sources()
    first = open_keyring(home, sources)
    found = {source.name: source for source in listed("http://127.0.0.1:1", first, sources)}

    assert open_keyring(home, sources) == first
    assert found["standard-webhooks"].secret.startswith("whsec_")
    assert found["tilda"].url == f"http://127.0.0.1:1/in/tilda?token={found['tilda'].secret}"
    assert found["segment"].url == "http://127.0.0.1:1"
    assert found["json"].url == "http://127.0.0.1:1/in/json"


def test_redriving_goes_through_the_api_and_names_what_was_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    called: list[tuple[str, str]] = []

    def call(method: str, path: str, **_: object) -> dict[str, object]:
        called.append((method, path))
        if "gone" in path:
            raise ApiRefused("404 PARKED.NOT_FOUND")
        return {}

    monkeypatch.setattr(parked, "call", call)
    with pytest.raises(parked.typer.Exit):
        parked.redrive(["one", "gone"])

    assert called == [("POST", "/api/parked/one/redrive"), ("POST", "/api/parked/gone/redrive")]
    assert "one  redriven" in capsys.readouterr().out


def test_nothing_of_the_token_is_in_the_status(tmp_path: Path) -> None:
    endpoints = Endpoints(api="http://a", aws="http://b", mailbox="http://c", token="secret-token")
    write_endpoints(Home(tmp_path), endpoints)

    assert "secret-token" not in leadspine(tmp_path, "status", "--json").stdout
    assert ("API token", "secret-token") in laptop._shown(endpoints)
