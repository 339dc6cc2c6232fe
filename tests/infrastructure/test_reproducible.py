"""The same sources make the same template: on every machine, with or without Node, on the laptop and in the cloud."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from infra import build
from infra.aws.app import make_app, synthesise
from infra.catalog import STACK_NAME
from tests.infrastructure.template import Template, name_of


def template_at(out: Path) -> str:
    return (out / f"{STACK_NAME}.template.json").read_text()


def copy_of(staged: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(staged, tmp_path / "build"))


def layer_hashes() -> dict[str, str]:
    return {group: build.layer_hash(build.ROOT / "uv.lock", group) for group in build.GROUPS}


def asset_hashes(out: Path) -> dict[str, str]:
    """Hash of each function's code, by its logical id."""
    resources = json.loads(template_at(out))["Resources"]
    functions = {key: r for key, r in resources.items() if r["Type"] == "AWS::Lambda::Function"}
    return {key: r["Properties"]["Code"]["S3Key"] for key, r in functions.items()}


def test_a_second_synthesis_without_any_node_on_the_path_is_identical(template: Template, tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path / "nothing"), "HOME": str(Path.home())}
    out = tmp_path / "out"

    done = subprocess.run(
        [sys.executable, "-m", "infra.aws.app", "--out", str(out)],
        cwd=build.ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert template_at(out) == template_at(template.out)


def test_filled_layers_leave_the_template_as_it_is(template: Template, tmp_path: Path) -> None:
    staged = copy_of(template.staged, tmp_path)
    for group in build.GROUPS:
        (staged / "layers" / group / build.EMPTY_LAYER).unlink()
        (staged / "layers" / group / "python" / "package.py").write_text("")

    make_app(tmp_path / "out", staged, layer_hashes()).synth()

    assert template_at(tmp_path / "out") == template_at(template.out)


def test_a_changed_function_changes_its_own_asset_only(template: Template, tmp_path: Path) -> None:
    staged = copy_of(template.staged, tmp_path)
    with (staged / "functions/serve_api/functions/serve_api/handler.py").open("a") as handler:
        handler.write("\n# changed\n")

    make_app(tmp_path / "out", staged, layer_hashes()).synth()

    before, after = asset_hashes(template.out), asset_hashes(tmp_path / "out")
    changed = [key for key in before if before[key] != after[key]]
    assert [name_of(key) for key in changed] == ["serve_api"]


def test_the_template_names_no_account_no_region_and_no_machine(template: Template) -> None:
    text = template_at(template.out)

    assert str(build.ROOT) not in text
    assert str(Path.home()) not in text
    for region in ("eu-central-1", "us-east-1"):
        assert region not in text


def test_synthesis_only_replaces_an_assembly(tmp_path: Path) -> None:
    precious = tmp_path / "out" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine")

    synthesise(out=tmp_path / "out", staged=tmp_path / "build")

    assert precious.read_text() == "mine"
