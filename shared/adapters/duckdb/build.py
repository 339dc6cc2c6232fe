"""Folding new facts into the files of the state, round by round, so that memory does not grow with the backlog."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Final

from duckdb import DuckDBPyConnection

from shared.adapters.duckdb import fold, opportunities, persons
from shared.adapters.duckdb.engine import file_list, quoted, session
from shared.adapters.duckdb.lake import Objects, digest
from shared.adapters.duckdb.links import Links
from shared.adapters.duckdb.state import (
    LAYOUT,
    MANIFEST,
    STATE,
    TOUCHES,
    LocalFiles,
    Manifest,
    View,
    day_of_file,
    look,
)
from shared.domain.instant import DAY
from shared.ports.lake import BuildResult, LakeBusy

PACK_FROM: Final = 32
"""Files of one day from which they are packed into one, so that neither lists nor downloads grow with traffic."""
ROUND_BYTES: Final = 48_000_000
"""Facts folded at once, as compressed bytes of their files; a day is never divided."""
ROUNDS: Final = 3
"""Rounds of one build: a greater backlog is folded by the next builds, so that none runs out of time."""

_TOUCHES: Final = """
COPY (
  SELECT lead_id, epoch_ms(occurred_at) AS occurred_at, kind, channel, source, campaign, content FROM heard_touch
  WHERE recorded // {day} = {number} ORDER BY lead_id, occurred_at
) TO {target} (FORMAT parquet, COMPRESSION zstd)
"""
_PACK_TOUCHES: Final = """
COPY (FROM read_parquet({sources}) ORDER BY lead_id, occurred_at) TO {target} (FORMAT parquet, COMPRESSION zstd)
"""


class Builder:
    """Builds from the lake as it is to a published state that lacks nothing.

    With ``links`` other engines are told its files as well. A build without new facts puts right what another one, that
    was killed, had not told.
    """

    def __init__(self, objects: Objects, files: LocalFiles, links: Links | None = None) -> None:
        self._objects = objects
        self._files = files
        self._links = links
        self._next = files.directory / "next.parquet"

    def build(self) -> BuildResult:
        """Fold new files, the oldest first, pack busy days, and replace the manifest if nobody else did.

        Raises:
            LakeBusy: another builder was faster; nothing was changed.
            Stale: another builder removed what this one wanted to read.
        """
        view = look(self._objects)
        if not view.new:
            self._tell()
            return BuildResult(0, 0, view.manifest.rows)
        # What others wrote before now and did not publish, they never will: their manifest would replace an older one.
        doomed = {*self._objects.names(STATE), *self._objects.names(TOUCHES)}
        built, facts, done = view.manifest, 0, list[str]()
        for new in islice(self._rounds(view.new), ROUNDS):
            built, added = self._round(view, built, new)
            facts += added
            done += new
        built, packed = self._pack(built, {day_of_file(name) for name in done})
        for name in sorted(built.files - view.manifest.files):
            self._files.upload(name)
        if not self._objects.put_if(MANIFEST, built.to_json(), view.manifest.tag):
            raise LakeBusy
        self._tell()
        self._objects.remove([*packed, *sorted(doomed - built.files - {MANIFEST})])
        self._files.keep(built.files)
        return BuildResult(len(done), facts, built.rows)

    def _tell(self) -> None:
        """Before files go, so that nobody is told of a file that is there no more."""
        if self._links:
            self._links.publish()

    def _rounds(self, new: Sequence[str]) -> Iterator[list[str]]:
        """Names of files, whole days together, until there is enough for a round."""
        taken: list[str] = []
        size = 0
        for _, names in groupby(new, day_of_file):
            day = list(names)
            more = sum(path.stat().st_size for path in self._files.fetch(day))
            if taken and size + more > ROUND_BYTES:
                yield taken
                taken, size = [], 0
            taken += day
            size += more
        if taken:
            yield taken

    def _round(self, view: View, known: Manifest, new: Sequence[str]) -> tuple[Manifest, int]:
        days = {day_of_file(name) for name in new}
        beside = self._files.fetch(name for name in view.beside if day_of_file(name) in days)
        leads, made = self._files.fetch([known.leads])[0] if known.leads else None, None
        if known.persons:
            made = self._files.fetch([known.persons])[0]
        with session(self._files.directory) as connection:
            fold.begin(connection, leads)
            added = fold.fold(connection, self._files.fetch(new), beside)
            persons.gather(connection, made)
            facts = known.facts | set(new)
            version = digest([str(LAYOUT), *sorted(facts)])
            rows = fold.save_leads(connection, self._next)
            self._files.take(f"{STATE}leads-{version}.parquet", self._next)
            persons.save(connection, self._next)
            self._files.take(f"{STATE}persons-{version}.parquet", self._next)
            opportunities.save(connection, self._next)
            self._files.take(f"{STATE}opportunities-{version}.parquet", self._next)
            touches = known.touches | self._touches(connection, new)
        built = replace(
            known,
            leads=f"{STATE}leads-{version}.parquet",
            persons=f"{STATE}persons-{version}.parquet",
            opportunities=f"{STATE}opportunities-{version}.parquet",
            facts=facts,
            touches=touches,
            rows=rows,
        )
        self._files.keep(built.files)
        return built, added

    def _touches(self, connection: DuckDBPyConnection, new: Sequence[str]) -> set[str]:
        """One file of touches for each day of recording."""
        made = set()
        for day, names in groupby(new, day_of_file):
            name = f"{TOUCHES}{_date(day)}/{digest(names)}.parquet"
            connection.execute(_TOUCHES.format(day=DAY, number=_number(day), target=quoted(str(self._next))))
            self._files.take(name, self._next)
            made.add(name)
        return made

    def _pack(self, built: Manifest, days: set[str]) -> tuple[Manifest, list[str]]:
        """Write one file for each day that has many; returns what is named now, and facts to be removed later.

        Until the manifest is replaced the packed file of facts is one more copy, and copies are never counted.
        """
        facts, touches, removed = set(built.facts), set(built.touches), []
        with session(self._files.directory) as connection:
            for day in sorted(days):
                files = sorted(name for name in facts if day_of_file(name) == day)
                if len(files) >= PACK_FROM:
                    fold.pack(connection, self._files.fetch(files), self._next)
                    packed = f"{day}{digest(files)}.parquet"
                    self._files.take(packed, self._next)
                    self._files.upload(packed)
                    facts = (facts - set(files)) | {packed}
                    removed += files
                files = sorted(name for name in touches if _date(name) == _date(day))
                if len(files) >= PACK_FROM:
                    sources = file_list(self._files.fetch(files))
                    connection.execute(_PACK_TOUCHES.format(sources=sources, target=quoted(str(self._next))))
                    packed = f"{TOUCHES}{_date(day)}/{digest(files)}.parquet"
                    self._files.take(packed, self._next)
                    touches = (touches - set(files)) | {packed}
        return replace(built, facts=frozenset(facts), touches=frozenset(touches)), removed


def _date(name: str) -> str:
    """``dt=…`` of a file or folder."""
    return name.split("/")[1]


def _number(day: str) -> int:
    """Days since 1970 of a folder of a day."""
    date = datetime.strptime(_date(day), "dt=%Y-%m-%d").replace(tzinfo=UTC)
    return int(date.timestamp()) * 1000 // DAY
