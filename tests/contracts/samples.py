"""The samples and schemas that lie in events/, as parameters for tests."""

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[2] / "events"

FACTS = sorted((EVENTS / "samples" / "facts").glob("*/*.json"))
SIGNALS = sorted((EVENTS / "samples" / "signals").glob("*.json"))
TRIGGERS = sorted((EVENTS / "samples" / "triggers").glob("*.json"))
SCHEMAS = sorted((EVENTS / "schemas").glob("*/*.json"))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(EVENTS))
