from pathlib import Path

import pytest

from infra import build
from infra.aws.app import synthesise
from tests.infrastructure.template import Template

LAYER_HASHES = dict.fromkeys(build.GROUPS, "0" * 64)

LATE = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import shared.app.unused
BYE = 1
"""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """What `make synth` makes, made once."""
    folder = tmp_path_factory.mktemp("synth")
    body = synthesise(out=folder / "cdk.out", staged=folder / "build")
    return Template(body=body, out=folder / "cdk.out", staged=folder / "build")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of the same shape, for changing files in."""
    files = {
        "uv.lock": "version = 1\n",
        "functions/__init__.py": "",
        "functions/greet/__init__.py": "",
        "functions/greet/handler.py": "from shared.app.greeting import greet\n",
        "functions/part/__init__.py": "",
        "functions/part/handler.py": "from shared.app import parting\n",
        "shared/__init__.py": "",
        "shared/app/__init__.py": "",
        "shared/app/greeting.py": "from shared.domain.words import HELLO\n\n\ndef greet(): return HELLO\n",
        "shared/app/parting.py": "def part():\n    from shared.domain.late import BYE\n    return BYE\n",
        "shared/app/unused.py": "",
        "shared/domain/__init__.py": "",
        "shared/domain/words.py": "HELLO = 'hello'\n",
        "shared/domain/words.json": "{}",
        "shared/domain/late.py": LATE,
        "shared/connectors/__init__.py": "",
        "shared/connectors/vendor.py": "from shared.domain.words import HELLO\n",
        "shared/policies/__init__.py": "",
        "shared/policies/compile.py": "import pathlib, sys\npathlib.Path(sys.argv[1]).write_text('{}')\n",
    }
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"
