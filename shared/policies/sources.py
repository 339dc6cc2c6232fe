"""The sources in the compiled policies, for the doors: they load nothing else, so that they start quickly."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.contracts.intake import Source


def load_sources(path: Path) -> dict[str, Source]:
    """The sources in the policies of an asset."""
    return sources_from(json.loads(path.read_bytes()))


def sources_from(data: Mapping[str, Any]) -> dict[str, Source]:
    """Sources from the plain form of the policies."""
    return {name: Source.of_mapping(name, source) for name, source in data["sources"].items()}
