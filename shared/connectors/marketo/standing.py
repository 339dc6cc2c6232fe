"""Where a pull stands in Marketo's log: a token per stream, and whom it still has to read. Plain JSON between steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.instant import Instant
from shared.domain.sync.model import RemoteRecord
from shared.ports.sync import Position

DELETED: Final = "deleted"
MERGES: Final = "merges"
CHANGES: Final = "changes"
_MOST_MERGED: Final = 2_000


@dataclass(slots=True)
class Touched:
    """What the log told about one person: the newest time, of all and per field."""

    at: Instant = 0
    fields: dict[str, Instant] = field(default_factory=dict)

    def add(self, at: Instant, names: list[str]) -> None:
        """One more entry of the log."""
        self.at = max(self.at, at)
        for name in names:
            self.fields[name] = max(at, self.fields.get(name, 0))


@dataclass(slots=True)
class Standing:
    """The working form of a position.

    ``tokens`` per stream: ``deleted``, ``merges``, ``changes0`` … ``open`` are the streams that this pull has not read
    to the end. ``began`` is our time when it began (0: none is under way), ``at`` when the last complete one did:
    what is older than that, less the overlap, has been read. ``waiting`` are people to read, oldest news first;
    ``merged`` are losers of merges, known as long as deletions may still name them.
    """

    tokens: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    waiting: dict[str, Touched] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    began: Instant = 0
    at: Instant = 0
    rests: bool = False
    """A stream gave nothing but empty pages; the next pull goes on from there. Not part of the position."""

    @classmethod
    def of(cls, position: Position) -> "Standing":
        """Read a position; an empty one is the beginning."""
        waiting: Mapping[str, Any] = position.get("waiting") or {}
        return cls(
            tokens=dict(position.get("tokens") or {}),
            open=list(position.get("open") or ()),
            waiting={key: Touched(int(at), dict(fields)) for key, (at, fields) in waiting.items()},
            merged=dict(position.get("merged") or {}),
            began=int(position.get("began") or 0),
            at=int(position.get("at") or 0),
        )

    def position(self) -> Position:
        """The same as plain JSON values."""
        every = {
            "tokens": dict(self.tokens),
            "open": list(self.open),
            "waiting": {key: [touched.at, touched.fields] for key, touched in self.waiting.items()},
            "merged": dict(self.merged),
            "began": self.began,
            "at": self.at,
        }
        return {name: value for name, value in every.items() if value}

    @property
    def is_done(self) -> bool:
        """Whether the pull has read everything."""
        return not self.open and not self.waiting

    def touch(self, remote_id: str, at: Instant, names: list[str]) -> None:
        """Somebody has to be read."""
        self.waiting.setdefault(remote_id, Touched()).add(at, names)

    def take(self, most: int) -> dict[str, Touched]:
        """Those to read now; they wait no longer."""
        taken = dict(list(self.waiting.items())[:most])
        for remote_id in taken:
            del self.waiting[remote_id]
        return taken

    def remember_merges(self, gone: list[RemoteRecord]) -> None:
        """Losers whose deletion is told separately, and maybe later. Bounded: the newest are kept."""
        self.merged |= {record.remote_id: record.merged_into for record in gone if record.merged_into}
        self.merged = dict(list(self.merged.items())[-_MOST_MERGED:])

    def finish(self) -> None:
        """The pull is complete."""
        self.at, self.began, self.merged = self.began, 0, {}
