"""`leadspine policy check` for people and for programs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.policy import app
from tests.unit.policies.builders import FILES, write_policies

SPOILT = FILES["scoring.yaml"].replace("op: contains", "op: contain")
LINE = 'scoring.yaml:16: rules[1].when.all[0].op: unknown operator "contain"; did you mean "contains"?'


def test_the_shipped_rules_are_checked_without_an_argument() -> None:
    result = CliRunner().invoke(app, ["check"])

    assert result.exit_code == 0
    assert "all is well, version " in result.output


def test_an_error_is_one_line_with_file_line_and_field_and_exit_status_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(write_policies(tmp_path, scoring=SPOILT))])

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [LINE]
    assert result.stderr.strip() == "1 error"


def test_errors_are_json_on_request(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(write_policies(tmp_path, scoring=SPOILT)), "--json"])

    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {
            "file": "scoring.yaml",
            "line": 16,
            "field": "rules[1].when.all[0].op",
            "message": 'unknown operator "contain"; did you mean "contains"?',
        }
    ]


@pytest.mark.parametrize("arguments", [["check", "--json"]])
def test_nothing_wrong_is_an_empty_list(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)

    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
