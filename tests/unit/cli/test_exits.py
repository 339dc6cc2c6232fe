"""How commands end: one sentence, a stable code, an exit status; a traceback only for what nobody foresaw."""

import errno
import re
from pathlib import Path

import pytest
import requests
from botocore.exceptions import ClientError, EndpointConnectionError

from infra.cli import exits
from infra.cli.api import ApiRefused, NoAnswer
from infra.cli.exits import FAILURES, Status, codes, ending_of
from infra.local import cloud
from infra.local.clock import BadDuration
from infra.local.control import EngineSilent
from infra.local.endpoints import CloudIsDown
from infra.local.home import REPOSITORY
from shared.policies.loader import PolicyErrors
from tests.unit.cli.shell import leadspine

CODE = re.compile(r"^[A-Z]+\.[A-Z_]+$")


def test_every_failure_that_is_foreseen_by_name_is_a_class_there_is() -> None:
    files = (path for folder in ("infra", "shared") for path in (REPOSITORY / folder).rglob("*.py"))
    sources = "\n".join(path.read_text() for path in files)

    missing = [name for name in FAILURES if not re.search(rf"^class {name}\b", sources, re.MULTILINE)]

    assert missing == []


def test_codes_are_stable_words_and_belong_to_one_failure_each() -> None:
    found = [code for code, _ in codes()]

    assert len(found) == len(set(found))
    assert all(CODE.match(code) for code in found)


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (CloudIsDown("no laptop cloud runs here; start it with: leadspine up"), Status.UNREACHABLE,
         "leadspine: no laptop cloud runs here; start it with: leadspine up [LAPTOP.DOWN]\n"),
        (ApiRefused("GET /api/x was refused with 400: bad", code="API.BAD_REQUEST"), Status.WRONG,
         "leadspine: GET /api/x was refused with 400: bad [API.BAD_REQUEST]\n"),
        (ApiRefused("costs.csv: save it as UTF-8."), Status.WRONG,
         "leadspine: costs.csv: save it as UTF-8 [API.REFUSED]\n"),
        (NoAnswer("no answer"), Status.UNREACHABLE, "leadspine: no answer [API.NO_ANSWER]\n"),
        (BadDuration("'soon' is not\na duration"), Status.USAGE,
         "leadspine: 'soon' is not a duration [CLI.BAD_DURATION]\n"),
        (requests.ConnectionError("secret"), Status.UNREACHABLE,
         f"leadspine: a part of the cloud does not answer; {exits._SILENT} [CLOUD.NO_ANSWER]\n"),
        (EndpointConnectionError(endpoint_url="http://x"), Status.UNREACHABLE,
         f"leadspine: a part of the cloud does not answer; {exits._SILENT} [CLOUD.NO_ANSWER]\n"),
        (PermissionError(errno.EACCES, "Permission denied", "/elsewhere/x"), Status.WRONG,
         "leadspine: /elsewhere/x: Permission denied [CLI.FILE]\n"),
        (OSError(errno.ENOSPC, "No space left on device", "/elsewhere/x"), Status.WRONG,
         "leadspine: the disk is full; make room and run this again [CLI.DISK_FULL]\n"),
    ],
)  # fmt: skip
def test_a_failure_that_is_foreseen_is_one_line(error: Exception, status: Status, line: str) -> None:
    ending = ending_of(error)

    assert ending is not None
    assert (ending.status, ending.line) == (status, line)


def test_what_nobody_foresaw_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(cloud, "status", broken)

    assert ending_of(ClientError({"Error": {"Code": "AccessDenied"}}, "Invoke")) is None
    with pytest.raises(KeyError, match="a bug"):
        leadspine("status")


def test_policies_with_errors_are_foreseen() -> None:
    assert PolicyErrors.__name__ in FAILURES


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nope",), "`leadspine --help` shows how [CLI.USAGE]"),
        (("sync", "run", "--bogus"), "`leadspine sync run --help` shows how [CLI.USAGE]"),
        (("report", "nope"), "not one of 'funnel'"),
        (("costs", "import", "/nowhere.csv"), "does not exist"),
        (("clock", "advance", "soon"), "write for example 90s"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_2(arguments: tuple[str, ...], says: str) -> None:
    answer = leadspine(*arguments)

    assert (answer.status, answer.out) == (2, "")
    assert says in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [("sources",), ("report", "kpis"), ("sync", "status"), ("parked", "list"), ("costs", "list"), ("demo",)],
)
def test_without_a_cloud_every_command_says_how_to_start_one_and_ends_with_3(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path))

    answer = leadspine(*arguments)

    assert (answer.status, answer.out) == (3, "")
    assert answer.err == (f"leadspine: no laptop cloud runs in {tmp_path}; start it with: leadspine up [LAPTOP.DOWN]\n")


@pytest.mark.parametrize(("error", "status"), [(EngineSilent("silent"), 3), (KeyboardInterrupt(), 130)])
def test_silence_and_ctrl_c_have_their_own_exit_status(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(_: object) -> None:
        raise error

    monkeypatch.setattr(cloud, "status", ends)

    assert leadspine("status").status == status


def test_no_command_at_all_shows_the_help() -> None:
    answer = leadspine()

    assert answer.status == 2
    assert "Start with" in answer.out + answer.err
