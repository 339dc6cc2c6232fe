"""Lists of the current files, for engines that read the bucket themselves (docs/decisions/0071-athena.md).

Such an engine reads every file below a prefix, and below ``state/`` there are for a moment an old and a new one. So it
is shown a list instead (SymlinkTextInputFormat): one address a line, of exactly the files that the manifest names.
"""

from typing import Final

from shared.adapters.duckdb.lake import Objects
from shared.adapters.duckdb.state import Manifest, read_manifest

PERSONS_FILES: Final = "athena/persons/files"
TOUCHES_FILES: Final = "athena/touches/files"
_TRIES: Final = 4


class Links:
    """Keeps the lists equal to the manifest. ``root`` is what a name of an object is appended to: ``s3://bucket/``."""

    def __init__(self, objects: Objects, root: str) -> None:
        self._objects = objects
        self._root = root

    def publish(self) -> None:
        """Write the lists that are not those of the manifest of now: after a build, or where one was killed."""
        for name in (PERSONS_FILES, TOUCHES_FILES):
            for _ in range(_TRIES):
                if self._published(name):
                    break

    def _published(self, name: str) -> bool:
        """Whether a list is right, or was made so; False when somebody else wrote it meanwhile."""
        found = self._objects.get(name)
        # Read after the list: whoever replaces the manifest later finds what is written here, and replaces it, too.
        manifest = read_manifest(self._objects)
        if manifest.persons is None:
            return True
        body = self._list(manifest, name)
        if found is not None and found[0] == body:
            return True
        return self._objects.put_if(name, body, found[1] if found else None)

    def _list(self, manifest: Manifest, name: str) -> bytes:
        files = manifest.touches if name == TOUCHES_FILES else {manifest.persons}
        return "".join(f"{self._root}{file}\n" for file in sorted(filter(None, files))).encode()
