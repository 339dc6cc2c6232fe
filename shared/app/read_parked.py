"""Parked records, shown to operators and sent again. Sent twice is applied once: consumers are idempotent."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.app.cursors import Cursors
from shared.app.read_leads import not_found
from shared.app.redrive_parked import NOTHING_TO_SEND, NotRedriven, redrive_many, redrive_parked
from shared.contracts import api
from shared.contracts.envelope import iso
from shared.contracts.operations_api import (
    ParkedDetail,
    ParkedFilter,
    ParkedGroup,
    ParkedQuery,
    ParkedRun,
    ParkedSummary,
)
from shared.domain.intake.problem import Problem
from shared.domain.sync.model import SYSTEMS
from shared.ports.clock import Clock
from shared.ports.failures import UnknownQueue
from shared.ports.operations import ParkedRecord, ParkedRecords, Queues

PAGE: Final = 50
LOOKED_AT: Final = 1000
"""So many open records are looked through for one page of a filter; the cursor continues there."""

SUMMED: Final = 500

RUNBOOKS: Final = {
    "QUEUE": "dead-letters-parked",
    "STREAM": "dead-letters-parked",
    "FUNCTION": "dead-letters-parked",
    "LAKE": "dead-letters-parked",
    "OUTBOX": "facts-parked",
}
"""Beginning of a code → page of the runbooks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedDesk:
    """What an operator can do about parked records."""

    records: ParkedRecords
    queues: Queues
    clock: Clock
    cursors: Cursors

    def open_records(self, asked: ParkedQuery) -> api.ParkedList:
        """A page of open records, newest first. With a filter a page may be short and go on nevertheless.

        Raises:
            Problem: API.BAD_CURSOR.
        """
        scope = f"parked {asked.code or ''} {asked.source or ''}"
        position = self.cursors.open(scope, asked.cursor)
        wanted = _wanted(asked.code, asked.source)
        found: list[ParkedRecord] = []
        following = str(position[0]) if position else None
        for page, after in self._pages(following, most=LOOKED_AT):
            found += filter(wanted, page)
            following = after
            if len(found) >= PAGE:
                break
        return api.ParkedList(
            items=[parked_view(record) for record in found],
            cursor=self.cursors.seal(scope, None if following is None else [following]),
        )

    def summary(self) -> ParkedSummary:
        """The newest open records by code and source."""
        counted: Counter[tuple[str, str]] = Counter()
        more = False
        for page, after in self._pages(None, most=SUMMED):
            counted.update((record.code, record.source) for record in page)
            more = after is not None
        ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        groups = [ParkedGroup(code=code, source=source, count=count) for (code, source), count in ordered]
        return ParkedSummary(items=groups, more=more)

    def record(self, parked_id: str) -> ParkedDetail:
        """One record.

        Raises:
            Problem: API.NOT_FOUND.
        """
        record = self._get(parked_id)
        return ParkedDetail(**parked_view(record).model_dump(), runbook=runbook_of(record))

    def redrive(self, parked_id: str) -> ParkedDetail:
        """Send the message again and close the record; asked again, the closed record is the answer.

        Raises:
            Problem: API.NOT_FOUND; API.NOT_REDRIVABLE when the record does not say where to send what.
        """
        try:
            outcome = redrive_parked(parked_id, parked=self.records, queues=self.queues, now=self.clock.now())
        except UnknownQueue:
            outcome = NotRedriven(NOTHING_TO_SEND)
        if isinstance(outcome, NotRedriven) and outcome.code == NOTHING_TO_SEND:
            raise Problem("API.NOT_REDRIVABLE", status=409, detail="This record does not say how to run it again.")
        return self.record(parked_id)

    def redrive_all(self, asked: ParkedFilter) -> ParkedRun:
        """Send all records of a filter again, as many as one go may. Asked again, it continues."""
        wanted = _wanted(asked.code, asked.source)
        done = redrive_many(wanted, parked=self.records, queues=self.queues, now=self.clock.now())
        return ParkedRun(sent=done.sent, by_hand=done.by_hand, more=done.more)

    def _pages(self, cursor: str | None, *, most: int) -> Iterator[tuple[tuple[ParkedRecord, ...], str | None]]:
        """Pages of open records and the place after each, until the end or until ``most`` were looked at."""
        looked_at = 0
        while True:
            page, cursor = self.records.list(cursor=cursor, limit=PAGE)
            looked_at += len(page)
            yield page, cursor
            if cursor is None or looked_at >= most:
                return

    def _get(self, parked_id: str) -> ParkedRecord:
        record = self.records.get(parked_id)
        if record is None:
            raise not_found()
        return record


def _wanted(code: str | None, source: str | None) -> Callable[[ParkedRecord], bool]:
    return lambda record: code in (None, record.code) and source in (None, record.source)


def runbook_of(record: ParkedRecord) -> str:
    """The page of the runbooks that helps with a record."""
    if record.source in SYSTEMS:
        # A record can be tried again; a system that refuses us altogether cannot.
        return "records-refused" if record.redrive else "sync-refused"
    return RUNBOOKS.get(record.code.partition(".")[0], "signals-parked")


def parked_view(record: ParkedRecord) -> api.ParkedView:
    """A parked record as the API shows it."""
    queue = record.redrive.get("queue")
    return api.ParkedView(
        id=record.parked_id,
        code=record.code,
        reason=record.reason,
        source=record.source,
        state=record.state,
        attempts=record.attempts,
        parked_at=iso(record.parked_at),
        redriven_at=None if record.redriven_at is None else iso(record.redriven_at),
        queue=str(queue) if queue else None,
        details=dict(record.details),
    )
