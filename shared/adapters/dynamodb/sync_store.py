"""Table ``sync``: links and their verdicts, cycles behind a fence, leases, wishes, claims. No Scan, no index.

Time comes from the caller: a row ends when ``now`` has passed its end, not when DynamoDB gets round to deleting it.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice
from typing import Any, Final

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import Item, from_item, pack, sort_key, to_item, unpack
from shared.adapters.dynamodb.keys import Key
from shared.adapters.dynamodb.sync_codec import (
    decode_cycle,
    decode_link,
    decode_verdicts,
    encode_cycle,
    encode_link,
    encode_verdicts,
)
from shared.adapters.dynamodb.sync_rows import ABSENT, SyncRows
from shared.adapters.dynamodb.table import Table
from shared.domain.instant import DAY, MINUTE, SECOND, Instant
from shared.domain.sync.model import Link, Verdict
from shared.ports.sync import Cycle, FenceLost, Lease, LinkConflict

VERDICTS_KEPT: Final = 400 * DAY
"""So long it can be asked who won a conflict. Verdicts hold values, so personal data: they do not stay for ever."""

_SWEPT_AFTER: Final = 60 * MINUTE
"""So long after its end a claim may be deleted by DynamoDB: ahead of any difference between clocks."""


class DynamoSyncStore:
    """The SyncStore of the cloud."""

    def __init__(self, sync: Table) -> None:
        self._sync = sync
        self._rows = SyncRows(sync)
        self._months: set[str] = set()
        self._named: dict[str, str] = {}
        """Names of owners that this process knows to be stored."""
        self._told: dict[str, dict[str, int]] = {}
        """By system: how often each wish had been made when ``to_read`` last told of it."""

    def links(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Link]:
        """Links by (system, remote id), those that exist, strongly consistent. One call per hundred."""
        by_key = _by_key(keys)
        found = self._sync.get_many(list(by_key))
        return {name: _link(name, found[key]) for key, name in by_key.items() if key in found}

    def save(self, link: Link, verdicts: Sequence[Verdict] = ()) -> Link:
        """Write a link on condition of its version, with the verdicts about it; returns it one version on.

        One call without verdicts, one transaction with them.

        Raises:
            LinkConflict: the stored version is another one; nothing was written. After a lost answer it may be ours.
        """
        saved = replace(link, version=link.version + 1)
        key = keys.link(link.system, link.remote_id)
        item = to_item("link", key, version=saved.version, body=pack(encode_link(saved)))
        own = (
            self._rows.put(item, "version = :held", held=link.version) if link.version else self._rows.put(item, ABSENT)
        )
        self._announce({keys.month_of(verdict.at) for verdict in verdicts})
        if not self._rows.write("save link", [own, *map(self._rows.put, _verdict_items(saved, verdicts))]):
            raise LinkConflict(f"{link.system} {link.object}: version {link.version} is not the stored one")
        return saved

    def _announce(self, months: set[str]) -> None:
        """Say that a month has verdicts, before it has, once per process.

        Outside the transaction, because transactions that write the same row at the same time refuse each other.
        """
        for month in sorted(months - self._months):
            self._rows.write("announce month", [self._rows.put(to_item("verdict_month", keys.verdict_month(month)))])
            self._months.add(month)

    def verdicts(
        self, *, lead_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> tuple[tuple[Verdict, ...], str | None]:
        """Kept verdicts, newest first, of everybody or of the links that named this lead."""
        last, passed = keys.verdict_position(cursor) if cursor else (keys.AFTER_ALL, -1)
        partitions = (keys.verdicts_of_lead(lead_id),) if lead_id is not None else self._months_until(last)
        # One row may be passed already, every other has a verdict, and one more tells whether there is another page.
        rows = (
            row for pk in partitions for row in self._sync.query_newest(pk, "sk <= :last", limit=limit + 2, last=last)
        )
        listed = (
            (keys.verdict_cursor(sort_key(row), number), verdict)
            for row in rows
            for number, verdict in enumerate(decode_verdicts(unpack(from_item("verdicts", row)["body"])))
            if sort_key(row) != last or number > passed
        )
        page = list(islice(listed, limit + 1))
        return tuple(verdict for _, verdict in page[:limit]), page[limit - 1][0] if len(page) > limit else None

    def _months_until(self, last: str) -> Iterable[str]:
        newest = last if last == keys.AFTER_ALL else keys.month_of(keys.verdict_time(last))
        months = self._sync.query_newest(keys.verdict_month("").pk, "sk <= :newest", newest=newest)
        return (keys.verdicts_of_month(sort_key(row)) for row in months)

    def acquire(self, name: str, *, now: Instant, for_ms: int) -> Lease | None:
        """The lease of that name, or None while somebody else holds it."""
        until = now + for_ms
        row = self._rows.update(
            "lease",
            keys.lease(name),
            put="held_until = :until",
            add="fence :one",
            condition=f"{ABSENT} OR held_until <= :now",
            until=until,
            one=1,
            now=now,
        )
        return Lease(name=name, fence=row["fence"], until=until) if row else None

    def release(self, lease: Lease) -> None:
        """Give it back early. Nothing happens when it is somebody else's by now."""
        key = keys.lease(lease.name)
        self._rows.update("lease", key, put="held_until = :free", condition="fence = :own", free=0, own=lease.fence)

    def cycle(self, system: str) -> Cycle:
        """What is remembered of a system; a fresh one when nothing is."""
        own, pause = keys.cycle(system), keys.pause(system)
        found = self._sync.get_many([own, pause])
        paused = pause in found and bool(from_item("pause", found[pause])["paused"])
        return decode_cycle(unpack(from_item("cycle", found[own])["body"]) if own in found else {}, paused=paused)

    def save_cycle(self, system: str, cycle: Cycle, lease: Lease) -> None:
        """Remember it. ``paused`` is left as it is stored.

        Raises:
            FenceLost: the lease is no longer the newest.
        """
        item = to_item("cycle", keys.cycle(system), body=pack(encode_cycle(cycle)))
        fence = self._rows.check(keys.lease(lease.name), "fence = :own", own=lease.fence)
        if not self._rows.write("save cycle", [fence, self._rows.put(item)]):
            raise FenceLost(f"{lease.name}: fence {lease.fence} is not the newest")

    def set_paused(self, system: str, *, paused: bool) -> None:
        """Stop or continue a system's pulls and writes; positions are kept."""
        self._rows.write("set pause", [self._rows.put(to_item("pause", keys.pause(system), paused=int(paused)))])

    def read_again(self, system: str, remote_ids: Iterable[str], *, now: Instant) -> None:
        """Ask the next pull to read these records. One that waits already keeps its place."""
        for remote_id in dict.fromkeys(remote_ids):
            key = keys.wish(system, remote_id)
            first = "asked_at = if_not_exists(asked_at, :now)"
            self._rows.update("wish", key, put=first, add="asked :one", now=now, one=1)

    def to_read(self, system: str, *, limit: int = 300) -> tuple[str, ...]:
        """Records somebody asked to be read again, oldest first."""
        rows = ((sort_key(row), from_item("wish", row)) for row in self._sync.query(keys.wish(system, "").pk))
        waiting = ((wish["asked_at"], remote_id, wish["asked"]) for remote_id, wish in rows)
        oldest = heapq.nsmallest(limit, waiting)
        self._told[system] = {remote_id: asked for _, remote_id, asked in oldest}
        return tuple(remote_id for _, remote_id, _ in oldest)

    def was_read(self, system: str, remote_ids: Iterable[str]) -> None:
        """Forget those wishes, as far as this instance was told of them: one that was made again since stays."""
        told = self._told.get(system, {})
        for remote_id in dict.fromkeys(remote_ids):
            key = keys.wish(system, remote_id)
            if remote_id in told:
                self._rows.delete("forget wish", key, "asked = :told", told=told[remote_id])
            else:
                self._rows.delete("forget wish", key)

    def claim(self, system: str, lead_id: str, *, now: Instant, for_ms: int) -> bool:
        """The right to create this person's record, for a while; False while another writer has it."""
        until = now + for_ms
        expiry = (until + _SWEPT_AFTER) // SECOND
        item = to_item("claim", keys.claim(system, lead_id), held_until=until, expires_at=expiry)
        return self._rows.write("claim", [self._rows.put(item, f"{ABSENT} OR held_until <= :now", now=now)])

    def unclaim(self, system: str, lead_id: str) -> None:
        """Give that right back."""
        self._rows.delete("unclaim", keys.claim(system, lead_id))

    def turn(self, name: str) -> int:
        """A number that grows by one with every call, from 1 on."""
        row = self._rows.update("turn", keys.turn(name), add="turns :one", one=1)
        return int(row["turns"])

    def assigned_owner(self, lead_id: str, owner: str | None = None) -> str | None:
        """The owner this person was given; with ``owner`` it is given now, unless somebody was quicker."""
        key = keys.owner(lead_id)
        if owner and self._rows.write("assign owner", [self._rows.put(to_item("owner", key, owner=owner), ABSENT)]):
            return owner
        row = self._sync.get(key)
        return str(from_item("owner", row)["owner"]) if row else None

    def name_owners(self, names: Mapping[str, str]) -> None:
        """Remember what owners are called over there: id → name. The latest name holds.

        What this process knows to be stored costs no call; anything else one read, and one write where it is news.
        """
        unknown = {owner: name for owner, name in names.items() if self._named.get(owner) != name}
        found = self._sync.get_many([keys.owner_name(owner) for owner in unknown]) if unknown else {}
        for owner, name in unknown.items():
            key = keys.owner_name(owner)
            if key not in found or from_item("owner_name", found[key])["name"] != name:
                self._rows.write("name owner", [self._rows.put(to_item("owner_name", key, name=name))])
            self._named[owner] = name

    def owner_names(self) -> dict[str, str]:
        """Every owner that was ever named: id → name."""
        rows = self._sync.query(keys.owner_name("").pk)
        return {sort_key(row): str(from_item("owner_name", row)["name"]) for row in rows}


def _verdict_items(link: Link, verdicts: Sequence[Verdict]) -> Iterator[Item]:
    """The verdicts of one save, twice: for the lead and for the list of all. One row per instant, usually one."""
    for at, given in groupby(sorted(verdicts, key=lambda verdict: verdict.at), key=lambda verdict: verdict.at):
        sk = keys.verdict_sk(at, link.system, link.remote_id, link.version)
        content: dict[str, Any] = {
            "body": pack(encode_verdicts(given)),
            "expires_at": (at + VERDICTS_KEPT) // SECOND,
        }
        for pk in (keys.verdicts_of_lead(link.lead_id), keys.verdicts_of_month(keys.month_of(at))):
            yield to_item("verdicts", Key(pk, sk), **content)


def _by_key(names: Sequence[tuple[str, str]]) -> dict[Key, tuple[str, str]]:
    return {keys.link(*name): name for name in names}


def _link(name: tuple[str, str], item: Item) -> Link:
    row = from_item("link", item)
    return decode_link(*name, row["version"], unpack(row["body"]))
