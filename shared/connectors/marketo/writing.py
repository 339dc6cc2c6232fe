"""Writing people: 300 per call, by id or by address; what one record's failure says stays with that record.

A creation only creates, by e-mail (without one by Leadspine's own id): who is there already is adopted as he is, for
nobody has judged his values yet. A repetition after a lost answer adopts what the first try made; the vendor's action
that always creates is never used. `unsubscribed` belongs to the address there: one write of it changes every record
with that address.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.connectors.marketo.bundling import Batch, Entry, bundled, halves
from shared.connectors.marketo.client import MarketoClient, Unanswered
from shared.connectors.marketo.failures import (
    EXISTS,
    HEAVY,
    NOT_FOUND,
    SEVERAL,
    TRANSIENT,
    Refused,
    TooBig,
    code_of,
    fields_named,
    meaning,
    unknown_field,
)
from shared.connectors.marketo.reading import BATCH, EMAIL, LEADSPINE_ID, PEOPLE, PeopleReader, as_text
from shared.domain.sync.model import (
    CREATED,
    GONE,
    PERSON,
    REJECTED,
    REMAPPED,
    RETRY_LATER,
    SKIPPED,
    UPDATED,
    RemoteWrite,
    WriteOutcome,
)
from shared.ports.sync import BudgetSpent, NotConfigured, RemoteRefused

_UPDATE: Final = "updateOnly"
_CREATE: Final = "createOnly"
"""Repeats safely by its look-up field: who exists answers 1005, is looked up and adopted, not overwritten."""
_LOSERS: Final = 25
_FLAG: Final = "flag"
_SPENT: Final = "607"


@dataclass(slots=True)
class _Results:
    """Outcomes by place, and creations for which there is somebody already, with the code that said so."""

    outcomes: dict[int, WriteOutcome] = field(default_factory=dict)
    several: list[tuple[str, Entry]] = field(default_factory=list)
    has_written: bool = False


class PeopleWriter:
    """Creates, updates and merges people."""

    def __init__(self, client: MarketoClient, reader: PeopleReader) -> None:
        self._client = client
        self._reader = reader

    def write(self, writes: Sequence[RemoteWrite]) -> tuple[WriteOutcome, ...]:
        """One outcome per write, in order. REMAPPED: somebody is there already, and nothing of him was changed.

        Raises:
            BudgetSpent, RemoteRefused, NotConfigured: before anything was written; later they are RETRY_LATER.
        """
        results, rest = _Results(), WriteOutcome(RETRY_LATER, code=code_of("NOT_SENT"))
        try:
            for batch in self._batches(writes, results):
                self._send(batch, results)
            self._choose(results)
        except (BudgetSpent, RemoteRefused, NotConfigured) as stopped:
            if not results.has_written:
                raise
            rest = WriteOutcome(RETRY_LATER, code=getattr(stopped, "code", code_of(_SPENT)))
        return tuple(results.outcomes.get(index, rest) for index in range(len(writes)))

    def _batches(self, writes: Sequence[RemoteWrite], results: _Results) -> Iterable[Batch]:
        updates, by_email, by_id = [], [], []
        for index, write in enumerate(writes):
            email = write.values.get(EMAIL) or ("" if write.remote_id else write.match_email)
            if refused := _refused_at_once(write, email):
                results.outcomes[index] = refused
                continue
            record = self._record(write)
            if write.remote_id:
                updates.append(Entry(index, write, write.remote_id, {"id": int(write.remote_id), **record}))
            elif email:
                by_email.append(Entry(index, write, email.casefold(), {**record, EMAIL: email}))
            else:
                by_id.append(Entry(index, write, write.external_id, {**record, LEADSPINE_ID: write.external_id}))
        yield from bundled(Batch(action=_UPDATE, lookup="id", entries=updates))
        yield from bundled(Batch(action=_CREATE, lookup=EMAIL, entries=by_email))
        yield from bundled(Batch(action=_CREATE, lookup=LEADSPINE_ID, entries=by_id))

    def _record(self, write: RemoteWrite) -> dict[str, Any]:
        kinds = self._reader.kinds
        return {name: _json_value(kinds.get(name, ""), value) for name, value in write.values.items()}

    def _send(self, batch: Batch, results: _Results) -> None:
        failure = self._attempt(batch, results)
        if failure is None:
            return
        if isinstance(failure, Refused) and (name := unknown_field(failure)):
            self._without(name, batch, results)
        elif isinstance(failure, TooBig) and len(batch.entries) > 1:
            for half in halves(batch):
                self._send(half, results)
        elif isinstance(failure, Unanswered) and failure.code not in HEAVY:
            _fail(batch, failure, results)
        else:
            self._isolate(batch, failure, results)

    def _isolate(self, batch: Batch, failure: Exception, results: _Results) -> None:
        """One record may spoil its call: look for it by halving, unless both halves fail and it is the weather."""
        if len(batch.entries) == 1:
            _fail(batch, failure, results)
            return
        both = halves(batch)
        failures = [self._attempt(half, results, patient=False) for half in both]
        is_weather = all(failures)
        for half, failed in zip(both, failures, strict=True):
            if failed is not None and is_weather and len(batch.entries) > 2:
                results.outcomes |= {entry.place: _later(failed) for entry in half.entries}
            elif failed is not None:
                self._isolate(half, failed, results)

    def _without(self, name: str, batch: Batch, results: _Results) -> None:
        """The call was refused for one field: that is the failure of the records that have it."""
        have = [entry for entry in batch.entries if name in entry.record]
        rest = [entry for entry in batch.entries if name not in entry.record]
        refused = WriteOutcome(REJECTED, code=code_of("1006"), message=meaning("1006"), fields=(name,))
        # A field that none of them has cannot be the reason; asking again would change nothing.
        results.outcomes |= {entry.place: refused for entry in have or rest}
        if have and rest:
            self._send(batch.of(rest), results)

    def _attempt(self, batch: Batch, results: _Results, *, patient: bool = True) -> Exception | None:
        """Send a batch; None when it was answered record by record."""
        try:
            answer = self._client.post(PEOPLE, batch.body(), patient=patient)
        except (Unanswered, Refused, TooBig) as failure:
            return failure
        results.has_written = True
        for entry, row in zip(batch.entries, answer.get("result") or (), strict=False):
            self._settle(entry, row, results)
        return None

    def _settle(self, entry: Entry, row: Mapping[str, Any], results: _Results) -> None:
        status, remote_id = row.get("status"), as_text(row.get("id"))
        if status in (CREATED, UPDATED) and remote_id:
            results.outcomes[entry.place] = WriteOutcome(str(status), remote_id=remote_id, object=PERSON)
            return
        reason: Mapping[str, Any] = next(iter(row.get("reasons") or row.get("errors") or ()), {})
        code, text = str(reason.get("code") or ""), str(reason.get("message") or "")
        if code in (SEVERAL, EXISTS) and entry.write.remote_id is None:
            results.several.append((code, entry))
        elif code == NOT_FOUND and entry.write.remote_id:
            results.outcomes[entry.place] = WriteOutcome(GONE, entry.write.remote_id, PERSON, code_of(code))
        elif code in TRANSIENT or not code:
            results.outcomes[entry.place] = WriteOutcome(RETRY_LATER, code=code_of(code or "NO_REASON"))
        else:
            named = fields_named(text, {name: as_text(value) for name, value in entry.record.items()})
            results.outcomes[entry.place] = WriteOutcome(
                REJECTED, entry.write.remote_id, PERSON, code_of(code), meaning(code), named
            )

    def _choose(self, results: _Results) -> None:
        """Of several people with one address ours is the one that bears our id, else the oldest."""
        for lookup, key_of in _LOOKUPS.items():
            asked = [(code, entry) for code, entry in results.several if (EMAIL in entry.record) is (lookup == EMAIL)]
            for start in range(0, len(asked), BATCH):
                chunk = asked[start : start + BATCH]
                try:
                    rows = self._reader.rows(lookup, [entry.key for _, entry in chunk], (EMAIL, LEADSPINE_ID))
                except (Unanswered, Refused) as failure:
                    results.outcomes |= {entry.place: _later(failure) for _, entry in chunk}
                    continue
                by_key: dict[str, list[Mapping[str, Any]]] = {}
                for row in rows:
                    by_key.setdefault(key_of(row), []).append(row)
                results.outcomes |= {entry.place: _chosen(code, entry, by_key.get(entry.key)) for code, entry in chunk}

    def merge(self, winner: str, losers: Sequence[str]) -> None:
        """Merge losers into the winner, 25 per call. Who is gone already was merged by a try whose answer got lost.

        Raises:
            Refused: the winner is gone, or they cannot be merged.
        """
        wanted = [loser for loser in dict.fromkeys(losers) if loser != winner]
        for start in range(0, len(wanted), _LOSERS):
            chunk = wanted[start : start + _LOSERS]
            try:
                self._merge(winner, chunk)
            except Refused as refused:
                if refused.code != NOT_FOUND:
                    raise
                there = self._reader.now([winner, *chunk])
                if winner not in there:
                    raise
                if left := [loser for loser in chunk if loser in there]:
                    self._merge(winner, left)

    def _merge(self, winner: str, losers: Sequence[str]) -> None:
        path = f"/rest/v1/leads/{winner}/merge.json"
        self._client.post(path, {}, seconds=180.0, leadIds=",".join(losers), mergeInCRM="false")


def _refused_at_once(write: RemoteWrite, email: str) -> WriteOutcome | None:
    """What needs no call: nothing to write, no such id, an address that Marketo never takes."""
    if not email.isascii():
        message = "Marketo takes ASCII addresses only"
        return WriteOutcome(REJECTED, write.remote_id, PERSON, code_of("EMAIL_NOT_ASCII"), message, (EMAIL,))
    if write.remote_id is None:
        return None
    if not write.remote_id.isdecimal():
        return WriteOutcome(GONE, write.remote_id, PERSON, code_of(NOT_FOUND))
    return None if write.values else WriteOutcome(SKIPPED, write.remote_id, PERSON)


def _json_value(kind: str, value: str) -> Any:
    """Canonical text as JSON: null clears, flags are booleans, everything else is converted there."""
    if not value:
        return None
    return value == "true" if kind == _FLAG else value


def _fail(batch: Batch, failure: Exception, results: _Results) -> None:
    """What a failed call means for every write in it."""
    for entry in batch.entries:
        if isinstance(failure, Unanswered):
            outcome = _later(failure)
        else:
            code = "413" if isinstance(failure, TooBig) else getattr(failure, "code", "")
            named = fields_named(getattr(failure, "text", ""), {name: as_text(v) for name, v in entry.record.items()})
            outcome = WriteOutcome(REJECTED, entry.write.remote_id, PERSON, code_of(code), meaning(code), named)
        results.outcomes[entry.place] = outcome


def _later(failure: Exception) -> WriteOutcome:
    return WriteOutcome(RETRY_LATER, code=code_of(str(getattr(failure, "code", "413"))))


def _email_key(row: Mapping[str, Any]) -> str:
    return as_text(row.get(EMAIL)).casefold()


def _id_key(row: Mapping[str, Any]) -> str:
    return as_text(row.get(LEADSPINE_ID))


_LOOKUPS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {EMAIL: _email_key, LEADSPINE_ID: _id_key}


def _chosen(code: str, entry: Entry, found: Sequence[Mapping[str, Any]] | None) -> WriteOutcome:
    if not found:
        # The one who was there is gone or not visible yet.
        return WriteOutcome(RETRY_LATER, code=code_of(code))
    best = min(found, key=lambda row: (_id_key(row) != entry.write.external_id, int(row["id"])))
    return WriteOutcome(REMAPPED, remote_id=str(best["id"]), object=PERSON, code=code_of(code))
