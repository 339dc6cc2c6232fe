"""`leadspine costs`, and money in `leadspine report`: what people and programs get to see."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from infra.cli.costs import app
from infra.cli.main import app as leadspine
from infra.cli.money_tables import TITLES
from infra.local.endpoints import Endpoints, write_endpoints
from infra.local.home import Home
from tests.unit.api.world import World, event

FILE = "date,kind,channel,campaign,amount,currency,key\n2026-01-05,media,Email,-20% off,-10.50,EUR,a\n"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A running laptop cloud whose HTTP is short-circuited to the router."""
    world, home = World(), Home(tmp_path / "home")
    home.prepare()
    monkeypatch.setenv("LEADSPINE_HOME", str(tmp_path / "home"))
    write_endpoints(home, Endpoints(api="http://127.0.0.1:1", aws="http://x", token="t", mailbox="http://x"))

    def request(method: str, url: str, *, params: Any = None, json: Any = None, **_: Any) -> requests.Response:
        answer = world.router(event(method, url.removeprefix("http://127.0.0.1:1"), json, query=params))
        response = requests.Response()
        response.status_code = answer["statusCode"]
        response._content = answer["body"].encode()
        return response

    monkeypatch.setattr(requests, "request", request)
    return world


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


def test_importing_says_what_became_of_the_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_text(FILE + "never,media,,,1,EUR,b\n", encoding="utf-8")

    first, again = run("import", str(path)), run("import", str(path), "--json")

    assert first.exit_code == 2
    assert "1 new" in first.output
    assert "COSTS.BAD_DATE" in first.output
    assert json.loads(again.stdout)["unchanged"] == 1


def test_a_file_in_the_encoding_of_old_programs_is_read(world: World, tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_bytes("дата;вид;сумма;валюта;кампания\n05.01.2026;media;10,50;EUR;Весна\n".encode("cp1251"))

    assert run("import", str(path)).exit_code == 0
    assert json.loads(run("list", "--json").stdout)[0]["campaign"] == "Весна"


def test_exported_costs_are_harmless_in_a_spreadsheet_and_amounts_stay_numbers(world: World, tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_text(FILE, encoding="utf-8")
    run("import", str(path))

    (row,) = csv.DictReader(io.StringIO(run("list", "--csv").stdout))

    assert (row["campaign"], row["amount"]) == ("'-20% off", "-10.50")


@pytest.mark.parametrize("name", ["conversion", "romi", "cac", "time-to-sale", "pipeline", "handovers", "content"])
def test_every_report_is_shown_as_a_table_and_as_json(world: World, tmp_path: Path, name: str) -> None:
    path = tmp_path / "march.csv"
    path.write_text(FILE, encoding="utf-8")
    run("import", str(path))

    shown, told = (CliRunner().invoke(leadspine, ["report", name, *more]) for more in ([], ["--json"]))

    assert shown.exit_code == told.exit_code == 0, shown.output
    assert TITLES[name] in shown.output
    assert json.loads(told.stdout)["name"] == name


def test_a_figure_opens_down_to_its_costs(world: World, tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_text(FILE, encoding="utf-8")
    run("import", str(path))

    arguments = ["report", "romi", "--by", "channel", "--open", "spend", "--line", "Email", "--json"]
    opened = CliRunner().invoke(leadspine, arguments)

    assert [(item["id"], item["amount"]) for item in json.loads(opened.stdout)] == [("a", "-10.50")]
