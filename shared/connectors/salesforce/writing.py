"""Writes people in bundles of 200 and says what became of each.

Updates go by id. Creations look for the person first (one call) and upsert by our id (one call), so a lost answer is
repeated without a second record. A row that Salesforce refuses never holds up its neighbours: it is sent again without
the refused fields, later, alone, or not at all, as its error says.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from shared.connectors.salesforce.bodies import Bodies, Entry
from shared.connectors.salesforce.bundles import Sender, bundles_of
from shared.connectors.salesforce.client import Client
from shared.connectors.salesforce.errors import (
    CHUNK_FAILED,
    DROP,
    LATER,
    LOCKED,
    MOVED,
    REFUSED,
    TAKEN,
    CallRefused,
    Refusal,
    refusal_of,
)
from shared.connectors.salesforce.matching import Matches, in_the_way, where_it_went
from shared.connectors.salesforce.outcomes import done, given_up, later, once_more, rejected, told_of
from shared.connectors.salesforce.owners import OWNER_FIELD, Owners
from shared.domain.sync.model import RETRY_LATER, SKIPPED, RemoteWrite, WriteOutcome
from shared.ports.sync import BudgetSpent, RemoteRefused, RemoteUnavailable

_MOST_FAILURES: Final = 24
"""Bundles that may fail as a whole in one run: finding two poisonous rows takes fewer, an outage more."""

Send = Callable[[Sequence[Entry]], list[Any]]


class Writer:
    """Writes."""

    def __init__(self, client: Client, bodies: Bodies, owners: Owners, matches: Matches) -> None:
        self._client = client
        self._bodies = bodies
        self._owners = owners
        self._matches = matches
        self._sender = Sender(client, bodies)
        self._failures = 0

    def write(self, writes: Sequence[RemoteWrite]) -> tuple[WriteOutcome, ...]:
        """One outcome per write, in order.

        Raises:
            BudgetSpent, RemoteRefused: before anything was written.
        """
        outcomes: dict[int, WriteOutcome] = {}
        self._failures = 0
        try:
            self._all(writes, outcomes)
        except (BudgetSpent, RemoteRefused) as error:
            if not outcomes:
                raise
            code = error.code if isinstance(error, RemoteRefused) else "REQUEST_LIMIT_EXCEEDED"
            return _with_rest(writes, outcomes, code)
        except RemoteUnavailable as error:
            return _with_rest(writes, outcomes, "SALESFORCE.UNAVAILABLE", error.reason)
        return tuple(outcomes[index] for index in range(len(writes)))

    def _all(self, writes: Sequence[RemoteWrite], outcomes: dict[int, WriteOutcome]) -> None:
        empty = [index for index, write in enumerate(writes) if not write.values and not write.task and write.remote_id]
        outcomes |= {index: WriteOutcome(SKIPPED, writes[index].remote_id, writes[index].object) for index in empty}
        if len(empty) == len(writes):
            return
        self._owners.learn(write.values.get(OWNER_FIELD, "") for write in writes)
        entries = [self._bodies.entry(index, write) for index, write in enumerate(writes) if index not in outcomes]
        # Opt-outs and hand-overs first: what comes last may have to wait for the next run.
        entries.sort(key=lambda entry: not entry.write.urgent)
        for bundle in bundles_of([entry for entry in entries if entry.write.remote_id]):
            self._bundle(sorted(bundle, key=lambda entry: entry.write.object), self._sender.update, outcomes)
        for bundle in bundles_of([entry for entry in entries if not entry.write.remote_id]):
            self._create_new(bundle, outcomes)

    def _create_new(self, bundle: Sequence[Entry], outcomes: dict[int, WriteOutcome]) -> None:
        """Create those who are not there yet."""
        there = self._matches.before_creation([entry.write for entry in bundle])
        outcomes |= {entry.index: there[entry.write.lead_id] for entry in bundle if entry.write.lead_id in there}
        new = [entry for entry in bundle if entry.write.lead_id not in there]
        if new:
            self._bundle(new, self._sender.upsert, outcomes)

    def _bundle(self, entries: Sequence[Entry], send: Send, outcomes: dict[int, WriteOutcome]) -> None:
        """Send until every row has an outcome; rows without one go again, those that are locked after a pause."""
        waiting = list(entries)
        while waiting:
            if self._failures > _MOST_FAILURES:
                outcomes |= {entry.index: later(entry, "SALESFORCE.UNAVAILABLE") for entry in waiting}
                return
            try:
                rows = send(waiting)
            except CallRefused as refused:
                waiting = self._whole_refused(waiting, refused, send, outcomes)
                continue
            errors = self._without_innocents(self._sorted(waiting, rows, outcomes), send, outcomes)
            self._settle(errors, outcomes)
            again = [(entry, error) for entry, error in errors if entry.index not in outcomes]
            if any(error.meaning == LOCKED for _, error in again):
                self._client.wait(min(entry.tries for entry, _ in again))
            waiting = [once_more(entry, error) for entry, error in again]

    def _without_innocents(
        self,
        errors: Sequence[tuple[Entry, Refusal]],
        send: Send,
        outcomes: dict[int, WriteOutcome],
    ) -> list[tuple[Entry, Refusal]]:
        """Rows that a trigger refused all alike: one of them may be the reason for the others, so they go by halves."""
        failed = [(entry, error) for entry, error in errors if error.code == CHUNK_FAILED and error.meaning == REFUSED]
        alike = Counter(error.message for _, error in failed)
        suspects = [entry for entry, error in failed if alike[error.message] > 1]
        if suspects:
            self._failures += 1
            self._halve(suspects, send, outcomes)
        gone = {entry.index for entry in suspects}
        return [(entry, error) for entry, error in errors if entry.index not in gone]

    def _halve(self, entries: Sequence[Entry], send: Send, outcomes: dict[int, WriteOutcome]) -> None:
        """Send two halves by themselves."""
        middle = len(entries) // 2
        self._bundle(entries[:middle], send, outcomes)
        self._bundle(entries[middle:], send, outcomes)

    def _sorted(
        self, entries: Sequence[Entry], rows: Sequence[Any], outcomes: dict[int, WriteOutcome]
    ) -> list[tuple[Entry, Refusal]]:
        """Note the good rows; returns the others with their errors."""
        errors = []
        for entry, row in zip(entries, rows, strict=True):
            if isinstance(row, dict) and row.get("success") is True:
                outcomes[entry.index] = done(entry, row)
            else:
                errors.append((entry, refusal_of(row)))
        return errors

    def _settle(self, errors: Sequence[tuple[Entry, Refusal]], outcomes: dict[int, WriteOutcome]) -> None:
        """Outcomes of the rows that are not sent again; one look-up tells where records went and what is in the way."""
        moved = [(entry, error) for entry, error in errors if error.meaning == MOVED and entry.write.remote_id]
        # A record that exists can do without the unique value that another one has; one that does not is that other.
        taken = [
            (entry, error)
            for entry, error in errors
            if error.meaning == TAKEN and not (entry.write.remote_id and error.refused_fields)
        ]
        ids = [entry.write.remote_id or "" for entry, _ in moved]
        ids += [one for _, error in taken for one in error.records_in_the_way()]
        found = self._matches.by_ids(ids) if ids else {}
        for entry, _ in moved:
            outcomes[entry.index] = where_it_went(entry.write.remote_id or "", found)
        for entry, error in taken:
            ids_in_the_way = error.records_in_the_way()
            message = told_of(entry, error)
            outcomes[entry.index] = in_the_way(entry.write, ids_in_the_way, found, error.code, message)
        for entry, error in errors:
            if entry.index not in outcomes:
                outcome = given_up(entry, error)
                if outcome:
                    outcomes[entry.index] = outcome

    def _whole_refused(
        self,
        entries: Sequence[Entry],
        refused: CallRefused,
        send: Send,
        outcomes: dict[int, WriteOutcome],
    ) -> list[Entry]:
        """One row made the whole call fail: leave out the field that it names, else halve until the row is alone."""
        error = refused.error
        names = error.refused_fields if error.meaning == DROP else ()
        lighter = [entry.without(names, error.code) for entry in entries]
        if names and any(len(new.values) < len(old.values) for new, old in zip(lighter, entries, strict=True)):
            return lighter
        self._failures += 1
        if refused.status == 404:
            # The object or the key of the upsert is not there for us: no row is at fault.
            raise RemoteRefused(f"SALESFORCE.{error.code}", "Leads, or the field of their external id, are hidden.")
        if len(entries) > 1:
            self._halve(entries, send, outcomes)
            return []
        entry = entries[0]
        if refused.status >= 500 or error.meaning == LATER:
            outcomes[entry.index] = later(entry, error.code)
        else:
            outcomes[entry.index] = rejected(entry, error)
        return []


def _with_rest(
    writes: Sequence[RemoteWrite], outcomes: dict[int, WriteOutcome], code: str, message: str = ""
) -> tuple[WriteOutcome, ...]:
    """What was done, and RETRY_LATER for what was not."""
    return tuple(
        outcomes.get(index) or WriteOutcome(RETRY_LATER, write.remote_id, write.object, code, message)
        for index, write in enumerate(writes)
    )
