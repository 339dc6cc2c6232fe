"""One cycle of a pull: what changed in another system since the last one, handed on in pages.

A page is durable in the archive, and its reference in the queue, before the position moves: a crash anywhere repeats
pages, which reconciliation recognises by their values. One run at a time per system (lease), and a run that lost its
lease cannot move the position any more (fence).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from shared.domain.instant import MINUTE, SECOND, Instant
from shared.domain.sync.budget import CYCLE, NORMAL, stance
from shared.domain.sync.model import RemoteRecord, Usage
from shared.domain.sync.policy_model import SyncPolicy
from shared.ports.clock import Clock
from shared.ports.operations import ParkedRecord, ParkedRecords
from shared.ports.sync import (
    BudgetSpent,
    Changes,
    ChangesQueue,
    Cycle,
    FenceLost,
    Lease,
    NotConfigured,
    OutQueue,
    RecordArchive,
    RemoteRefused,
    RemoteSystem,
    RemoteUnavailable,
    SyncStore,
    Wish,
)

LEASE_MS: Final = 6 * MINUTE
"""Longer than a run may take, so that a running one is never overtaken, shorter than a person waits for the next."""

PAGE_RECORDS: Final = 100
"""Records per message: what one reconciliation does well within its time."""

LEAD_PREFIX: Final = "lead_"
"""Tells people who wait for a write from records that wait to be read, in one list."""

RESERVE_MS: Final = 20 * SECOND
"""A new page is not begun when less time is left: the position of the pages before it is saved."""

DONE: Final = "done"
BUSY: Final = "busy"
PAUSED: Final = "paused"
OFF: Final = "off"
"""Nobody configured the system."""
STRETCHED: Final = "stretched"
"""The budget runs out: this cycle is left out."""
STOPPED: Final = "stopped"
"""Ended early: the vendor did not answer, refused us, or the budget is spent. The next cycle continues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulling:
    """The collaborators of a pull."""

    system: RemoteSystem
    store: SyncStore
    archive: RecordArchive
    queue: ChangesQueue
    out: OutQueue
    policy: SyncPolicy
    clock: Clock
    parked: ParkedRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a run did. ``error`` is a stable code, empty when nothing went wrong."""

    status: str
    records: int = 0
    pages: int = 0
    calls: int = 0
    error: str = ""


def pull_records(system_name: str, deps: Pulling, *, budget_ms: int) -> Pulled:
    """Read what changed and hand it on, until there is nothing more or the time is nearly over.

    Raises:
        shared.ports.failures.StoreUnavailable: our own side does not answer; the schedule runs again.
    """
    started = deps.clock.now()
    lease = deps.store.acquire(f"pull:{system_name}", now=started, for_ms=LEASE_MS)
    if lease is None:
        return Pulled(status=BUSY)
    try:
        return _Run(system_name, deps, lease, started, started + budget_ms).run()
    except FenceLost:
        return Pulled(status=BUSY, error="SYNC.LEASE_LOST")
    finally:
        deps.store.release(lease)


def pull_again(system_name: str, remote_ids: Sequence[str], deps: Pulling) -> Pulled:
    """Read these people's records now and hand them on; positions stay. At most one call per bundle."""
    before = deps.system.calls()
    try:
        records = deps.system.read(remote_ids)
    except NotConfigured:
        return Pulled(status=OFF)
    except RemoteUnavailable as error:
        return Pulled(status=STOPPED, calls=deps.system.calls() - before, error=_code(error))
    except RemoteRefused as refusal:
        _park_refusal(system_name, refusal, deps)
        return Pulled(status=STOPPED, calls=deps.system.calls() - before, error=refusal.code)
    pages = _hand_on(system_name, records, deps)
    deps.store.was_read(system_name, remote_ids)
    return Pulled(status=DONE, records=len(records), pages=pages, calls=deps.system.calls() - before)


class _Run:
    """One run under its lease."""

    def __init__(self, system: str, deps: Pulling, lease: Lease, started: Instant, until: Instant) -> None:
        self._system = system
        self._deps = deps
        self._lease = lease
        self._started = started
        self._until = until
        self._calls_before = deps.system.calls()
        self._records = self._pages = 0

    def run(self) -> Pulled:
        cycle = self._deps.store.cycle(self._system)
        if cycle.paused:
            return Pulled(status=PAUSED)
        if self._is_too_soon(cycle):
            return Pulled(status=STRETCHED)
        status, error = DONE, ""
        try:
            # First what changed: it shows that the system answers before wishes are sent that need it.
            cycle = self._read_changes(cycle)
            if cycle.read_until == self._started:
                # Before anybody is wished for again: the writer waits for this very mark.
                self._save(cycle)
            self._do_again()
        except NotConfigured:
            return Pulled(status=OFF)
        except RemoteUnavailable as unavailable:
            status, error = STOPPED, _code(unavailable)
        except RemoteRefused as refusal:
            status, error = STOPPED, refusal.code
            _park_refusal(self._system, refusal, self._deps)
        if error:
            cycle = self._deps.store.cycle(self._system)
        self._save(replace(cycle, error=error, started_at=self._started, finished_at=self._deps.clock.now()))
        return Pulled(status=status, records=self._records, pages=self._pages, calls=self._calls(), error=error)

    def _is_too_soon(self, cycle: Cycle) -> bool:
        """Cycles stretch as the budget runs out; a spent one is asked again every hour, for only an answer tells."""
        budget = self._deps.policy.budgets.get(self._system)
        if budget is None or not cycle.finished_at:
            return False
        mood = stance(budget, Usage(cycle.used, cycle.allowed))
        return mood != NORMAL and self._started - cycle.started_at < CYCLE[mood] - MINUTE

    def _do_again(self) -> None:
        """What waited for the system: records to be read once more, and people whose records could not be written.

        Each once a run: a writer that meanwhile asks again waits for the next one.
        """
        done: set[str] = set()
        while waiting := [some_id for some_id in self._deps.store.to_read(self._system) if some_id not in done]:
            people = [some_id for some_id in waiting if some_id.startswith(LEAD_PREFIX)]
            records = [some_id for some_id in waiting if not some_id.startswith(LEAD_PREFIX)]
            if records:
                self._hand_on(self._deps.system.read(records))
            if people:
                wishes = [Wish(lead_id=lead_id, reason="waited", urgent=True) for lead_id in people]
                self._deps.out.send(self._system, wishes)
            self._deps.store.was_read(self._system, waiting)
            done.update(waiting)
            if self._is_late():
                return

    def _read_changes(self, cycle: Cycle) -> Cycle:
        before, met = cycle.recent, dict[str, tuple[Instant, str]]()
        while True:
            page = self._deps.system.changes(cycle.position)
            self._hand_on([record for record in page.records if before.get(record_key(record)) != fingerprint(record)])
            met |= {record_key(record): (record.stamp, fingerprint(record)) for record in page.records}
            met = self._in_overlap(met)
            marks = {key: mark for key, (_, mark) in met.items()}
            if not page.more:
                return replace(cycle, position=page.position, recent=marks, read_until=self._started)
            cycle = replace(cycle, position=page.position, recent={**before, **marks})
            if self._is_late():
                return cycle
            # Pages are many only when much changed: each of them is kept, so that a crash does not start over.
            self._save(cycle)

    def _in_overlap(self, met: Mapping[str, tuple[Instant, str]]) -> dict[str, tuple[Instant, str]]:
        """What the next pull will read again because it looks back; a first load of millions leaves no more behind."""
        since = max((stamp for stamp, _ in met.values()), default=0) - self._deps.policy.overlap_ms
        return {key: found for key, found in met.items() if found[0] >= since}

    def _hand_on(self, records: Sequence[RemoteRecord]) -> None:
        self._records += len(records)
        self._pages += _hand_on(self._system, records, self._deps)

    def _is_late(self) -> bool:
        return self._deps.clock.now() > self._until - RESERVE_MS

    def _calls(self) -> int:
        return self._deps.system.calls() - self._calls_before

    def _save(self, cycle: Cycle) -> None:
        usage = self._deps.system.usage()
        known = replace(cycle, calls=self._calls(), records=self._records)
        if usage is not None:
            known = replace(known, used=usage.used, allowed=usage.allowed)
        self._deps.store.save_cycle(self._system, known, self._lease)


def record_key(record: RemoteRecord) -> str:
    """What tells one record of a system from another."""
    return f"{record.object}:{record.remote_id}"


def fingerprint(record: RemoteRecord) -> str:
    """The content of a record as a digest: equal content in the overlap needs no second look."""
    parts: list[str] = [str(record.stamp), str(record.deleted), record.merged_into or ""]
    parts += _flat(record.values)
    parts += _flat(record.references)
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _flat(values: Mapping[str, str]) -> Iterable[str]:
    return (f"{name}={values[name]}" for name in sorted(values))


def _hand_on(system: str, records: Sequence[RemoteRecord], deps: Pulling) -> int:
    """Archive records and queue references to them; returns how many messages that took."""
    pages = 0
    for start in range(0, len(records), PAGE_RECORDS):
        page = records[start : start + PAGE_RECORDS]
        key = deps.archive.put(page, now=deps.clock.now())
        deps.queue.send(Changes(system=system, key=key, records=len(page)))
        pages += 1
    return pages


def _code(error: RemoteUnavailable) -> str:
    return "SYNC.BUDGET_SPENT" if isinstance(error, BudgetSpent) else "SYNC.REMOTE_UNAVAILABLE"


def _park_refusal(system: str, refusal: RemoteRefused, deps: Pulling) -> None:
    """Keep it where a person sees it, once per cause: nobody but a person can help."""
    deps.parked.park(
        ParkedRecord(
            parked_id="parked_" + sha256(f"{system}:{refusal.code}".encode()).hexdigest()[:26],
            code=refusal.code,
            reason=refusal.detail,
            source=system,
            parked_at=deps.clock.now(),
            details={"system": system},
        )
    )
