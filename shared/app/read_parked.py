"""Parked records, shown to operators and sent again. Sent twice is applied once: consumers are idempotent."""

from dataclasses import dataclass

from shared.app.cursors import Cursors
from shared.app.read_leads import not_found
from shared.app.redrive_parked import NotRedriven, redrive_parked
from shared.contracts import api
from shared.contracts.envelope import iso
from shared.domain.intake.problem import Problem
from shared.ports.clock import Clock
from shared.ports.operations import ParkedRecord, ParkedRecords, Queues

_SCOPE = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedDesk:
    """What an operator can do about parked records."""

    records: ParkedRecords
    queues: Queues
    clock: Clock
    cursors: Cursors

    def open_records(self, cursor: str | None) -> api.ParkedList:
        """A page of open records, newest first."""
        position = self.cursors.open(_SCOPE, cursor)
        records, following = self.records.list(cursor=str(position[0]) if position else None)
        return api.ParkedList(
            items=[parked_view(record) for record in records],
            cursor=self.cursors.seal(_SCOPE, None if following is None else [following]),
        )

    def record(self, parked_id: str) -> api.ParkedView:
        """One record.

        Raises:
            Problem: API.NOT_FOUND.
        """
        return parked_view(self._get(parked_id))

    def redrive(self, parked_id: str) -> api.ParkedView:
        """Send the message again and close the record; asked again, the closed record is the answer.

        Raises:
            Problem: API.NOT_FOUND; API.NOT_REDRIVABLE when the record does not say where to send what.
        """
        outcome = redrive_parked(parked_id, parked=self.records, queues=self.queues, now=self.clock.now())
        if isinstance(outcome, NotRedriven) and outcome.code == "PARKED.NOTHING_TO_SEND":
            raise Problem("API.NOT_REDRIVABLE", status=409, detail="This record does not say how to run it again.")
        return self.record(parked_id)

    def _get(self, parked_id: str) -> ParkedRecord:
        record = self.records.get(parked_id)
        if record is None:
            raise not_found()
        return record


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
