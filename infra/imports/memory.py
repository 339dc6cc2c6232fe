"""How far an import has come, kept beside the cloud it went into: by content of the file and how it was read."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.imports.files import InputFile
from infra.imports.items import Shaping
from infra.local.home import Home, write_atomically


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Rows that are done: ``taken`` were accepted by the door, ``refused`` are in the report.

    ``undated`` of the taken ones said nothing about when. ``report_bytes`` is the size of the report at that point.
    """

    rows: int = 0
    taken: int = 0
    refused: int = 0
    undated: int = 0
    report_bytes: int = 0
    finished: bool = False


class ImportMemory:
    """One import's place in a home."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Progress:
        """Where the last run stopped; the beginning when there was none, or what is there cannot be read."""
        try:
            return Progress(**json.loads(self._path.read_text()))
        except (OSError, ValueError, TypeError):
            return Progress()

    def save(self, progress: Progress) -> None:
        """Keep it, in one step."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self._path, json.dumps(asdict(progress)) + "\n")


def memory_of(home: Home, file: InputFile, shaping: Shaping) -> ImportMemory:
    """The place of this content, read in this way. A renamed copy is the same file; a home that is forgotten, new."""
    how = json.dumps([file.digest, file.form, file.encoding, file.delimiter, asdict(shaping)], sort_keys=True)
    return ImportMemory(home.root / "imports" / f"{hashlib.sha256(how.encode()).hexdigest()[:32]}.json")
