"""Style sheets and scripts, under addresses that change with their content, so that browsers may keep them for ever."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "/console/static/"
TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOREVER: Final = "public, max-age=31536000, immutable"
_DIGEST_CHARS: Final = 12


class StaticFiles:
    """Files of some folders by name. All of them are read when it is made: they are few and small."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._addresses: dict[str, str] = {}
        self._files: dict[str, tuple[str, str]] = {}
        for folder in folders:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if path.suffix in TYPES:
                    self._add(path)

    def _add(self, path: Path) -> None:
        content = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(content.encode()).hexdigest()[:_DIGEST_CHARS]
        address = f"{FOLDER}{digest}/{path.name}"
        self._addresses[path.name] = address
        self._files[address] = (TYPES[path.suffix], content)

    def address(self, name: str) -> str:
        """Where a file is; empty when it is not part of this build."""
        return self._addresses.get(name, "")

    def serve(self, path: str) -> dict[str, Any] | None:
        """The response for a path; None when it is no file."""
        found = self._files.get(path)
        if found is None:
            return None
        headers: Mapping[str, str] = {"content-type": found[0], "cache-control": _FOREVER}
        return {"statusCode": 200, "headers": headers, "body": found[1], "isBase64Encoded": False}
