"""One step of a pull: a page of each kind of record behind its own position, all in one composite call.

Pages go by (SystemModstamp, Id), never by query cursors, which die: a repeated step reads the same rows, thousands of
rows with one stamp are gone through by id, and a page that is shorter than it was asked to be is only a page. A pull
begins the policy's overlap behind the last one, because a row becomes visible after its stamp when its transaction
takes long. Its end is its own beginning by the server's clock: what changed meanwhile belongs to the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from shared.connectors.salesforce.asking import Asker, Found
from shared.connectors.salesforce.client import Client
from shared.connectors.salesforce.ids import id18
from shared.connectors.salesforce.queries import OBJECTS, PAGE_ROWS, Select, after, columns_of
from shared.connectors.salesforce.reading import Reader, instant, order
from shared.domain.instant import Instant
from shared.domain.sync.model import OPPORTUNITY, RemoteRecord
from shared.domain.sync.policy_model import SyncPolicy
from shared.ports.sync import Page, Position, RemoteUnavailable

TIMED_OUT: Final = "QUERY_TIMEOUT"
_FEWEST_ROWS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where one kind of record stands. ``over``: nothing more in this pull. ``blind``: our user may not see it."""

    stamp: Instant = 0
    record_id: str = ""
    over: bool = False
    blind: bool = False

    @classmethod
    def of(cls, raw: Any) -> "Mark":
        """From a position."""
        given = raw if isinstance(raw, Mapping) else {}
        return cls(
            stamp=int(given.get("stamp") or 0),
            record_id=str(given.get("id") or ""),
            over=given.get("over") is True,
            blind=given.get("blind") is True,
        )

    def plain(self) -> dict[str, Any]:
        """For a position."""
        flags = {name: True for name, on in (("over", self.over), ("blind", self.blind)) if on}
        return {"stamp": self.stamp, "id": self.record_id, **flags}


class Puller:
    """Reads changes."""

    def __init__(self, client: Client, asker: Asker, reader: Reader, policy: SyncPolicy) -> None:
        self._client = client
        self._asker = asker
        self._reader = reader
        self._columns = columns_of(policy)
        self._overlap_ms = policy.overlap_ms
        self._rows = PAGE_ROWS

    def step(self, position: Position) -> Page:
        """The next page. ``position`` is {"started": server's time, 0 between pulls, kind: {"stamp", "id"}}."""
        started = int(position.get("started") or 0)
        marks = {kind: Mark.of(position.get(kind)) for kind in OBJECTS}
        begins = marks if started else {kind: self._begin(mark) for kind, mark in marks.items()}
        kinds = [kind for kind in OBJECTS if not begins[kind].over]
        rows = self._rows
        pages = self._ask([self._select(kind, begins[kind], started) for kind in kinds])
        records: list[RemoteRecord] = []
        times: list[Instant] = []
        for kind, page in zip(kinds, pages, strict=True):
            if page is None:
                # Where it stood stays, so that nothing is lost when the right to see it comes back.
                begins[kind] = replace(marks[kind], over=True, blind=True)
                continue
            begins[kind] = _moved(begins[kind], page, rows)
            records += self._read(kind, page)
            times += [page.server_at] if page.server_at else []
        started = started or min(times, default=0)
        more = not all(mark.over for mark in begins.values())
        if more and not started:
            # Without a Date the newest row that was seen bounds the pull: any fixed bound ends it.
            started = max((record.stamp for record in records), default=1)
        after_it = begins if more else {kind: _ended(mark, marks[kind], started) for kind, mark in begins.items()}
        return Page(
            records=tuple(sorted(records, key=order)),
            position={
                "started": started if more else 0,
                **{kind: mark.plain() for kind, mark in after_it.items()},
            },
            more=more,
        )

    def _ask(self, selects: list[Select]) -> list[Found | None]:
        """Ask; where a page is too much for the server, the next step asks for half of it, and later for more again."""
        try:
            pages = self._asker.ask(selects)
        except RemoteUnavailable as error:
            if TIMED_OUT in error.reason:
                self._rows = max(_FEWEST_ROWS, self._rows // 2)
            raise
        self._rows = min(PAGE_ROWS, self._rows * 2)
        return pages

    def _begin(self, mark: Mark) -> Mark:
        stamp = max(0, mark.stamp - self._overlap_ms)
        return Mark(stamp=stamp) if mark.stamp else Mark()

    def _select(self, kind: str, mark: Mark, until: Instant) -> Select:
        return Select(
            source=OBJECTS[kind],
            columns=self._columns[kind],
            where=after(mark.stamp, mark.record_id, until),
            ordered="SystemModstamp, Id",
            limit=self._rows,
            children=kind == OPPORTUNITY,
        )

    def _read(self, kind: str, page: Found) -> list[RemoteRecord]:
        currency = self._client.access.currency
        rows = (self._asker.complete(row) if kind == OPPORTUNITY else row for row in page.rows)
        return [self._reader.record(kind, row, read_at=page.began_at, currency=currency) for row in rows]


def _moved(mark: Mark, page: Found, rows: int) -> Mark:
    """The position behind a page. It is the last one when the server says so and it is not full."""
    if not page.rows:
        if not page.done:
            raise RemoteUnavailable("an empty page that is not the last one")
        return replace(mark, over=True)
    last = page.rows[-1]
    return Mark(
        stamp=instant(last.get("SystemModstamp")),
        record_id=id18(str(last.get("Id") or "")),
        over=page.done and len(page.rows) < rows,
    )


def _ended(mark: Mark, before: Mark, started: Instant) -> Mark:
    """Between pulls: the beginning of the one that ended, or, where the server told no time, the last row."""
    if mark.blind:
        return Mark(stamp=mark.stamp)
    return Mark(stamp=started or max(mark.stamp, before.stamp))
