"""Every key of every table. Nobody else writes ``#``; docs/architecture.md lists which access each key serves."""

import zlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

OUTBOX_SHARDS: Final = 16
TIMER_SHARDS: Final = 4

AFTER_ALL: Final = "~"
"""Sorts after every sort key that begins with a time or a month."""


class Prefix(StrEnum):
    """What a partition or a row is about."""

    LEAD = "LEAD#"
    IDENTIFIER = "ID#"
    PHONE = "PHONE#"
    NAME = "NAME#"
    COMPANY = "COMPANY#"
    SEEN = "SEEN#"
    HISTORY = "HIST#"
    OUTBOX = "OUTBOX#"
    TIMER = "TIMER#"
    SUBJECT = "S#"
    LEDGER_EVENT = "E#"
    PARKED = "PARKED#"
    LINK = "LINK#"
    VERDICTS = "VERDICTS#"
    CYCLE = "CYCLE#"
    LEASE = "LEASE#"
    WISH = "WISH#"
    CLAIM = "CLAIM#"
    TURN = "TURN#"
    OWNER = "OWNER#"
    OWNER_NAMES = "OWNERS"
    PERMIT = "M#"
    SUPPRESSION = "SUPP#"
    MESSAGE = "MESSAGE#"
    CADENCE = "CADENCE#"


class Key(NamedTuple):
    """Partition and sort key."""

    pk: str
    sk: str


def head(lead_id: str) -> Key:
    """The head of a lead (table leads)."""
    return Key(Prefix.LEAD + lead_id, "HEAD")


def pointer(digest: str) -> Key:
    """The row that makes a strong identifier belong to one lead only (leads)."""
    return Key(Prefix.IDENTIFIER + digest, "POINTER")


def phone(digest: str, lead_id: str) -> Key:
    """One lead that stated a phone number (leads)."""
    return Key(Prefix.PHONE + digest, Prefix.LEAD + lead_id)


def name(digest: str, lead_id: str) -> Key:
    """One person whose name has a word (leads)."""
    return Key(Prefix.NAME + digest, Prefix.LEAD + lead_id)


def company_member(company_id: str, lead_id: str) -> Key:
    """One lead of a company (leads)."""
    return Key(Prefix.COMPANY + company_id, Prefix.LEAD + lead_id)


def member_lead_id(sk: str) -> str:
    """The lead in the sort key of a phone, name or company row."""
    return sk.removeprefix(Prefix.LEAD)


def seen(lead_id: str, bucket: int) -> Key:
    """A bucket of digests of signals that a lead has counted (leads)."""
    return Key(Prefix.LEAD + lead_id, f"{Prefix.SEEN}{bucket}")


def seen_bucket(sk: str) -> int:
    """The number of a bucket row."""
    return int(sk.removeprefix(Prefix.SEEN))


def history(lead_id: str, version: int) -> Key:
    """What one decision added to the history of a lead (leads). Sorts by version."""
    return Key(Prefix.LEAD + lead_id, f"{Prefix.HISTORY}{version:012d}")


def history_version(sk: str) -> int:
    """The version in the sort key of a history row."""
    return int(sk.removeprefix(Prefix.HISTORY))


def outbox_shard(lead_id: str) -> int:
    """The shard of a lead's outbox rows: all rows of one lead keep their order."""
    return zlib.crc32(lead_id.encode()) % OUTBOX_SHARDS


def outbox_partition(shard: int) -> str:
    """The partition of a shard (leads)."""
    return f"{Prefix.OUTBOX}{shard}"


def outbox(recorded_at: int, lead_id: str, version: int, part: int) -> Key:
    """The facts of one decision on their way to the bus (leads). Sorts by time within its shard."""
    return Key(outbox_partition(outbox_shard(lead_id)), f"{recorded_at:013d}#{lead_id}#{version}#{part}")


def outbox_before(instant: int) -> str:
    """The smallest sort key that is not before an instant."""
    return f"{instant:013d}"


def outbox_written_at(sk: str) -> int:
    """When an outbox row was written."""
    return int(sk.partition("#")[0])


def outbox_name(key: Key) -> str:
    """The name of an outbox row outside this package: shard and sort key."""
    return f"{key.pk.removeprefix(Prefix.OUTBOX)}/{key.sk}"


def outbox_key(name: str) -> Key:
    """The key of a named outbox row."""
    shard, _, sk = name.partition("/")
    return Key(Prefix.OUTBOX + shard, sk)


def is_outbox(pk: str) -> bool:
    """True for outbox rows; the stream filter of relay_outbox says the same."""
    return pk.startswith(Prefix.OUTBOX)


def timer_partition(shard: int) -> str:
    """The partition of a shard of timers (leads)."""
    return f"{Prefix.TIMER}{shard}"


def timer(due: int, kind: str, lead_id: str) -> Key:
    """Something to look at when an instant has passed (leads). Sorts by that instant within its shard."""
    shard = zlib.crc32(lead_id.encode()) % TIMER_SHARDS
    return Key(timer_partition(shard), f"{due:013d}#{kind}#{lead_id}")


def timer_before(instant: int) -> str:
    """The smallest sort key that is not due before an instant."""
    return f"{instant:013d}"


def timer_fields(sk: str) -> tuple[int, str, str]:
    """Due, kind and lead in the sort key of a timer."""
    due, kind, lead_id = sk.split("#", 2)
    return int(due), kind, lead_id


def ledger_event(subject_ref: str, seq: int) -> Key:
    """One consent event of a person (ledger). Sorts by seq."""
    return Key(Prefix.SUBJECT + subject_ref, f"{Prefix.LEDGER_EVENT}{seq:012d}")


def ledger_head(subject_ref: str) -> Key:
    """Where a person's chain stands (ledger)."""
    return Key(Prefix.SUBJECT + subject_ref, "HEAD")


def data_key(subject_ref: str, tier: str) -> Key:
    """A wrapped data key (keys)."""
    return Key(Prefix.SUBJECT + subject_ref, tier)


def parked(parked_id: str) -> Key:
    """A parked record (ops)."""
    return Key(Prefix.PARKED + parked_id, "RECORD")


def parked_list(parked_at: int, parked_id: str) -> Key:
    """The row that lists an open parked record (ops). Sorts by time."""
    return Key("PARKED", f"{parked_at:013d}#{parked_id}")


def parked_cursor(sk: str) -> str:
    """A list position fit for a URL."""
    return sk.replace("#", ".")


def parked_position(cursor: str) -> Key:
    """The list row that a cursor names."""
    return Key("PARKED", cursor.replace(".", "#", 1))


def listed_parked_id(sk: str) -> str:
    """The record in the sort key of a list row."""
    return sk.partition("#")[2]


def segment(segment_id: str) -> Key:
    """A filter under a name (ops)."""
    return Key("SEGMENT", segment_id)


def segment_revision() -> Key:
    """How often segments were changed (ops)."""
    return Key("SEGMENTS", "REVISION")


def link(system: str, remote_id: str) -> Key:
    """A record of another system and its shadow (sync)."""
    return Key(f"{Prefix.LINK}{system}#{remote_id}", "LINK")


def verdicts_of_lead(lead_id: str) -> str:
    """The partition of a lead's verdicts (sync)."""
    return Prefix.VERDICTS + lead_id


def verdicts_of_month(month: str) -> str:
    """The partition of everybody's verdicts of one month (sync). No lead is called like a month."""
    return Prefix.VERDICTS + month


def verdict_month(month: str) -> Key:
    """The row that says there are verdicts in a month (sync). Sorts by month."""
    return Key("VERDICTS", month)


def month_of(instant: int) -> str:
    """The calendar month of an instant, UTC: ``2026-11``."""
    day = datetime.fromtimestamp(instant / 1000, UTC)
    return f"{day.year:04d}-{day.month:02d}"


def verdict_sk(at: int, system: str, remote_id: str, version: int) -> str:
    """The sort key of the verdicts that one version of a link brought. Sorts by time."""
    return f"{at:013d}#{system}#{remote_id}#{version:012d}"


def verdict_time(sk: str) -> int:
    """When the verdicts of a row were given."""
    return int(sk.partition("#")[0])


def verdict_cursor(sk: str, number: int) -> str:
    """The position of one verdict of a row, fit for a URL."""
    return f"{sk}#{number}".replace("#", ".")


def verdict_position(cursor: str) -> tuple[str, int]:
    """Sort key and number that a cursor names. Raises ValueError for what is no cursor."""
    sk, _, number = cursor.rpartition(".")
    return sk.replace(".", "#"), int(number)


def cycle(system: str) -> Key:
    """What a pull leaves for the next one (sync)."""
    return Key(Prefix.CYCLE + system, "CYCLE")


def pause(system: str) -> Key:
    """Whether a system is paused (sync); a row of its own, so that no cycle overwrites it."""
    return Key(Prefix.CYCLE + system, "PAUSE")


def lease(name: str) -> Key:
    """Who may run, and its fence (sync)."""
    return Key(Prefix.LEASE + name, "LEASE")


def wish(system: str, remote_id: str) -> Key:
    """A record that shall be read again (sync)."""
    return Key(Prefix.WISH + system, remote_id)


def claim(system: str, lead_id: str) -> Key:
    """The right to create a person's record (sync)."""
    return Key(f"{Prefix.CLAIM}{system}#{lead_id}", "CLAIM")


def turn(name: str) -> Key:
    """A counter (sync)."""
    return Key(Prefix.TURN + name, "TURN")


def owner(lead_id: str) -> Key:
    """The owner a person was given (sync)."""
    return Key(Prefix.OWNER + lead_id, "OWNER")


def owner_name(owner_id: str) -> Key:
    """What an owner in another system is called (sync). All of them are one partition."""
    return Key(Prefix.OWNER_NAMES, owner_id)


def permit(subject_ref: str, message_id: str, attempt: int) -> Key:
    """One use of one decision to send (ledger), beside the chain that allowed it."""
    return Key(Prefix.SUBJECT + subject_ref, f"{Prefix.PERMIT}{message_id}#{attempt:03d}")


def suppression(address: str, scope: str, reason: str) -> Key:
    """Why an address, by its digest, gets nothing (ledger)."""
    return Key(Prefix.SUPPRESSION + address, f"{scope}#{reason}")


def message(message_id: str) -> Key:
    """A message (engagement)."""
    return Key(Prefix.MESSAGE + message_id, "RECORD")


def message_listed(lead_id: str, at: int, message_id: str) -> Key:
    """The row that lists a message about a lead (engagement). Sorts by time."""
    return Key(Prefix.LEAD + lead_id, f"{at:013d}#{message_id}")


def cadence(address: str) -> Key:
    """When an address, by its digest, was written to (engagement)."""
    return Key(Prefix.CADENCE + address, "RECORD")


def message_outbox(recorded_at: int, lead_id: str, name: str) -> Key:
    """A fact about a message on its way to the bus (leads). Sorts among the facts of decisions by time."""
    return Key(outbox_partition(outbox_shard(lead_id)), f"{recorded_at:013d}#{lead_id}#{name}")
