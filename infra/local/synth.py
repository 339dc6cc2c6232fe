"""Makes the template as `make synth` does, unless nothing that goes into it has changed since."""

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.local.home import REPOSITORY

OUT = REPOSITORY / "cdk.out"
_STAMP = "made-from.sha256"
_PARTS = ("functions", "shared", "infra/aws", "infra/athena", "infra/catalog", "infra/catalog_types.py",
          "infra/build.py", "infra/console_assets", "cdk.json", "uv.lock")  # fmt: skip


class SynthFailed(Exception):
    """The template cannot be made; the message is what the build said."""


def synthesise(out: Path = OUT) -> Path:
    """A cloud assembly that is up to date; returns its folder.

    Raises:
        SynthFailed: a function, a policy or the stack is wrong.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with (out.parent / f".{out.name}.lock").open("a") as lock:
        # Two clouds that start at once share the assembly: the second one waits and finds it made.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _synthesise(out)


def _synthesise(out: Path) -> Path:
    digest = sources_digest()
    stamp = out / _STAMP
    if stamp.is_file() and stamp.read_text() == digest and any(out.glob("*.template.json")):
        return out
    command = [sys.executable, "-m", "infra.aws.app", "--out", str(out)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SynthFailed(f"the template could not be made:\n{done.stderr.strip() or done.stdout.strip()}")
    stamp.write_text(digest)
    return out


def sources_digest(root: Path = REPOSITORY) -> str:
    """The content of everything that the template and its assets are made from."""
    digest = hashlib.sha256()
    for path in _sources(root):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    for part in _PARTS:
        path = root / part
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)
