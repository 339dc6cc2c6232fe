"""`leadspine report`: what the API answers, as tables for people and as JSON for programs."""

import io
import json
from pathlib import Path
from typing import Any, get_args

import pytest
import requests
import typer
from rich.console import Console
from typer.testing import CliRunner

from infra.cli import report as command
from infra.local.endpoints import Endpoints, write_endpoints
from infra.local.home import Home
from shared.app.money_reports import REPORTS as MONEY_REPORTS
from shared.app.read_reports import REPORTS
from shared.contracts.api import ReportQuery
from tests.unit.api.world import World, ann_and_bob, event
from tests.unit.cli.shell import leadspine

TOKEN = "laptop-token"


@pytest.fixture(scope="module")
def world() -> World:
    return ann_and_bob()


@pytest.fixture
def cloud(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """A running laptop cloud whose HTTP is short-circuited to the router; lists what was asked."""
    home = Home(tmp_path)
    home.prepare()
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path))
    write_endpoints(home, Endpoints(api="http://127.0.0.1:1", aws="http://x", token=TOKEN, mailbox="http://x"))
    asked: list[Any] = []

    def request(
        method: str, url: str, *, params: dict[str, str], headers: dict[str, str], timeout: float
    ) -> requests.Response:
        asked.append((url, params, headers))
        answer = world.router(event(method, url.removeprefix("http://127.0.0.1:1"), query=params))
        response = requests.Response()
        response.status_code = answer["statusCode"]
        response._content = answer["body"].encode()
        return response

    monkeypatch.setattr(requests, "request", request)
    return asked


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(command.report)
    return CliRunner().invoke(app, arguments)


def test_the_funnel_is_a_table_with_bars(cloud: list[Any]) -> None:
    result = run("funnel")

    assert result.exit_code == 0, result.output
    assert "Funnel of all time" in result.output
    assert "inquiry" in result.output
    assert "█" in result.output


def test_the_key_figures_come_with_their_channels(cloud: list[Any]) -> None:
    result = run("kpis")

    assert result.exit_code == 0, result.output
    assert "touches per lead" in result.output
    assert "Paid Search" in result.output


def test_json_is_the_answer_of_the_api_for_the_dates_asked(cloud: list[Any]) -> None:
    result = run("kpis", "--from", "2026-01-01", "--to", "2026-01-31", "--json")

    answer = json.loads(result.output)
    assert (answer["name"], answer["from"], answer["to"], answer["leads"]) == ("kpis", "2026-01-01", "2026-01-31", 2)
    assert cloud[0][2]["authorization"] == f"Bearer {TOKEN}"


def test_what_the_api_refuses_is_told_with_its_code(cloud: list[Any]) -> None:
    answer = leadspine("report", "funnel", "--from", "2026-02-30")

    assert answer.status == 1
    assert answer.err == (
        "leadspine: GET /api/reports/funnel was refused with 400: Bad request: from and to are dates: YYYY-MM-DD "
        "[API.BAD_REQUEST]\n"
    )


def test_the_funnel_fits_into_eighty_columns_with_its_bars_whole(world: World) -> None:
    out = io.StringIO()

    command.show_report(world.get("/api/reports/funnel"), Console(file=out, width=80))

    assert "…" not in out.getvalue()


def test_every_report_and_grouping_of_the_api_can_be_asked_for() -> None:
    assert {name.value for name in command.Name} == {*REPORTS, *MONEY_REPORTS}
    assert {by.value for by in command.By} == set(get_args(ReportQuery.model_fields["by"].annotation))


@pytest.mark.parametrize("name", command.Name)
def test_every_report_is_printed_within_eighty_columns(name: str, world: World) -> None:
    out = io.StringIO()

    command.show_report(world.get(f"/api/reports/{name}"), Console(file=out, width=80))

    assert max(len(line.rstrip()) for line in out.getvalue().splitlines()) <= 80
    assert "…" not in out.getvalue().replace(" …", "")


def test_a_funnel_of_nobody_is_shown_without_dividing_by_it() -> None:
    console = Console(file=io.StringIO(), width=100)
    empty = World()

    for name in ("funnel", "kpis"):
        command.show_report(empty.get(f"/api/reports/{name}"), console)
