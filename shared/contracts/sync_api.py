"""The part of the JSON API that shows synchronisation. Stable, like shared.contracts.api, whose words it uses.

Values of fields are canonical text: ``""`` is empty, flags are ``true`` and ``false``, instants ISO 8601.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.api import Closed, Cursor, Time

MAX_PLANNED: Final = 200
"""People in one dry run: each costs a few reads."""

LeadRef = Annotated[str, Field(min_length=1, max_length=64)]


class SyncSystemView(Closed):
    """How synchronisation with one system goes.

    ``lag_s``: what changed there until so many seconds ago is known here; null while the last run failed, and before
    the first one. ``budget`` says what the share of the day's calls allows: normal, careful, urgent_only or stop.
    """

    system: str
    status: Literal["ok", "paused", "off", "behind", "refused"]
    lag_s: int | None
    started_at: Time | None
    finished_at: Time | None
    records: int
    calls: int
    used: int
    allowed: int
    budget: str
    waiting: int
    error: str


class SyncStatus(Closed):
    """All systems."""

    items: list[SyncSystemView]
    cursor: str | None


class SyncFieldView(Closed):
    """One field of one record: what we hold, what both sides last agreed on, what was last seen there, and why."""

    system: str
    object: str
    remote_id: str
    field: str
    direction: str
    value: str
    base: str
    remote: str
    rule: str
    verdict: str
    at: Time | None


class SyncRecordView(Closed):
    """One record of another system that stands for a person. ``parked`` names fields it refuses, ``*`` all of it."""

    system: str
    object: str
    remote_id: str
    state: str
    successor: str | None
    owner: str
    parked: list[str]
    read_at: Time | None
    written_at: Time | None


class PlannedField(Closed):
    """A field that would be written. ``rule`` is the one of the policy."""

    field: str
    value: str
    base: str
    remote: str
    rule: str


class SyncPlan(Closed):
    """What a writer would do about a person now. ``stay`` comes with its reason."""

    lead_id: str
    system: str
    action: Literal["create", "update", "stay"]
    object: str
    remote_id: str | None
    reason: str
    urgent: bool
    task: bool
    fields: list[PlannedField]


class LeadSync(Closed):
    """A person's records in other systems, field by field, and what would be written next."""

    items: list[SyncFieldView]
    records: list[SyncRecordView]
    plans: list[SyncPlan]
    cursor: str | None


class ConflictQuery(Closed):
    """Whose verdicts; everybody's without ``lead``."""

    lead: LeadRef | None = None
    cursor: Cursor | None = None


class ConflictView(Closed):
    """A kept verdict about a field that both sides had changed. ``winner`` is a system, ``merged`` or ``nobody``."""

    lead_id: str | None
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
    at: Time


class ConflictList(Closed):
    """A page of verdicts, newest first."""

    items: list[ConflictView]
    cursor: str | None


class DryRun(Closed):
    """For whom to plan: these leads, or without any the newest people."""

    leads: list[LeadRef] | None = Field(default=None, max_length=MAX_PLANNED)
    limit: int = Field(default=100, ge=1, le=MAX_PLANNED)


class DryRunResult(Closed):
    """What would be written and by which rule. Nothing was. ``unknown`` are ids of nobody."""

    items: list[SyncPlan]
    people: int
    writes: int
    unknown: list[str]


class ResyncRecord(Closed):
    """A record that the next pull reads again, changed or not."""

    system: str
    remote_id: str


class Resync(Closed):
    """What was asked for: records to be read again, and systems whose writers look at the person."""

    lead_id: str
    records: list[ResyncRecord]
    systems: list[str]
