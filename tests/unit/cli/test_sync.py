"""`leadspine sync`: what operators type, what they see, and how a command ends."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from infra.cli import sync as command
from infra.cli import sync_tables
from infra.local.endpoints import Endpoints, write_endpoints
from infra.local.home import Home
from tests.unit.api.test_sync import MARKETO_ID, SALESFORCE_ID, ann_of, cycle, verdict, world
from tests.unit.api.world import World, event

__all__ = ["world"]

DONE = {"command": "pull", "status": "done", "records": 0, "pages": 0, "calls": 2, "error": ""}
HERE = "http://127.0.0.1:1"


class Cloud:
    """A running cloud whose API is the router and whose functions answer as told, one answer after the other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.answers: dict[str, list[Mapping[str, Any]]] = {}
        self.invoked: list[tuple[str, Mapping[str, Any]]] = []
        self.settled = 0

    def invoke(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        self.invoked.append((function, payload))
        planned = self.answers.get(function) or [{}]
        answer = planned.pop(0) if len(planned) > 1 else planned[0]
        return {"system": function.removeprefix("pull_"), **DONE, **answer}

    def settle(self) -> bool:
        self.settled += 1
        return True

    def request(self, method: str, url: str, **given: Any) -> requests.Response:
        path, _, query = url.removeprefix(HERE).partition("?")
        asked = dict(pair.split("=", 1) for pair in query.split("&") if pair) | dict(given.get("params") or {})
        answer = self.world.router(event(method, path, given.get("json"), query=asked))
        response = requests.Response()
        response.status_code = answer["statusCode"]
        response._content = answer["body"].encode()
        return response


@pytest.fixture
def cloud(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cloud:
    home = Home(tmp_path)
    home.prepare()
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    write_endpoints(home, Endpoints(api=HERE, aws="http://x", token="t", mailbox="http://x"))
    cloud = Cloud(world)
    monkeypatch.setattr(requests, "request", cloud.request)
    monkeypatch.setattr(command, "invoke", cloud.invoke)
    monkeypatch.setattr(command, "_settle", cloud.settle)
    monkeypatch.setattr(sync_tables.console, "_width", 200)
    return cloud


def run(*arguments: str) -> Any:
    return CliRunner().invoke(command.app, arguments)


def told(*arguments: str, exit_code: int = 0) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == exit_code, result.output
    return json.loads(result.output)


def test_run_starts_both_systems_waits_and_tells(cloud: Cloud) -> None:
    cloud.answers["pull_marketo"] = [{"records": 5}]

    answer = told("run")

    assert sorted(function for function, _ in cloud.invoked) == ["pull_marketo", "pull_salesforce"]
    assert {run_["system"]: run_["records"] for run_ in answer["runs"]} == {"salesforce": 0, "marketo": 5}
    assert answer["settled"] is True
    assert [item["system"] for item in answer["systems"]] == ["salesforce", "marketo"]
    assert cloud.settled == 1


def test_run_goes_on_until_two_cycles_bring_nothing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.time, "sleep", lambda _s: None)
    cloud.answers["pull_salesforce"] = [{"records": n} for n in (5, 0, 1, 0, 0)]

    answer = told("run", "salesforce", "--until-quiet")

    assert [(run_["cycle"], run_["records"]) for run_ in answer["runs"]] == [(1, 5), (2, 0), (3, 1), (4, 0), (5, 0)]


def test_run_gives_up_when_somebody_keeps_changing_records(cloud: Cloud) -> None:
    cloud.answers["pull_salesforce"] = [{"records": 1}]

    assert len(told("run", "salesforce", "--until-quiet")["runs"]) == command.MOST_CYCLES


def test_run_waits_for_the_run_of_the_schedule(cloud: Cloud) -> None:
    cloud.answers["pull_salesforce"] = [{"status": "busy"}, {"status": "busy"}, {"records": 2}]

    answer = told("run", "salesforce")

    assert [(run_["status"], run_["records"]) for run_ in answer["runs"]] == [("done", 2)]


def test_run_ends_badly_when_a_system_cannot_be_read(cloud: Cloud) -> None:
    cloud.answers["pull_marketo"] = [{"status": "stopped", "error": "SYNC.REMOTE_UNAVAILABLE"}]

    result = run("run")

    assert result.exit_code == 1
    assert "SYNC.REMOTE_UNAVAILABLE" in result.output


def test_run_tells_the_conflicts_of_this_run_only(cloud: Cloud) -> None:
    world = cloud.world
    world.clock.advance(1_000)
    new = world.clock.now()
    link = world.sync.links([("salesforce", SALESFORCE_ID)])[("salesforce", SALESFORCE_ID)]
    world.sync.save(link, [verdict(ann_of(world), "email", at=new)])

    answer = told("run")

    assert [item["field"] for item in answer["conflicts"]] == ["email"]
    assert "1 conflict judged" in run("run").output


def test_status_is_a_table_of_systems(cloud: Cloud) -> None:
    cycle(cloud.world, "salesforce", error="SALESFORCE.LOGIN_REFUSED")

    result = run("status")

    assert result.exit_code == 0
    for word in ("salesforce", "refused", "SALESFORCE.LOGIN_REFUSED", "70/1000", "marketo", "off", "never"):
        assert word in result.output
    assert {item["system"] for item in told("status")} == {"salesforce", "marketo"}


def test_preflight_ends_badly_when_a_right_is_missing(cloud: Cloud) -> None:
    finding = {"subject": "Lead.Email", "ok": False, "detail": "not writable"}
    cloud.answers["pull_salesforce"] = [{"command": "preflight", "ok": False, "findings": [finding]}]
    cloud.answers["pull_marketo"] = [
        {"command": "preflight", "ok": True, "findings": [{"subject": "Role", "ok": None, "detail": "cannot tell"}]}
    ]

    result = run("preflight")

    assert result.exit_code == 1
    for word in ("Lead.Email", "missing", "not writable", "unknown", "cannot tell"):
        assert word in result.output
    assert {answer["ok"] for answer in told("preflight", exit_code=1)} == {True, False}
    assert run("preflight", "marketo").exit_code == 0


def test_preflight_says_when_there_are_no_credentials(cloud: Cloud) -> None:
    cloud.answers["pull_marketo"] = [{"command": "preflight", "ok": False, "status": "off", "findings": []}]

    result = run("preflight", "marketo")

    assert result.exit_code == 1
    assert "no credentials" in result.output


def test_a_dry_run_shows_fields_and_rules_and_counts_who_stays(cloud: Cloud) -> None:
    result = run("dry-run")

    assert result.exit_code == 0
    for word in ("marketo", "update", MARKETO_ID, "title", "Head of IT", "owner:salesforce", "stay as they are"):
        assert word in result.output
    assert told("dry-run", "--limit", "1")["people"] == 1


def test_a_dry_run_of_nobody_ends_badly(cloud: Cloud) -> None:
    result = run("dry-run", "lead_nobody")

    assert result.exit_code == 1
    assert "lead_nobody" in result.output


def test_resync_waits_for_the_next_cycle_or_reads_now(cloud: Cloud) -> None:
    ann = ann_of(cloud.world)

    later = told("resync", ann)
    now = told("resync", ann, "--now")

    assert (later["runs"], later["settled"]) == ([], None)
    assert {payload["command"] for _, payload in cloud.invoked} == {"resync"}
    assert ("pull_marketo", {"command": "resync", "remote_ids": [MARKETO_ID]}) in cloud.invoked
    assert now["settled"] is True
    assert SALESFORCE_ID in run("resync", ann).output


def test_conflicts_are_listed_newest_first_up_to_the_limit(cloud: Cloud) -> None:
    world = cloud.world
    for n in range(70):
        link = world.sync.links([("salesforce", SALESFORCE_ID)])[("salesforce", SALESFORCE_ID)]
        world.sync.save(link, [verdict(ann_of(world), f"field_{n}", at=world.clock.now() + n)])

    assert len(told("conflicts", "--limit", "60")) == 60
    assert told("conflicts", "--limit", "1", "--lead", ann_of(world))[0]["field"] == "field_69"
    assert "owner:salesforce" in run("conflicts").output


def test_pause_and_resume_are_shown_as_status(cloud: Cloud) -> None:
    assert [item["status"] for item in told("pause")] == ["paused", "paused"]
    assert "paused" in run("pause", "marketo").output
    assert [item["status"] for item in told("resume", "marketo")] == ["off"]
    assert run("pause", "hubspot").exit_code == 2


@pytest.mark.parametrize("name", ["run", "status", "preflight", "dry-run", "resync", "conflicts", "pause", "resume"])
def test_every_command_has_json_and_an_example(name: str) -> None:
    text = run(name, "--help").output

    assert "--json" in text
    assert f"leadspine sync {name}" in " ".join(text.split())
