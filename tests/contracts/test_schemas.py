"""What is generated is not stale, is valid JSON Schema, and never loses an old version."""

import json
from pathlib import Path

import jsonschema
import pytest

from infra import schemas
from shared.contracts import facts, signals
from shared.contracts.envelope import SCHEMA_VERSIONS
from shared.contracts.intake import SIGNAL_KINDS
from shared.policies.loader import RULES
from shared.policies.models import FILES
from shared.policies.yaml_lines import read as read_yaml
from tests.contracts.samples import FACTS, SCHEMAS, SIGNALS, name_of, read


def test_nothing_generated_is_stale() -> None:
    assert schemas.stale() == [], "run `make schemas`"


def test_a_changed_file_is_stale_and_written_again(tmp_path: Path) -> None:
    assert schemas.write(tmp_path) == list(schemas.generated())
    assert schemas.stale(tmp_path) == []

    (tmp_path / "events/schemas/Signal/1-0-0.json").write_text("{}")
    (tmp_path / "docs/reference/events.md").unlink()

    assert schemas.stale(tmp_path) == ["events/schemas/Signal/1-0-0.json", "docs/reference/events.md"]
    assert schemas.write(tmp_path) == ["events/schemas/Signal/1-0-0.json", "docs/reference/events.md"]
    assert schemas.stale(tmp_path) == []


def test_versions_that_are_no_longer_current_are_left_alone(tmp_path: Path) -> None:
    old = tmp_path / "events/schemas/Signal/0-9-0.json"
    old.parent.mkdir(parents=True)
    old.write_text("{}")

    schemas.write(tmp_path)

    assert old.read_text() == "{}"
    assert schemas.stale(tmp_path) == []


def test_the_command_says_what_is_stale(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "stale", lambda: ["events/catalog.yaml"])

    assert schemas.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: events/catalog.yaml\n"
    assert schemas.main(["--nonsense"]) == 2


@pytest.mark.parametrize("path", SCHEMAS, ids=name_of)
def test_every_schema_is_a_valid_schema(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(read(path))


def test_every_fact_has_a_model_a_version_a_schema_and_a_sample() -> None:
    names = {model.__name__ for model in facts.MODELS}

    assert names == set(SCHEMA_VERSIONS)
    versions = {f"{name}/{version}.json" for name, version in SCHEMA_VERSIONS.items()}
    assert versions <= {f"{path.parent.name}/{path.name}" for path in SCHEMAS}
    assert versions <= {f"{path.parent.name}/{path.name}" for path in FACTS}


def test_every_schema_version_of_a_fact_that_ever_was_has_a_sample() -> None:
    versions = {f"{p.parent.name}/{p.name}" for p in SCHEMAS if p.parent.name in SCHEMA_VERSIONS}

    assert versions == {f"{path.parent.name}/{path.name}" for path in FACTS}


def test_every_kind_of_signal_has_words_and_a_sample() -> None:
    assert set(signals.KINDS) == SIGNAL_KINDS
    assert {path.stem for path in SIGNALS} == SIGNAL_KINDS


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_shipped_rules_satisfy_the_schema_that_editors_use(name: str) -> None:
    schema = json.loads((RULES.parent / "schemas" / f"{name.removesuffix('.yaml')}.schema.json").read_text())

    jsonschema.Draft202012Validator(schema).validate(read_yaml(RULES / name).data)


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_first_line_of_every_rule_file_points_to_its_schema(name: str) -> None:
    first = (RULES / name).read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="

    assert first.startswith(prefix)
    assert (RULES / first.removeprefix(prefix)).resolve().is_file()
