"""What synchronisation knows: records of other systems, what both sides last agreed on, and verdicts. Decides nothing.

Leadspine is the hub, every other system a spoke. Values travel as canonical text (see canonical.py): ``""`` is empty,
flags are ``true``/``false``, instants ISO 8601, numbers plain decimals.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shared.domain.instant import Instant

SALESFORCE: Final = "salesforce"
MARKETO: Final = "marketo"
LEADSPINE: Final = "leadspine"
SYSTEMS: Final = (SALESFORCE, MARKETO)

LEAD: Final = "lead"
CONTACT: Final = "contact"
ACCOUNT: Final = "account"
OPPORTUNITY: Final = "opportunity"
CONTACT_ROLE: Final = "contact_role"
PERSON: Final = "person"
"""A lead database record of Marketo."""

PEOPLE: Final = frozenset({LEAD, CONTACT, PERSON})
"""Records that stand for a person; the others say something about people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRecord:
    """One record of another system as it was read.

    ``stamp`` is the server's time of its last change, ``changed_at`` the server's time per remote field where the
    system logs that (Marketo). ``read_at`` is our own time when the request that read it *began*: a record read before
    our last write to it ended is stale, whatever the servers' clocks say. ``values`` maps remote field names to
    canonical text and holds every mapped field that could be read; a field that is not in it is not readable.
    ``references`` are facts of the record that are no fields of the person, by our own names: ``owner``,
    ``status``, ``converted_contact``, ``account`` … (see reading.py for each).
    """

    system: str
    object: str
    remote_id: str
    stamp: Instant
    read_at: Instant
    created_at: Instant = 0
    values: Mapping[str, str] = field(default_factory=dict)
    changed_at: Mapping[str, Instant] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
    merged_into: str | None = None


class LocalValue(NamedTuple):
    """What Leadspine holds of a mapped field, and since when (0: unknown or never)."""

    value: str
    at: Instant = 0


class FieldState(NamedTuple):
    """One field of a link. ``base`` is what both sides last agreed on, ``remote`` what was last seen or written there.

    ``verdict`` is the code of the latest decision about the field (see judge.py), ``rule`` the rule that made it.
    ``prior`` is the remote value before our last write until a fresh read confirmed that write, else None.
    ``flips`` counts how often in a row our write was rewritten by the other side; a field that flips is frozen.
    """

    base: str
    remote: str
    verdict: str
    rule: str
    at: Instant
    prior: str | None = None
    flips: int = 0


LINKED: Final = "linked"
DUPLICATE: Final = "duplicate"
"""Another record of the same person and system is the one that is kept equal; this one gets opt-outs only."""
CONVERTED: Final = "converted"
MERGED: Final = "merged"
DELETED: Final = "deleted"
LIVE: Final = frozenset({LINKED, DUPLICATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A record of another system that stands for one of our people: the shadow and its state.

    ``version`` is the condition of every write of the row (0: it does not exist yet). ``lead_id`` is any lead of the
    person (an alias resolves). ``successor`` is the record that took over: the contact of a converted lead, the winner
    of a merge. ``written_at`` is our time when our last write to the record ended. ``parked`` names fields that the
    other system refused for good: field → value refused; they are tried again when the value changes.
    """

    system: str
    object: str
    remote_id: str
    lead_id: str
    version: int = 0
    state: str = LINKED
    fields: Mapping[str, FieldState] = field(default_factory=dict)
    parked: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    stamp: Instant = 0
    read_at: Instant = 0
    written_at: Instant = 0
    created_at: Instant = 0
    successor: str | None = None


class Verdict(NamedTuple):
    """A kept decision about one field that both sides had changed. ``winner`` is a system, ``merged`` or ``nobody``.

    Values are personal data: verdicts are stored beside the shadows, only names and rules go on the bus.
    """

    system: str
    remote_id: str
    field: str
    rule: str
    winner: str
    code: str
    base: str
    local: str
    remote: str
    value: str
    at: Instant


class FieldVerdict(NamedTuple):
    """A verdict without its values: what a signal carries, facts tell and history notes."""

    system: str
    field: str
    rule: str
    winner: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a sales person finds beside a handed-over lead."""

    external_id: str
    subject: str
    description: str
    due: str
    """Calendar day, ``2026-11-21``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteWrite:
    """One record to write: an update of ``remote_id``, or (None) a creation that an upsert by ``external_id`` repeats.

    ``values`` maps remote field names to canonical text, ``""`` clears. ``sent`` maps our field names to what is
    written, for the shadow. ``match_email`` finds a record that already exists before one is created.
    ``waits``: more is to be written, after the next pull.
    """

    system: str
    object: str
    lead_id: str
    external_id: str
    remote_id: str | None
    values: Mapping[str, str]
    sent: Mapping[str, str]
    match_email: str = ""
    task: Task | None = None
    urgent: bool = False
    waits: bool = False


CREATED: Final = "created"
UPDATED: Final = "updated"
SKIPPED: Final = "skipped"
"""Nothing had to be written."""
REMAPPED: Final = "remapped"
"""Another record stands for the person now: ``remote_id``/``object`` say which; write again with that one."""
GONE: Final = "deleted"
RETRY_LATER: Final = "retry_later"
REJECTED: Final = "rejected"
"""The other system refuses this record for good as it is; ``fields`` names what it refuses, where it says."""


class WriteOutcome(NamedTuple):
    """What became of one RemoteWrite, in the order of the request."""

    status: str
    remote_id: str | None = None
    object: str = ""
    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()


class Usage(NamedTuple):
    """The vendor's own figure of calls used and allowed in its window (0 allowed: unknown)."""

    used: int
    allowed: int
