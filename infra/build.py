"""Stages what the template ships: one small folder per function, and one layer per dependency group. No Docker.

A function's folder holds its own code and exactly those modules of `shared/` that its import statements reach, found
without importing anything. So a change in one module changes the assets of those functions that use it, and of no
others. Layers are built for ARM from the lock file; without ``layers`` their folders stay empty (the laptop's Lambdas
run in the project's venv). Their hash is that of the lock file either way, so the template does not differ.
"""

import ast
import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from infra import console_assets
from infra.catalog import CATALOG
from infra.catalog_types import Catalog, Function

ROOT: Final = Path(__file__).resolve().parent.parent
STAGED: Final = ROOT / ".build"
GROUPS: Final = ("core", "analytics")
EMPTY_LAYER: Final = "EMPTY-LAYER.txt"
"""By this file a layer that was staged without its content is recognised: it must never be published to AWS."""

DATA_SUFFIXES: Final = frozenset({".json", ".sql", ".txt", ".csv", ".html", ".css", ".js", ".svg"})
BROWSER_FOLDER: Final = "browser"
"""Where an asset holds the scripts of others that its pages load."""

QUERIES_FILE: Final = "athena.json"
"""The named queries for Athena, among what is staged."""

CODE_ROOTS: Final = ("functions", "shared")
PLATFORM: Final = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13", "--only-binary", ":all:")
LAYER_FORMAT: Final = 1
"""Raise it when the way a layer is built changes: the lock file alone does not say."""

ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class BuildError(Exception):
    """Something that the assets need is missing or does not work; the message says what to do."""


def stage(
    *, root: Path = ROOT, out: Path | None = None, catalog: Catalog = CATALOG, layers: bool = False
) -> dict[str, str]:
    """Write `functions/<name>/` and `layers/<group>/` below ``out``; returns the hash of each layer by group."""
    out = out or root / ".build"
    code = CodeTree(root)
    policies = compile_policies(root, out) if any(f.policies for f in catalog.functions) else None
    (out / "functions").mkdir(parents=True, exist_ok=True)
    for function in catalog.functions:
        stage_function(function, code, out / "functions" / function.name, policies)
    for stale in {path.name for path in (out / "functions").iterdir()} - {f.name for f in catalog.functions}:
        shutil.rmtree(out / "functions" / stale)
    lock = root / "uv.lock"
    for group in GROUPS:
        stage_layer(group, root, out / "layers" / group, filled=layers)
    return {group: layer_hash(lock, group) for group in GROUPS}


def stage_function(function: Function, code: "CodeTree", target: Path, policies: Path | None) -> None:
    """Write one function's asset."""
    start = [f"functions.{function.name}", f"functions.{function.name}.handler"]
    if code.file_of(start[1]) is None:
        raise BuildError(f"the catalog lists {function.name}, but functions/{function.name}/handler.py is not there")
    dynamic = [module for package in function.dynamic for module in code.modules_below(package)]
    files = code.files_of(code.closure([*start, *code.modules_below(start[0]), *dynamic]))
    wanted = {target / path.relative_to(code.root): path for path in files}
    if function.policies and policies:
        wanted[target / "policies.json"] = policies
    if function.browser:
        wanted |= {target / BROWSER_FOLDER / path.name: path for path in sorted(_browser_files().iterdir())}
    _mirror(target, wanted)


def _browser_files() -> Path:
    try:
        return console_assets.fetch()
    except console_assets.NotFetched as error:
        raise BuildError(str(error)) from error


@dataclass(frozen=True, slots=True)
class CodeTree:
    """The project's own modules, and which of them import which. Reads source, runs nothing."""

    root: Path
    _imports: dict[Path, frozenset[str]] = field(default_factory=dict)

    def file_of(self, module: str) -> Path | None:
        """The file of a module or package of ours, if there is one."""
        base = self.root.joinpath(*module.split("."))
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                return path
        return None

    def modules_below(self, package: str) -> list[str]:
        """Every module of a package, itself included."""
        base = self.root.joinpath(*package.split("."))
        found = (path.relative_to(self.root).with_suffix("") for path in sorted(base.rglob("*.py")))
        return [".".join(path.parts).removesuffix(".__init__") for path in found]

    def closure(self, start: Iterable[str]) -> set[str]:
        """The modules that importing these loads, parents included, as far as they are ours."""
        seen: set[str] = set()
        waiting = list(start)
        while waiting:
            module = waiting.pop()
            path = self.file_of(module)
            if module in seen or path is None:
                continue
            seen.add(module)
            waiting.extend(self._imported_by(path))
            waiting.extend(_parents(module))
        return seen

    def files_of(self, modules: Iterable[str]) -> list[Path]:
        """The files of modules, and the data files that lie beside them."""
        files = {path for module in modules if (path := self.file_of(module))}
        beside = {
            path for folder in {f.parent for f in files} for path in folder.iterdir() if path.suffix in DATA_SUFFIXES
        }
        return sorted(files | beside)

    def _imported_by(self, path: Path) -> frozenset[str]:
        if path not in self._imports:
            tree = ast.parse(path.read_bytes(), filename=str(path))
            self._imports[path] = frozenset(_imports(tree.body))
        return self._imports[path]


def _imports(body: Iterable[ast.stmt]) -> Iterator[str]:
    # What only a type checker imports is never loaded.
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(CODE_ROOTS))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(CODE_ROOTS):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _parents(module: str) -> Iterator[str]:
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


def compile_policies(root: Path, out: Path) -> Path:
    """Have the policies validated and compiled by their own code, in a process of its own.

    Raises:
        BuildError: they are not valid; the message is the compiler's.
    """
    out.mkdir(parents=True, exist_ok=True)
    target = out / "policies.json"
    command = [sys.executable, "-m", "shared.policies.compile", str(target)]
    _run(command, root, "the policies do not compile")
    return target


def compile_queries(root: Path, out: Path) -> Path:
    """Have the published definitions translated for Athena, in a process of its own: they are code of functions.

    Raises:
        BuildError: a definition has no translation; the message is the compiler's.
    """
    out.mkdir(parents=True, exist_ok=True)
    target = out / QUERIES_FILE
    _run([sys.executable, "-m", "infra.athena.compile", str(target)], root, "the queries for Athena do not compile")
    return target


def layer_hash(lock: Path, group: str) -> str:
    """The identity of a layer: what went in."""
    return hashlib.sha256(f"{LAYER_FORMAT}\n{group}\n".encode() + lock.read_bytes()).hexdigest()


def stage_layer(group: str, root: Path, target: Path, *, filled: bool) -> None:
    """Fill a layer's folder for Lambda on ARM, or leave it empty. A filled one is kept until the lock file changes."""
    stamp = target.with_suffix(".hash")
    digest = layer_hash(root / "uv.lock", group) + (" filled" if filled else " empty")
    if stamp.is_file() and stamp.read_text() == digest and target.is_dir():
        return
    shutil.rmtree(target, ignore_errors=True)
    (target / "python").mkdir(parents=True)
    if filled:
        _install(group, root, target / "python")
    else:
        (target / EMPTY_LAYER).write_text("Dependencies come from the venv of the project.\n")
    stamp.write_text(digest)


def _install(group: str, root: Path, target: Path) -> None:
    listed = target.parent.parent / f"{group}.txt"
    listed.write_text("\n".join(requirements(group, root)) + "\n")
    command = [_uv(), "pip", "install", "--quiet", "--no-deps", "--target", str(target), *PLATFORM, "-r", str(listed)]
    _run(command, root, f"the layer {group} cannot be built")
    # Console scripts name this machine's interpreter; nothing starts them in Lambda.
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)


def requirements(group: str, root: Path) -> list[str]:
    """What goes into a layer, as lines of a requirements file with hashes, from the lock file."""
    # boto3 is the runtime's: it is a third of everything, and Lambda keeps it current.
    export = [_uv(), "export", "--quiet", "--frozen", "--no-default-groups", "--no-emit-project", "--no-annotate"]
    export += ["--no-header", "--prune", "boto3"]
    core = _run(export, root, "the lock file cannot be read").splitlines()
    if group == "core":
        return core
    whole = _run([*export, "--extra", group], root, "the lock file cannot be read")
    return _blocks_not_in(whole.splitlines(), core)


def _blocks_not_in(lines: list[str], others: list[str]) -> list[str]:
    known, kept, keep = set(others), [], False
    for line in lines:
        if not line.startswith(" "):
            keep = line not in known
        if keep:
            kept.append(line)
    return kept


@cache
def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.is_file() else "uv"


def _run(command: list[str], root: Path, failure: str) -> str:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{failure}:\n{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _mirror(target: Path, wanted: dict[Path, Path]) -> None:
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in wanted:
            path.unlink()
    for path, source in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)


def zip_folder(folder: Path) -> bytes:
    """A folder as a zip whose bytes depend on names and contents alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ZIP_EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
