"""`leadspine status`: the whole system at a glance, also when parts of it cannot be asked."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.cells import cell_len

from infra.cli import status as command
from infra.cli.status import attention, last_build
from infra.cli.target import TOKEN_VARIABLE, URL_VARIABLE
from infra.local import cloud
from infra.local.deploy import Deployment
from infra.local.endpoints import Endpoints, write_endpoints
from infra.local.home import Home
from shared.domain.instant import DAY, MINUTE
from shared.ports.operations import QueueDepth
from tests.unit.api.test_sync import SALESFORCE_ID, ann_of, cycle, verdict, world
from tests.unit.api.world import World, event
from tests.unit.cli.shell import leadspine

__all__ = ["world"]

HERE = "http://127.0.0.1:1"
WIDTH = 80
BUILT = {"message": "REPORTS.BUILT", "timestamp": "2026-03-01 10:00:00,250+0000", "outcome": "built", "leads": 7,
         "facts": 3, "files": 1}  # fmt: skip


def laptop(**changed: Any) -> dict[str, Any]:
    """What the laptop cloud says of itself while all is well."""
    site = {"process": 3, "url": "http://127.0.0.1:8781", "records": {"Lead": 2, "Task": 0}}
    return {
        "running": True, "home": "/home", "clock_offset_ms": 3 * 86_400_000, "now": 1_000_000,
        "processes": {"supervisor": 1, "engine": 2, "workers": [{"function": "serve_api"}, {"function": "serve_api"}]},
        "sites": {"salesforce": site, "mailbox": {**site, "records": {}}},
        "endpoints": {"api": HERE, "console": f"{HERE}/console", "token": None},
        "ports": {"aws": 4566, "api": 8780}, "checkpoint": {"taken_at": 940_000, "journal_bytes": 12, "pause_ms": 1},
        "queues": {"signals": {"waiting": 0, "in_flight": 0}, "signals-dlq": {"waiting": 0, "in_flight": 0}},
        "unread_stream_records": 0, "invocations": 0, **changed,
    }  # fmt: skip


class Answering:
    """The router over HTTP; paths in ``broken`` answer with a problem."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.broken: set[str] = set()

    def request(self, method: str, url: str, *, params: Any = None, **_: Any) -> requests.Response:
        path = url.removeprefix(HERE)
        response = requests.Response()
        if path in self.broken:
            response.status_code = 500
            response._content = b'{"code": "API.INTERNAL", "title": "Internal error"}'
            return response
        answer = self.world.router(event(method, path, query=dict(params or {})))
        response.status_code = answer["statusCode"]
        response._content = answer["body"].encode()
        return response


@pytest.fixture
def api(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Answering:
    """A running laptop cloud; its own answers are `laptop()`, the API's are the router's."""
    home = Home(tmp_path)
    home.prepare()
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    write_endpoints(home, Endpoints(api=HERE, aws="http://x", token="t", mailbox="http://x"))
    functions = {"build_reports": "Leadspine-BuildReports", "serve_api": "Leadspine-ServeApi"}
    deployed = Deployment(digest="d", stack="Leadspine", outputs={}, api_id=None, functions=functions)
    monkeypatch.setattr(cloud, "read_deployment", lambda _: deployed)
    running(monkeypatch)
    api = Answering(world)
    monkeypatch.setattr(requests, "request", api.request)
    return api


def running(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    monkeypatch.setattr(cloud, "status", lambda _: laptop(**changed))


def test_a_calm_system_says_so_first_and_shows_everything_within_eighty_columns(api: Answering) -> None:
    for system in ("salesforce", "marketo"):
        cycle(api.world, system)

    answer = leadspine("status")

    assert answer.status == 0
    assert answer.out.startswith("All is well.")
    for words in (f"{HERE}/console/", "2 Lead", "moved forward by 3 d", "leads → ", "none overdue", "nothing",
                  "70 of 1,000", "2 deployed, 1 warm in 2 processes", "1 min ago", "not built yet",
                  "empty queues: 1; of dead letters: 1"):  # fmt: skip
        assert words in answer.words, words
    assert max(cell_len(line.rstrip()) for line in answer.out.splitlines()) <= WIDTH


def test_json_is_what_the_laptop_says_with_what_the_api_says(api: Answering) -> None:
    answer = leadspine("status", "--json").json

    assert laptop().items() <= answer.items()
    assert answer["people"]["leads"] == api.world.get("/api/reports/kpis")["leads"]
    assert {system["system"] for system in answer["sync"]} == {"salesforce", "marketo"}
    assert answer["functions"] == {"deployed": 2, "warm": {"serve_api": 2}}
    assert (answer["parked"], answer["unknown"], answer["policy_version"]) == (0, [], api.world.rules.version)
    assert answer["handovers"]["overdue"] == 0


def test_conflicts_of_the_last_day_are_counted_and_older_ones_are_not(api: Answering) -> None:
    world = api.world
    world.clock.advance(10 * DAY)
    for age in (MINUTE, DAY - MINUTE, DAY + MINUTE):
        link = world.sync.links([("salesforce", SALESFORCE_ID)])[("salesforce", SALESFORCE_ID)]
        world.sync.save(link, [verdict(ann_of(world), f"field_{age}", at=world.clock.now() - age)])

    assert leadspine("status", "--json").json["conflicts"] == 2
    assert "2 conflicts judged in the last day" in leadspine("status").words


def test_what_cannot_be_asked_is_named_and_the_rest_is_shown(api: Answering) -> None:
    api.broken = {"/api/reports/kpis", "/api/sync", "/api/parked"}

    answer, told = leadspine("status"), leadspine("status", "--json").json

    assert answer.status == 0
    assert "people cannot be asked: API.INTERNAL" in answer.words
    assert "hand-overs" in answer.words
    assert (told["people"], told["sync"], told["parked"]) == (None, None, None)
    assert len(told["unknown"]) == 3


def test_down_is_an_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path))

    answer = leadspine("status")

    assert answer.status == 0
    assert answer.words == f"down ({tmp_path}); start it with: leadspine up"
    assert leadspine("status", "--json").json["attention"] == []


def test_a_deployment_is_shown_by_what_its_api_tells(api: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, HERE)
    monkeypatch.setenv(TOKEN_VARIABLE, "t")

    answer, told = leadspine("status"), leadspine("status", "--json").json

    assert f"deployment {HERE}" in answer.words
    assert "leads → " in answer.words
    assert "moved" not in answer.words
    assert told["queues"] == {}
    assert told["policy_version"] == api.world.rules.version


def test_a_deployment_shows_its_queues_and_their_dead_letters(api: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, HERE)
    monkeypatch.setenv(TOKEN_VARIABLE, "t")
    api.world.depths.told = (
        QueueDepth(name="signals", waiting=1_200, in_flight=30, delayed=0, dead_letters_to="signals-dlq"),
        QueueDepth(name="signals-dlq", waiting=2, in_flight=0, delayed=0),
        QueueDepth(name="lake", waiting=0, in_flight=0, delayed=0, dead_letters_to="lake-dlq"),
    )

    answer, told = leadspine("status"), leadspine("status", "--json").json

    assert "signals 1,200 30 signals-dlq 2 0 dead letters" in answer.words
    assert "empty queues: 1; of dead letters: 0" in answer.words
    assert told["queues"]["signals"]["waiting"] == 1_200
    assert told["attention"][0].startswith("dead letters: 2 in signals-dlq")
    assert told["unknown"] == []


def test_a_deployment_whose_queues_cannot_be_asked_says_so(api: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, HERE)
    monkeypatch.setenv(TOKEN_VARIABLE, "t")
    api.broken = {"/api/queues"}

    told = leadspine("status", "--json").json

    assert "queues" not in told
    assert told["attention"] == ["queues cannot be asked: API.INTERNAL"]
    assert leadspine("status").status == 0


def calm(**changed: Any) -> dict[str, Any]:
    asked = {"unknown": [], "parked": 0, "handovers": {"overdue": 0}, "reports_built": None,
             "sync": [{"system": "marketo", "status": "ok", "error": ""}]}  # fmt: skip
    return {**laptop(), **asked, **changed}


def processes(**changed: Any) -> dict[str, Any]:
    return {**laptop()["processes"], **changed}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"parked": 1}, "1 record parked: `leadspine parked list`"),
        ({"parked": 1200}, "1,200 records parked"),
        ({"queues": {"lake-dlq": {"waiting": 2, "in_flight": 1}}}, "dead letters: 3 in lake-dlq"),
        ({"sync": [{"system": "marketo", "status": "refused", "error": "MARKETO.LOGIN_REFUSED"}]},
         "marketo is refused: MARKETO.LOGIN_REFUSED; `leadspine sync status`"),
        ({"sync": [{"system": "marketo", "status": "paused", "error": ""}]}, "marketo is paused; "),
        ({"sync": [{"system": "salesforce", "status": "behind", "error": ""}]}, "salesforce is behind"),
        ({"handovers": {"overdue": 2}}, "sales owes 2 overdue answers"),
        ({"processes": processes(supervisor=None)}, "nobody watches the engine"),
        ({"sites": {"mailbox": {"process": None, "url": None, "records": None}}}, "mailbox does not answer"),
        ({"reports_built": {"at": "2026-03-01T10:00:00Z", "age_s": 1801}}, "reports were built last at 2026-03-01"),
        ({"unknown": ["people cannot be asked: API.INTERNAL"]}, "people cannot be asked"),
    ],
)  # fmt: skip
def test_what_needs_attention_is_one_sentence_each(changed: Mapping[str, Any], says: str) -> None:
    (sentence,) = attention(calm(**changed))

    assert sentence.startswith(says)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"queues": {"signals": {"waiting": 9, "in_flight": 3}}},
        {"sync": [{"system": "marketo", "status": "off", "error": ""}]},
        {"sync": None, "handovers": None, "parked": None},
        {"reports_built": {"at": "2026-03-01T10:00:00Z", "age_s": 1800}},
        {"running": False},
    ],
)
def test_what_is_as_it_should_be_needs_none(changed: Mapping[str, Any]) -> None:
    assert list(attention(calm(**changed))) == []


def test_the_last_build_is_read_from_the_log_whatever_else_is_in_it(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    earlier = {**BUILT, "timestamp": "2026-03-01 09:55:00,000+0000", "leads": 1}
    lines = ["no JSON", json.dumps(earlier), "END 1 ok 5 ms", json.dumps(BUILT), '{"message":"REPORTS.BUILT", broken',
             "END 2 ok 5 ms"]  # fmt: skip
    log.write_text("x" * command.LOG_TAIL_BYTES + "\n" + "\n".join(lines) + "\n")

    built = last_build(log, now=1_772_359_260.25)

    assert built == {"at": "2026-03-01T10:00:00Z", "age_s": 60, "outcome": "built", "leads": 7, "facts": 3}


@pytest.mark.parametrize("text", [None, "", "Worker process died\nEND 1 failed 800 ms\n"])
def test_reports_that_never_were_built_are_none(text: str | None, tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    if text is not None:
        log.write_text(text)

    assert last_build(log, now=0) is None
    assert last_build(None, now=0) is None


def test_the_age_of_the_reports_is_shown(api: Answering, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "functions"
    folder.mkdir(parents=True)
    (folder / "Leadspine-BuildReports.log").write_text(json.dumps(BUILT) + "\n")
    monkeypatch.setattr(time, "time", lambda: 1_772_359_260.25)

    assert "built 1 min ago" in leadspine("status").words


def test_queues_that_hold_something_are_listed_and_dead_letters_named(
    api: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"lake": {"waiting": 1200, "in_flight": 0}, "lake-dlq": {"waiting": 0, "in_flight": 1}}
    running(monkeypatch, queues=laptop()["queues"] | held)

    answer = leadspine("status")

    assert "lake 1,200 0" in answer.words
    assert "lake-dlq 0 1 dead letters" in answer.words
