"""What the lake's state is at one moment: a manifest that names its files, none of which ever changes.

``state/manifest.json`` is replaced on condition of its version, so two builders cannot corrupt it and a reader never
sees rows without the list of the facts that are in them. The files it names:

leads
    One row per lead, made of registers that merge in any order. Only builders and readers with new facts need it.
persons
    One row per person, flat: what reports and lists are answered from.
opportunities
    One row per opportunity: what reports about money are answered from.
facts
    Files of facts that are folded into both. They may hold copies of one fact.
touches
    Touches by humans of these facts, each once, without personal data: what deep questions are answered from.
"""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.adapters.duckdb.lake import FACTS, Objects

MANIFEST: Final = "state/manifest.json"
STATE: Final = "state/"
TOUCHES: Final = "touches/"
LAYOUT: Final = 5
"""Version of the files. A state of another layout is not read but folded again from all facts."""


class Stale(Exception):
    """A builder replaced or packed files after the manifest was read; read it again."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The names of the files; ``tag`` is the version of the object that said so."""

    tag: str | None = None
    leads: str | None = None
    persons: str | None = None
    opportunities: str | None = None
    facts: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    rows: int = 0
    """Rows of the file of leads."""

    @property
    def files(self) -> set[str]:
        """Everything but facts."""
        return {name for name in (self.leads, self.persons, self.opportunities) if name} | self.touches

    def to_json(self) -> bytes:
        """As an object of the lake."""
        told = {
            "layout": LAYOUT,
            "leads": self.leads,
            "persons": self.persons,
            "opportunities": self.opportunities,
            "facts": sorted(self.facts),
            "touches": sorted(self.touches),
            "rows": self.rows,
        }
        return json.dumps(told, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class View:
    """The lake at one moment: the manifest, and the files of facts that are not folded."""

    manifest: Manifest
    new: tuple[str, ...]
    beside: tuple[str, ...]
    """Folded files of the days of new ones: only they can hold copies of the same facts."""


def look(objects: Objects) -> View:
    """Read the manifest first and list the files afterwards, so that no folded file looks new.

    Raises:
        Stale: files of the manifest were packed in between.
    """
    manifest = read_manifest(objects)
    listed = objects.names(FACTS)
    new = tuple(name for name in listed if name not in manifest.facts)
    days = {day_of_file(name) for name in new}
    beside = tuple(sorted(name for name in manifest.facts if day_of_file(name) in days))
    if not set(beside).issubset(listed):
        raise Stale
    return View(manifest, new, beside)


def read_manifest(objects: Objects) -> Manifest:
    """The manifest as it is; an empty one when there is none, or one of another layout."""
    found = objects.get(MANIFEST)
    if found is None:
        return Manifest()
    body, tag = found
    told = json.loads(body)
    if told.get("layout") != LAYOUT:
        return Manifest(tag)
    facts, touches = frozenset(told["facts"]), frozenset(told["touches"])
    return Manifest(tag, told["leads"], told["persons"], told["opportunities"], facts, touches, told["rows"])


def day_of_file(name: str) -> str:
    """The folder of a day."""
    return name.rpartition("/")[0] + "/"


class LocalFiles:
    """Copies of objects that never change, in a folder of this process."""

    def __init__(self, objects: Objects, prefix: str) -> None:
        self._objects = objects
        self._folder = tempfile.TemporaryDirectory(prefix=prefix)
        self.directory = Path(self._folder.name).resolve()

    def fetch(self, names: Iterable[str]) -> list[Path]:
        """Paths of local copies.

        Raises:
            Stale: one of them is there no more.
        """
        return [self._fetched(name) for name in names]

    def take(self, name: str, path: Path) -> None:
        """Keep a file that was made here as the copy of an object to come."""
        path.rename(self._path(name))

    def upload(self, name: str) -> None:
        """Make the object of a copy."""
        self._objects.put(name, self._path(name).read_bytes())

    def keep(self, names: Iterable[str]) -> None:
        """Forget all copies but these."""
        kept = {self._path(name) for name in names}
        for path in self.directory.glob("*__*"):
            if path not in kept:
                path.unlink()

    def _fetched(self, name: str) -> Path:
        path = self._path(name)
        if not path.exists():
            found = self._objects.get(name)
            if found is None:
                raise Stale
            path.write_bytes(found[0])
        return path

    def _path(self, name: str) -> Path:
        return self.directory / name.replace("/", "__")
