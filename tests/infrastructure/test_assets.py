"""What is shipped: small, complete, deterministic, and different only where its own code is different."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from infra import build
from infra.catalog import CATALOG
from infra.catalog_types import Catalog, Function, ImportBudget
from tests.infrastructure.template import Template

FUNCTIONS = pytest.mark.parametrize("function", CATALOG.functions, ids=lambda f: f.name)
PROBE = """
import importlib, json, sys
sys.path.insert(0, "")
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""


def small(name: str, **changes: object) -> Function:
    budget = ImportBudget(max_modules=100)
    plain = Function(
        name=name, purpose="", capability="intake", group="core", memory_mb=128, timeout_s=3, import_budget=budget
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def catalog_of(*functions: Function) -> Catalog:
    return replace(CATALOG, functions=functions)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def zips(folder: Path) -> dict[str, bytes]:
    return {path.name: build.zip_folder(path) for path in (folder / "functions").iterdir()}


def test_a_function_ships_what_its_imports_reach_and_nothing_else(project: Path) -> None:
    build.stage(root=project, catalog=catalog_of(small("greet")))

    assert files(project / ".build/functions/greet") == {
        "functions/__init__.py",
        "functions/greet/__init__.py",
        "functions/greet/handler.py",
        "shared/__init__.py",
        "shared/app/__init__.py",
        "shared/app/greeting.py",
        "shared/domain/__init__.py",
        "shared/domain/words.py",
        "shared/domain/words.json",
    }


def test_late_imports_are_shipped_and_those_for_type_checkers_are_not(project: Path) -> None:
    build.stage(root=project, catalog=catalog_of(small("part")))

    shipped = files(project / ".build/functions/part")
    assert "shared/domain/late.py" in shipped
    assert "shared/app/unused.py" not in shipped


def test_packages_imported_by_name_are_shipped_whole(project: Path) -> None:
    build.stage(root=project, catalog=catalog_of(small("part", dynamic=("shared.connectors",))))

    assert {"shared/connectors/vendor.py", "shared/domain/words.py"} <= files(project / ".build/functions/part")


def test_a_changed_module_changes_the_assets_that_use_it_and_no_other(project: Path) -> None:
    catalog = catalog_of(small("greet"), small("part"))
    build.stage(root=project, catalog=catalog)
    before = zips(project / ".build")

    (project / "shared/domain/words.py").write_text("HELLO = 'good day'\n")
    build.stage(root=project, catalog=catalog)

    after = zips(project / ".build")
    assert before["greet"] != after["greet"]
    assert before["part"] == after["part"]


def test_what_is_no_longer_used_is_no_longer_shipped(project: Path) -> None:
    build.stage(root=project, catalog=catalog_of(small("greet"), small("part")))

    (project / "functions/greet/handler.py").write_text("")
    build.stage(root=project, catalog=catalog_of(small("greet")))

    assert files(project / ".build/functions") == {
        "greet/functions/__init__.py",
        "greet/functions/greet/__init__.py",
        "greet/functions/greet/handler.py",
    }


def test_a_function_without_a_handler_is_named(project: Path) -> None:
    with pytest.raises(build.BuildError, match=r"functions/absent/handler\.py"):
        build.stage(root=project, catalog=catalog_of(small("absent")))


def test_policies_that_do_not_compile_stop_the_build_with_their_own_message(project: Path) -> None:
    (project / "shared/policies/compile.py").write_text("raise SystemExit('scoring.yaml:3: unknown field')")

    with pytest.raises(build.BuildError, match=r"scoring\.yaml:3: unknown field"):
        build.stage(root=project, catalog=catalog_of(small("greet", policies=True)))


def test_compiled_policies_are_shipped_where_they_are_read(project: Path) -> None:
    build.stage(root=project, catalog=catalog_of(small("greet", policies=True), small("part")))

    assert (project / ".build/functions/greet/policies.json").read_text() == "{}"
    assert not (project / ".build/functions/part/policies.json").exists()


def test_a_zip_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    for name, order in (("one", ("a.py", "b/c.py")), ("two", ("b/c.py", "a.py"))):
        for file in order:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file)
    (tmp_path / "two/a.py").touch()
    (tmp_path / "two/b/c.cpython-313.pyc").write_bytes(b"compiled here")

    one = build.zip_folder(tmp_path / "one")

    assert one == build.zip_folder(tmp_path / "two")
    assert zipfile.ZipFile(BytesIO(one)).namelist() == ["a.py", "b/c.py"]


def test_the_laptop_gets_empty_layers_of_the_same_identity(project: Path) -> None:
    hashes = build.stage(root=project, catalog=catalog_of())

    assert hashes == {group: build.layer_hash(project / "uv.lock", group) for group in build.GROUPS}
    assert files(project / ".build/layers/core") == {build.EMPTY_LAYER}


def test_a_layer_changes_with_the_lock_file(project: Path) -> None:
    before = build.layer_hash(project / "uv.lock", "core")

    (project / "uv.lock").write_text("version = 2\n")

    assert build.layer_hash(project / "uv.lock", "core") != before
    assert build.layer_hash(project / "uv.lock", "core") != build.layer_hash(project / "uv.lock", "analytics")


def test_layers_hold_locked_packages_with_hashes_and_leave_boto3_to_the_runtime() -> None:
    core = build.requirements("core", build.ROOT)
    analytics = build.requirements("analytics", build.ROOT)

    names = {line.partition("==")[0] for line in core if "==" in line}
    assert {"pydantic", "cryptography", "aws-lambda-powertools"} <= names
    assert not names & {"boto3", "botocore", "duckdb", "pytest", "aws-cdk-lib", "ministack"}
    assert [line.partition("==")[0] for line in analytics if "==" in line] == ["duckdb", "jinja2", "markupsafe"]
    assert sum("--hash=" in line for line in core) >= len(names)


@FUNCTIONS
def test_an_asset_is_small_and_holds_no_test_double(template: Template, function: Function) -> None:
    folder = template.staged / "functions" / function.name
    shipped = files(folder)

    assert not [name for name in shipped if name.startswith("shared/adapters/memory")]
    assert not [name for name in shipped if name.endswith((".yaml", ".md", ".pyc"))]
    assert len(build.zip_folder(folder)) < 500_000
    assert ("policies.json" in shipped) == function.policies


@FUNCTIONS
def test_an_asset_starts_alone_and_within_its_import_budget(template: Template, function: Function) -> None:
    folder = template.staged / "functions" / function.name
    variables = dict.fromkeys(CATALOG.variables_of(function), "x")
    environment = variables | {"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1"}
    module = function.handler.rpartition(".")[0]

    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", PROBE, module],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & set(function.import_budget.denied)
    assert len(loaded) <= function.import_budget.max_modules
