"""What changed: Marketo's activity log, followed with paging tokens that are kept from pull to pull.

A person has no "changed since" to ask for, and ``updatedAt`` does not move for custom fields; the log has every change.
An idle pull is three calls: deletions, merges, changes of mapped fields. A page of the log may be short or empty while
more follows. A deletion is told without saying that it was a merge, so merges are read right after deletions: every
deletion by a merge is then known as one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from shared.connectors.marketo.client import MarketoClient, Unanswered
from shared.connectors.marketo.failures import INVALID, NOT_JSON, Refused
from shared.connectors.marketo.reading import BATCH, PeopleReader, gone, instant, timestamp
from shared.connectors.marketo.standing import CHANGES, DELETED, MERGES, Standing, Touched
from shared.domain.instant import DAY, Instant
from shared.domain.sync.model import RemoteRecord
from shared.ports.clock import Clock
from shared.ports.sync import Page, Position

BEGINNING: Final[Instant] = 1_262_304_000_000
"""2010-01-01: before this no log reaches back."""
RETENTION: Final = 85 * DAY
"""Changes of values are purged after 90 days; a pull that slept nearly as long begins anew rather than miss any."""
_NAMES: Final = 100
"""Field names per call of the log."""
_MERGE_LEADS: Final = "32"
_PAGES: Final = 40
"""Pages of the log per step, so that a step stays short when one person fills them."""
_BLANKS: Final = 20
"""Empty pages in a row, then the pull rests and the next one goes on from there."""

_PATHS: Final = {
    DELETED: "/rest/v1/activities/deletedleads.json",
    MERGES: "/rest/v1/activities.json",
    CHANGES: "/rest/v1/activities/leadchanges.json",
}
_POSITION: Final = "/rest/v1/activities/pagingtoken.json"
Entry = Mapping[str, Any]


class ChangeLog:
    """Takes one step of a pull: at most 300 people with their current values, and who is gone."""

    def __init__(
        self, client: MarketoClient, reader: PeopleReader, clock: Clock, *, overlap_ms: int, beginning: Instant
    ) -> None:
        self._client = client
        self._reader = reader
        self._clock = clock
        self._overlap_ms = overlap_ms
        self._beginning = beginning

    def step(self, position: Position) -> Page:
        """The next records after a position."""
        standing = Standing.of(position)
        if not standing.began:
            self._begin(standing)
        records = self._gone(standing)
        self._collect(standing)
        touched = standing.take(BATCH)
        # Whoever is missing was deleted meanwhile, and the log of deletions will say so.
        found = self._reader.now(touched)
        records += [_with_times(found[key], news) for key, news in touched.items() if key in found]
        if standing.is_done:
            standing.finish()
        return Page(
            records=tuple(records),
            position=standing.position(),
            more=bool(standing.waiting) or (bool(standing.open) and not standing.rests),
        )

    def _begin(self, standing: Standing) -> None:
        now = self._clock.now()
        standing.began = now
        standing.open = [DELETED, MERGES, *self._groups()]
        if standing.at and now - standing.at > RETENTION:
            standing.at = 0
            standing.tokens = {name: token for name, token in standing.tokens.items() if not name.startswith(CHANGES)}
        tokens: dict[str, str] = {}
        for stream in standing.open:
            if stream not in standing.tokens:
                since = self._since(standing, stream)
                tokens[since] = tokens.get(since) or self._token(since)
                standing.tokens[stream] = tokens[since]

    def _since(self, standing: Standing, stream: str) -> str:
        """Where a stream without a token begins. Before the first pull nobody was linked whose end could matter."""
        if standing.at:
            return timestamp(standing.at - self._overlap_ms)
        return timestamp(self._beginning if stream.startswith(CHANGES) else standing.began - self._overlap_ms)

    def _token(self, since: str) -> str:
        token = self._client.get(_POSITION, seconds=60.0, sinceDatetime=since).get("nextPageToken")
        if not token:
            raise Unanswered(NOT_JSON)
        return str(token)

    def _groups(self) -> dict[str, str]:
        names = self._reader.watched()
        return {f"{CHANGES}{n}": ",".join(names[n * _NAMES :][:_NAMES]) for n in range(-(-len(names) // _NAMES))}

    def _gone(self, standing: Standing) -> list[RemoteRecord]:
        """Deleted people, a page of them, and every merge that was logged until then."""
        if DELETED not in standing.open and MERGES not in standing.open:
            return []
        read_at = self._clock.now()
        deleted = [(str(row["leadId"]), _at(row)) for row in self._next(standing, DELETED)]
        if MERGES not in standing.open:
            standing.open.insert(0, MERGES)
        losers: list[RemoteRecord] = []
        while rows := self._next(standing, MERGES):
            for row in rows:
                standing.touch(str(row["leadId"]), _at(row), [])
                merged_into = str(row["leadId"])
                losers += [gone(loser, at=_at(row), read_at=read_at, merged_into=merged_into) for loser in _losers(row)]
        standing.remember_merges(losers)
        ends = [gone(key, at=at, read_at=read_at) for key, at in deleted if key not in standing.merged]
        return [*losers, *ends]

    def _collect(self, standing: Standing) -> None:
        """Who changed, until there are enough to read."""
        for _ in range(_PAGES):
            stream = next((name for name in standing.open if name.startswith(CHANGES)), None)
            if stream is None or standing.rests or len(standing.waiting) >= BATCH:
                return
            self._touch(standing, self._next(standing, stream))

    def _touch(self, standing: Standing, rows: Iterable[Entry]) -> None:
        for row in rows:
            changed = (str(item.get("name")) for item in row.get("fields") or ())
            standing.touch(str(row["leadId"]), _at(row), [name for name in changed if name in self._reader.kinds])

    def _next(self, standing: Standing, stream: str) -> list[Entry]:
        """The next page of a stream that has entries; none at its end, or after too many empty pages."""
        for _ in range(_BLANKS):
            if stream not in standing.open:
                return []
            answer = self._page(standing, stream)
            standing.tokens[stream] = str(answer.get("nextPageToken") or standing.tokens[stream])
            if not answer.get("moreResult"):
                standing.open.remove(stream)
            if rows := [row for row in answer.get("result") or () if row.get("leadId")]:
                return rows
        standing.rests = stream in standing.open
        return []

    def _page(self, standing: Standing, stream: str) -> Mapping[str, Any]:
        try:
            return self._ask(standing, stream)
        except Refused as refused:
            if self._reader.drop_unknown(refused):
                return self._page(standing, stream)
            if refused.code != INVALID:
                raise
        # The token is not known any more: look back by the overlap, behind what was surely read.
        standing.tokens[stream] = self._token(self._since(standing, stream))
        return self._ask(standing, stream)

    def _ask(self, standing: Standing, stream: str) -> Mapping[str, Any]:
        params: dict[str, str | int] = {"nextPageToken": standing.tokens[stream], "batchSize": BATCH}
        if stream == MERGES:
            params["activityTypeIds"] = _MERGE_LEADS
        if stream.startswith(CHANGES):
            names = self._groups().get(stream)
            if not names:
                return {}
            params["fields"] = names
        return self._client.get(_PATHS[stream if stream in _PATHS else CHANGES], seconds=60.0, **params)


def _at(row: Entry) -> Instant:
    return instant(row.get("activityDate"))


def _losers(row: Entry) -> list[str]:
    """Ids of those who were merged, from the attribute that lists them."""
    named = {str(item.get("name")): str(item.get("value")) for item in row.get("attributes") or ()}
    return [key for key in re.findall(r"\d+", named.get("Merge IDs", "")) if key != str(row["leadId"])]


def _with_times(record: RemoteRecord, news: Touched) -> RemoteRecord:
    return replace(record, stamp=max(record.stamp, news.at), changed_at=news.fields)
