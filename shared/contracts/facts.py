"""Facts as they travel on the bus: one model per name and version. Checks shapes; builds nothing (see envelope.py).

Facts carry ids and attributes that identify nobody. Names are literals in the past tense. Versions are SchemaVer,
model-revision-addition: an optional field is an addition; old versions and their samples stay and must still load.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Time = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", examples=["2026-11-21T20:24:00.000Z"])
]
Hundredths = Annotated[int, Field(description="Points times 100.")]
Evidence = Literal["verified", "claimed"]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Envelope(_Wire):
    """What every fact says about itself. Consumers order by ``lead_version`` and see gaps in it."""

    event_id: str = Field(description="The same for every publication of this fact.")
    occurred_at: Time = Field(description="When it happened in the world.")
    recorded_at: Time = Field(description="When it was decided.")
    correlation_id: str = Field(description="The delivery that it came from.")
    causation_id: str = Field(description="The signal that caused it.")
    lead_id: str
    lead_version: int = Field(ge=0)
    producer: str


class CapturedData(_Wire):
    """The source that made somebody known."""

    source: str
    channel: str
    evidence: Evidence


class LeadCaptured(_Envelope):
    """Somebody entered the first stage: there is a way to reach them."""

    name: Literal["LeadCaptured"]
    schema_version: Literal["1-0-0"]
    data: CapturedData


class MergedData(_Wire):
    """The lead that stopped standing for a person of its own."""

    loser_id: str


class LeadMerged(_Envelope):
    """Two leads are one person. The fact belongs to the winner; the loser's id keeps resolving to it."""

    name: Literal["LeadMerged"]
    schema_version: Literal["1-0-0"]
    data: MergedData


class UnmergedData(_Wire):
    """The lead that stands for a person of its own again."""

    loser_id: str


class LeadUnmerged(_Envelope):
    """A merge was taken back by a person. The fact belongs to the former winner."""

    name: Literal["LeadUnmerged"]
    schema_version: Literal["1-0-0"]
    data: UnmergedData


class ProfileData(_Wire):
    """Names only; values are personal data and stay where they are."""

    fields: list[str]


class ProfileChanged(_Envelope):
    """What is known about the person changed in these fields."""

    name: Literal["ProfileChanged"]
    schema_version: Literal["1-0-0"]
    data: ProfileData


class CompanyData(_Wire):
    """The company and the evidence."""

    company_id: str
    domain: str | None
    by: Literal["account", "domain", "name"]
    previous_company_id: str | None = None


class CompanyLinked(_Envelope):
    """The person belongs to this company, as far as is known now."""

    name: Literal["CompanyLinked"]
    schema_version: Literal["1-0-0"]
    data: CompanyData


class TouchpointData(_Wire):
    """What was done and through which channel."""

    touchpoint_id: str
    kind: str
    channel: str
    source: str
    campaign: str | None = None
    medium: str | None = None
    path: str | None = None
    content: str | None = Field(default=None, description="utm_content; unknown before 1-0-1.")
    human: bool = Field(default=True, description="False when a machine did it.")


class TouchpointRecorded(_Envelope):
    """The person did something, or something was done with them."""

    name: Literal["TouchpointRecorded"]
    schema_version: Literal["1-0-0", "1-0-1"]
    data: TouchpointData


class ConsentData(_Wire):
    """The purpose, and where the statement came from."""

    purpose: str
    channel: str | None
    source: str


class ConsentGiven(_Envelope):
    """From now on this purpose is allowed. The proof is in the ledger."""

    name: Literal["ConsentGiven"]
    schema_version: Literal["1-0-0"]
    data: ConsentData


class ConsentWithdrawn(_Envelope):
    """From now on this purpose is forbidden."""

    name: Literal["ConsentWithdrawn"]
    schema_version: Literal["1-0-0"]
    data: ConsentData


class ScoreData(_Wire):
    """The score at ``occurred_at``; its lines are in the lead's history."""

    total: Hundredths
    fit: Hundredths
    engagement: Hundredths
    grade: str
    policy_version: str
    grade_changed: bool | None = Field(default=None, description="False when only points moved; unknown before 1-0-1.")


class ScoreChanged(_Envelope):
    """The person's points or grade changed because of signals. Decay alone tells nothing."""

    name: Literal["ScoreChanged"]
    schema_version: Literal["1-0-0", "1-0-1"]
    data: ScoreData


class StageData(_Wire):
    """The transition, why, and under which rules."""

    from_stage: str
    to_stage: str
    reason: str
    policy_version: str
    backfilled: bool = Field(description="True for history: nothing is sent and no SLA starts.")
    entered: list[str] = Field(description="Every stage that counts as entered with this, passed-over ones included.")


class StageChanged(_Envelope):
    """The person entered a stage."""

    name: Literal["StageChanged"]
    schema_version: Literal["1-0-0"]
    data: StageData


class HandoverData(_Wire):
    """Until when sales has to answer."""

    due: int | None = Field(description="Milliseconds since the epoch, UTC; null when no SLA runs.")


class HandoverRequested(_Envelope):
    """The person is ready for sales: somebody has to accept or reject."""

    name: Literal["HandoverRequested"]
    schema_version: Literal["1-0-0"]
    data: HandoverData


class AcceptedData(_Wire):
    """Who answered, and whether in time."""

    owner: str | None = Field(description="The user or queue of the CRM, by its id there.")
    answered_in_time: bool
    due: int | None = Field(description="Milliseconds since the epoch, UTC; null when no SLA ran.")


class HandoverAccepted(_Envelope):
    """Sales took the person."""

    name: Literal["HandoverAccepted"]
    schema_version: Literal["1-0-0"]
    data: AcceptedData


class RejectedData(AcceptedData):
    """Who answered, whether in time, and the reason as the CRM names it."""

    reason: str | None


class HandoverRejected(_Envelope):
    """Sales gave the person back."""

    name: Literal["HandoverRejected"]
    schema_version: Literal["1-0-0"]
    data: RejectedData


class OverdueData(_Wire):
    """Whom it waits for, and since when."""

    owner: str | None
    due: int = Field(description="Milliseconds since the epoch, UTC.")


class HandoverOverdue(_Envelope):
    """Nobody in sales answered in time. An answer still counts."""

    name: Literal["HandoverOverdue"]
    schema_version: Literal["1-0-0"]
    data: OverdueData


class OpportunityData(_Wire):
    """The opportunity as it stands; null is unknown. An order of a shop is one, too."""

    opportunity_id: str
    account_id: str | None
    company_id: str | None = Field(description="The company behind the account.")
    state: Literal["open", "won", "lost"] | None
    stage: str | None = Field(description="The CRM's own name of the stage.")
    amount: str | None = Field(description="A plain decimal.", examples=["12500.00"])
    currency: str | None = Field(description="ISO 4217.")
    opened_on: str | None = Field(examples=["2026-11-21"])
    closed_on: str | None = Field(description="For an open one: when it is expected.", examples=["2026-11-21"])
    origin: Literal["crm", "shop"] | None = Field(default=None, description="Who tells; before 1-0-1 it was the CRM.")


class OpportunityChanged(_Envelope):
    """An opportunity with this person was opened or changed."""

    name: Literal["OpportunityChanged"]
    schema_version: Literal["1-0-0", "1-0-1"]
    data: OpportunityData


class LinkedData(_Wire):
    """The record: system, kind and id."""

    system: str
    object: str
    remote_id: str


class RemoteLinked(_Envelope):
    """A record in another system stands for the person."""

    name: Literal["RemoteLinked"]
    schema_version: Literal["1-0-0"]
    data: LinkedData


class ConflictData(_Wire):
    """Which field, by which rule, in whose favour. Values are personal data and stay where they are."""

    system: str
    field: str
    rule: str
    winner: str = Field(description="A system, merged, or nobody: a person has to decide.")


class FieldConflictResolved(_Envelope):
    """Two systems had changed the same field; a rule decided."""

    name: Literal["FieldConflictResolved"]
    schema_version: Literal["1-0-0"]
    data: ConflictData


class MessageData(_Wire):
    """The message by its id and kind, and what it is allowed by."""

    message_id: str
    message: str = Field(description="The template.")
    purpose: str
    channel: str


class MessagePermitted(_Envelope):
    """The message may be sent: the permit is recorded with the consent that allows it."""

    name: Literal["MessagePermitted"]
    schema_version: Literal["1-0-0"]
    data: MessageData


class MessageSent(_Envelope):
    """The message was given to the channel."""

    name: Literal["MessageSent"]
    schema_version: Literal["1-0-0"]
    data: MessageData


class SuppressedData(MessageData):
    """The message, and the stable code that says why it was not sent."""

    reason: str


class MessageSuppressed(_Envelope):
    """The message was not sent, because it must not be."""

    name: Literal["MessageSuppressed"]
    schema_version: Literal["1-0-0"]
    data: SuppressedData


class ParkedData(_Wire):
    """What was parked and why. A reference, never the content."""

    parked_id: str
    code: str
    source: str


class RecordParked(_Envelope):
    """Something could not be processed; a person can see it and run it again. ``lead_id`` is empty when unknown."""

    name: Literal["RecordParked"]
    schema_version: Literal["1-0-0"]
    data: ParkedData


Fact = Annotated[
    LeadCaptured
    | LeadMerged
    | LeadUnmerged
    | ProfileChanged
    | CompanyLinked
    | TouchpointRecorded
    | ConsentGiven
    | ConsentWithdrawn
    | ScoreChanged
    | StageChanged
    | HandoverRequested
    | HandoverAccepted
    | HandoverRejected
    | HandoverOverdue
    | OpportunityChanged
    | RemoteLinked
    | FieldConflictResolved
    | MessagePermitted
    | MessageSent
    | MessageSuppressed
    | RecordParked,
    Field(discriminator="name"),
]

MODELS: Final[tuple[type[BaseModel], ...]] = (
    LeadCaptured,
    LeadMerged,
    LeadUnmerged,
    ProfileChanged,
    CompanyLinked,
    TouchpointRecorded,
    ConsentGiven,
    ConsentWithdrawn,
    ScoreChanged,
    StageChanged,
    HandoverRequested,
    HandoverAccepted,
    HandoverRejected,
    HandoverOverdue,
    OpportunityChanged,
    RemoteLinked,
    FieldConflictResolved,
    MessagePermitted,
    MessageSent,
    MessageSuppressed,
    RecordParked,
)
"""Every fact in its current version."""

_FACT: Final[TypeAdapter[Fact]] = TypeAdapter(Fact)


def parse_fact(envelope: Mapping[str, Any]) -> Fact:
    """A fact from the wire.

    Raises:
        pydantic.ValidationError: it has no such name or version, or fields that the contract does not know.
    """
    return _FACT.validate_python(dict(envelope))
