"""AwsSolutions: clean, with a reason for each exception; and the check really looks."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sqs as sqs

from infra.aws.acknowledgements import ACKNOWLEDGED, Meant, acknowledge
from infra.aws.app import make_app
from infra.catalog import STACK_NAME
from tests.infrastructure.conftest import LAYER_HASHES
from tests.infrastructure.template import Template

Finding = tuple[str, str]
CheckedApp = Callable[..., App]


@pytest.fixture
def checked_app(template: Template, tmp_path: Path) -> CheckedApp:
    def make(acknowledged: tuple[Meant, ...] = ACKNOWLEDGED) -> App:
        return make_app(tmp_path / "out", template.staged, LAYER_HASHES, check=True, acknowledged=acknowledged)

    return make


def findings(app: App, out: Path) -> set[Finding]:
    """Rule and construct of every finding; a finding fails the synthesis, which is what `make check` relies on."""
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((out / "validation-report.json").read_text())
    return {
        (violation["ruleName"], construct_of(found["constructPath"]))
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for found in violation["violatingConstructs"]
    }


def construct_of(path: str) -> str:
    return re.sub(r"/Resource$", "", path).removeprefix(f"{STACK_NAME}/")


def test_the_stack_is_clean(checked_app: CheckedApp, tmp_path: Path) -> None:
    checked_app().synth()

    assert json.loads((tmp_path / "out" / "validation-report.json").read_text())["pluginReports"] == []


def test_a_seeded_violation_is_found(checked_app: CheckedApp, tmp_path: Path) -> None:
    app = checked_app()
    stack = app.node.find_child(STACK_NAME)
    assert isinstance(stack, Stack)
    sqs.CfnQueue(stack, "Seeded")

    found = findings(app, tmp_path / "out")

    assert {construct for _, construct in found} == {"Seeded"}
    assert {"AwsSolutions-SQS3", "AwsSolutions-SQS4"} <= {rule for rule, _ in found}


def test_every_acknowledgement_is_still_needed(checked_app: CheckedApp, tmp_path: Path) -> None:
    found = findings(checked_app(acknowledged=()), tmp_path / "out")

    assert found == {(meant.rule, construct) for meant in ACKNOWLEDGED for construct in meant.constructs}


def test_every_acknowledgement_gives_a_reason() -> None:
    assert [meant.rule for meant in ACKNOWLEDGED if len(meant.reason) < 60] == []


def test_an_acknowledgement_of_something_that_is_gone_is_refused() -> None:
    stack = Stack(App(), "Empty")

    with pytest.raises(KeyError, match="Doors/Gone"):
        acknowledge(stack, (Meant("AwsSolutions-APIG4", "", ("Doors/Gone",)),))
