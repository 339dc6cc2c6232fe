"""The fixtures of the supported vendors, and that the check itself can fail."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli.fixtures import app, check

ROOT = Path(__file__).parents[2] / "fixtures" / "webhooks"
FILES = sorted(path for path in ROOT.rglob("*.json") if path.parent.name != "_tables")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_fixture_of_a_supported_vendor_passes(path: Path) -> None:
    (result,) = check(path)

    assert result.result == "pass", result.why


def changed(tmp_path: Path, name: str, **changes: Any) -> Path:
    """A fixture that was tampered with; ``expected`` is merged."""
    fixture = json.loads((ROOT / name).read_text(encoding="utf-8"))
    expected = {**fixture["expected"], **changes.pop("expected", {})}
    target = tmp_path / name.replace("/", "-")
    target.write_text(json.dumps({**fixture, **changes, "expected": expected}), encoding="utf-8")
    return target


@pytest.mark.parametrize(
    "expected",
    [
        {"email": "other@example.ie"},
        {"email": None},
        {"phone": "+35312345679"},
        {"phone": None},
        {"name": "O'Brien, Siobhán"},
        {"name": None},
        {"company": "Acme"},
        {"utm": {"source": "x"}},
        {"consent": None},
        {"consent": False},
        {"event_id": "zap-992"},
        {"event_id": None},
        {"event_type": "contact.identified"},
        {"event_type": "rejected"},
        {"event_type": "ignored"},
        {"flags": ["bot_ua"]},
        {"events": []},
        {"response_status": 201},
    ],
)
def test_any_other_expectation_fails(tmp_path: Path, expected: dict[str, Any]) -> None:
    (result,) = check(changed(tmp_path, "zapier/plain_json_catch_all.json", expected=expected))

    assert result.result == "fail"
    assert result.why


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("typeform/form_response_sample.json", {"secret": "other"}),
        ("typeform/form_response_sample.json", {"secret": ""}),
        ("standard_webhooks/vector.json", {"verify_at": 1_614_265_631}),
        ("meta/hub_challenge.json", {"expected": {"response_body": "1"}}),
        ("meta/object_user_ignored.json", {"expected": {"event_type": "lead.notified"}}),
        ("_nasty/timestamps_zoo.json", {"expected": {"events": [{"event_type": "lead.submitted"}]}}),
        ("_nasty/duplicate_exact_retry.json", {"expected": {"stored_events": 3}}),
        ("_nasty/duplicate_exact_retry.json", {"expected": {"statuses": [200, 409, 409]}}),
        ("_nasty/same_id_different_payload.json", {"expected": {"conflicts": 0}}),
        ("_nasty/form_repeated_keys.json", {"expected": {"extra": {"interest": ["CRM"]}}}),
        ("_nasty/form_plus_phone_unescaped.json", {"expected": {"raw": {"phone": "x"}}}),
        ("segment/sdk_python_batch.json", {"secret": "otherKey"}),
    ],
)
def test_a_tampered_fixture_fails(tmp_path: Path, name: str, changes: dict[str, Any]) -> None:
    (result,) = check(changed(tmp_path, name, **changes))

    assert result.result == "fail"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("zapier/plain_json_catch_all.json", {"vendor": "webflow"}),
        ("zapier/plain_json_catch_all.json", {"signature": {"scheme": "webflow", "valid": True}}),
        ("_nasty/duplicate_exact_retry.json", {"requests": [{"status": "sent"}]}),
        ("_nasty/duplicate_exact_retry.json", {"requests": [{"ref": "calendly/invitee_created.json"}]}),
    ],
)
def test_vendors_and_schemes_that_are_not_here_are_unsupported(
    tmp_path: Path, name: str, changes: dict[str, Any]
) -> None:
    (result,) = check(changed(tmp_path, name, **changes))

    assert result.result == "unsupported"


def test_an_expectation_that_the_intake_does_not_decide_is_unsupported(tmp_path: Path) -> None:
    fixture = json.loads((ROOT / "_nasty/duplicate_exact_retry.json").read_text(encoding="utf-8"))
    (tmp_path / "a.json").write_text(json.dumps({**fixture, "expected": {"meetings_active": 1}}))

    (result,) = check(tmp_path)

    assert (result.result, "meetings_active" in result.why) == ("unsupported", True)


def test_the_command_lists_every_file_and_fails_when_one_does(tmp_path: Path) -> None:
    changed(tmp_path, "zapier/plain_json_catch_all.json")
    good = CliRunner().invoke(app, ["check", str(tmp_path), "--json"])
    changed(tmp_path, "zapier/plain_json_catch_all.json", expected={"email": "x"})
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "table.json").write_text('{"rows": []}')
    bad = CliRunner().invoke(app, ["check", str(tmp_path)])

    assert good.exit_code == 0
    assert json.loads(good.stdout) == [{"file": "zapier-plain_json_catch_all.json", "result": "pass", "why": ""}]
    assert bad.exit_code == 1
    assert "2 fail" in bad.stdout
    assert "table.json" not in bad.stdout
