"""Every key of every table. Nobody else writes ``#``; docs/architecture.md lists which access each key serves."""

import zlib
from enum import StrEnum
from typing import Final, NamedTuple

OUTBOX_SHARDS: Final = 16


class Prefix(StrEnum):
    """What a partition or a row is about."""

    LEAD = "LEAD#"
    IDENTIFIER = "ID#"
    PHONE = "PHONE#"
    COMPANY = "COMPANY#"
    SEEN = "SEEN#"
    HISTORY = "HIST#"
    OUTBOX = "OUTBOX#"
    SUBJECT = "S#"
    LEDGER_EVENT = "E#"
    PARKED = "PARKED#"


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


def company_member(company_id: str, lead_id: str) -> Key:
    """One lead of a company (leads)."""
    return Key(Prefix.COMPANY + company_id, Prefix.LEAD + lead_id)


def member_lead_id(sk: str) -> str:
    """The lead in the sort key of a phone or company row."""
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
