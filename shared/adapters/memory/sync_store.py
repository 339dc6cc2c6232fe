"""The twin of DynamoSyncStore."""

import heapq
import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from shared.adapters.dynamodb.keys import verdict_cursor, verdict_position, verdict_sk
from shared.adapters.dynamodb.sync_codec import decode_cycle, encode_cycle
from shared.domain.instant import Instant
from shared.domain.sync.model import Link, Verdict
from shared.ports.sync import Cycle, FenceLost, Lease, LinkConflict


class MemorySyncStore:
    """Links, cycles, leases and verdicts in memory, under one lock. Values are frozen, so handing them out is safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._links: dict[tuple[str, str], Link] = {}
        self._verdicts: list[tuple[str, int, str, Verdict]] = []
        """Sort key and number of the stored row, lead, verdict."""
        self._cycles: dict[str, str] = {}
        self._paused: set[str] = set()
        self._leases: dict[str, Lease] = {}
        self._wishes: dict[tuple[str, str], tuple[Instant, int]] = {}
        """When a wish was made first, and how often."""
        self._told: dict[str, dict[str, int]] = {}
        self._claims: dict[tuple[str, str], Instant] = {}
        self._turns: Counter[str] = Counter()
        self._owners: dict[str, str] = {}
        self._owner_names: dict[str, str] = {}

    def links(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Link]:
        """Links by (system, remote id), those that exist."""
        with self._lock:
            return {name: self._links[name] for name in keys if name in self._links}

    def save(self, link: Link, verdicts: Sequence[Verdict] = ()) -> Link:
        """Write a link on condition of its version, with the verdicts about it; returns it one version on."""
        name = link.system, link.remote_id
        saved = replace(link, version=link.version + 1)
        with self._lock:
            held = self._links.get(name)
            if link.version != (held.version if held else 0):
                raise LinkConflict(f"{link.system} {link.object}: version {link.version} is not the stored one")
            self._links[name] = saved
            numbers: Counter[str] = Counter()
            for verdict in verdicts:
                sk = verdict_sk(verdict.at, *name, saved.version)
                self._verdicts.append((sk, numbers[sk], link.lead_id, verdict))
                numbers[sk] += 1
        return saved

    def verdicts(
        self, *, lead_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> tuple[tuple[Verdict, ...], str | None]:
        """Kept verdicts, newest first, of everybody or of the links that named this lead."""
        with self._lock:
            rows = [row for row in self._verdicts if lead_id in (None, row[2])]
        rows.sort(key=lambda row: row[1])
        rows.sort(key=lambda row: row[0], reverse=True)
        if cursor:
            last, passed = verdict_position(cursor)
            rows = [row for row in rows if row[0] < last or (row[0] == last and row[1] > passed)]
        page = rows[:limit]
        return tuple(row[3] for row in page), verdict_cursor(*page[-1][:2]) if len(rows) > limit else None

    def acquire(self, name: str, *, now: Instant, for_ms: int) -> Lease | None:
        """The lease of that name, or None while somebody else holds it."""
        with self._lock:
            held = self._leases.get(name)
            if held and held.until > now:
                return None
            lease = Lease(name=name, fence=held.fence + 1 if held else 1, until=now + for_ms)
            self._leases[name] = lease
            return lease

    def release(self, lease: Lease) -> None:
        """Give it back early. Nothing happens when it is somebody else's by now."""
        with self._lock:
            if self._holds(lease):
                self._leases[lease.name] = replace(lease, until=0)

    def cycle(self, system: str) -> Cycle:
        """What is remembered of a system; a fresh one when nothing is."""
        with self._lock:
            return decode_cycle(json.loads(self._cycles.get(system, "{}")), paused=system in self._paused)

    def save_cycle(self, system: str, cycle: Cycle, lease: Lease) -> None:
        """Remember it. ``paused`` is left as it is stored."""
        document = json.dumps(encode_cycle(cycle))
        with self._lock:
            if not self._holds(lease):
                raise FenceLost(f"{lease.name}: fence {lease.fence} is not the newest")
            self._cycles[system] = document

    def set_paused(self, system: str, *, paused: bool) -> None:
        """Stop or continue a system's pulls and writes; positions are kept."""
        with self._lock:
            (self._paused.add if paused else self._paused.discard)(system)

    def read_again(self, system: str, remote_ids: Iterable[str], *, now: Instant) -> None:
        """Ask the next pull to read these records. One that waits already keeps its place."""
        with self._lock:
            for remote_id in dict.fromkeys(remote_ids):
                first, asked = self._wishes.get((system, remote_id), (now, 0))
                self._wishes[system, remote_id] = first, asked + 1

    def to_read(self, system: str, *, limit: int = 300) -> tuple[str, ...]:
        """Records somebody asked to be read again, oldest first."""
        with self._lock:
            waiting = [(at, some_id, asked) for (of, some_id), (at, asked) in self._wishes.items() if of == system]
            oldest = heapq.nsmallest(limit, waiting)
            self._told[system] = {remote_id: asked for _, remote_id, asked in oldest}
        return tuple(remote_id for _, remote_id, _ in oldest)

    def was_read(self, system: str, remote_ids: Iterable[str]) -> None:
        """Forget those wishes, as far as this instance was told of them: one that was made again since stays."""
        with self._lock:
            told = self._told.get(system, {})
            for remote_id in remote_ids:
                _, asked = self._wishes.get((system, remote_id), (0, 0))
                if told.get(remote_id, asked) == asked:
                    self._wishes.pop((system, remote_id), None)

    def claim(self, system: str, lead_id: str, *, now: Instant, for_ms: int) -> bool:
        """The right to create this person's record, for a while; False while another writer has it."""
        with self._lock:
            if self._claims.get((system, lead_id), now) > now:
                return False
            self._claims[system, lead_id] = now + for_ms
            return True

    def unclaim(self, system: str, lead_id: str) -> None:
        """Give that right back."""
        with self._lock:
            self._claims.pop((system, lead_id), None)

    def turn(self, name: str) -> int:
        """A number that grows by one with every call, from 1 on."""
        with self._lock:
            self._turns[name] += 1
            return self._turns[name]

    def assigned_owner(self, lead_id: str, owner: str | None = None) -> str | None:
        """The owner this person was given; with ``owner`` it is given now, unless somebody was quicker."""
        with self._lock:
            return self._owners.setdefault(lead_id, owner) if owner else self._owners.get(lead_id)

    def name_owners(self, names: Mapping[str, str]) -> None:
        """Remember what owners are called over there: id → name."""
        with self._lock:
            self._owner_names |= names

    def owner_names(self) -> dict[str, str]:
        """Every owner that was ever named: id → name."""
        with self._lock:
            return dict(self._owner_names)

    def _holds(self, lease: Lease) -> bool:
        held = self._leases.get(lease.name)
        return held is not None and held.fence == lease.fence
