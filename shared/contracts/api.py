"""The JSON API as the world sees it. Stable: programs outside this project read these shapes.

Times are ISO 8601 in UTC with ``Z``; points are numbers with at most two decimals whose lines add up to the total.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_TEXT = 320
"""The longest e-mail address, and longer than any other thing to search for."""
MAX_CURSOR = 1024

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]
Cursor = Annotated[str, Field(min_length=1, max_length=MAX_CURSOR)]


class Closed(BaseModel):
    """A shape without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LeadSearch(Closed):
    """What to search for: exactly one of the five."""

    email: Text | None = None
    phone: Text | None = None
    external_id: Text | None = None
    stage: Text | None = None
    text: Text | None = None
    cursor: Cursor | None = None

    @model_validator(mode="after")
    def _one_question(self) -> "LeadSearch":
        asked = (self.email, self.phone, self.external_id, self.stage, self.text)
        if sum(value is not None for value in asked) != 1:
            raise ValueError("give exactly one of email, phone, external_id, stage, text")
        return self


class PageQuery(Closed):
    """Where a list continues."""

    cursor: Cursor | None = None


class ReportQuery(Closed):
    """Which cohorts a report covers; both dates are included, UTC."""

    from_: Date | None = Field(default=None, alias="from")
    to: Date | None = None
    by: Literal["day", "week", "month", "channel", "campaign", "owner"] = "month"


class Unmerge(Closed):
    """Which part to take out of a person."""

    lead_id: str = Field(min_length=1, max_length=64)


class NoQuery(Closed):
    """No parameters."""


class CompanyRef(Closed):
    """The company a person belongs to."""

    id: str
    name: str | None
    domain: str | None


class StageView(Closed):
    """Where a person stands, since when and why."""

    id: str
    since: Time | None
    reason: str


class ScoreLineView(Closed):
    """One line of a score: what a rule contributed, and the latest signals behind it."""

    rule: str
    version: str
    points: float
    count: int
    event_ids: list[str]


class ScoreView(Closed):
    """A score that explains itself: the points of the lines add up to the total."""

    total: float
    fit: float
    engagement: float
    grade: str
    lines: list[ScoreLineView]
    policy_version: str
    at: Time


class ConsentView(Closed):
    """What holds for one purpose."""

    purpose: str
    channel: str | None
    state: str
    since: Time
    source: str


class ExternalRefs(BaseModel):
    """The same person in other systems, by name of the system."""

    model_config = ConfigDict(extra="allow", frozen=True)

    salesforce: str | None = None
    marketo: str | None = None


class HandoverView(Closed):
    """The hand-over to sales."""

    state: str
    owner: str | None
    due: Time | None


class OpportunityView(Closed):
    """An opportunity of the CRM with this person. ``amount`` is a plain decimal; days are the CRM's calendar days."""

    id: str
    state: str | None
    stage: str | None
    amount: str | None
    currency: str | None
    opened_on: str | None
    closed_on: str | None
    account_id: str | None


class TouchView(Closed):
    """The first or last thing a person did."""

    id: str
    kind: str
    occurred_at: Time
    channel: str
    source: str
    campaign: str | None


class IdentifierView(Closed):
    """One way to recognise a person."""

    kind: str
    value: str
    verified: bool


class Lead(Closed):
    """A person: one root lead and everything merged into it."""

    id: str
    version: int
    verified: bool
    email: str | None
    phone: str | None
    name: str | None
    profile: dict[str, str]
    answers: dict[str, str]
    company: CompanyRef | None
    stage: StageView
    score: ScoreView
    consents: list[ConsentView]
    external: ExternalRefs
    handover: HandoverView | None
    opportunities: list[OpportunityView]
    identifiers: list[IdentifierView]
    first_touch: TouchView | None
    last_touch: TouchView | None
    touch_count: int
    merged_ids: list[str]
    created_at: Time
    updated_at: Time


class LeadList(Closed):
    """A page of leads."""

    items: list[Lead]
    cursor: str | None


class HandoverQuery(Closed):
    """Which hand-overs, and where the list continues."""

    state: Literal["requested", "overdue", "accepted", "rejected"] = "requested"
    cursor: Cursor | None = None


class HandoverItem(Closed):
    """One hand-over: whom it is about, whom it waits for and until when."""

    lead_id: str
    name: str | None
    company: CompanyRef | None
    state: str
    owner: str | None
    due: Time | None
    requested_at: Time
    stage: str


class HandoverList(Closed):
    """A page of hand-overs, the first due first."""

    items: list[HandoverItem]
    cursor: str | None


class TimelineItem(BaseModel):
    """One thing that happened. Signals carry channel, attributes and so on; stage changes from, to and reason."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str
    kind: str
    occurred_at: Time
    recorded_at: Time
    source: str
    summary: str
    lead_id: str


class TimelinePage(Closed):
    """A page of a timeline, newest first."""

    items: list[TimelineItem]
    cursor: str | None


class ScorePage(ScoreView):
    """The score now, and what it was: ``history`` newest first, one page of it."""

    history: list[ScoreView]
    cursor: str | None


class ConsentList(Closed):
    """All purposes about which something is known."""

    items: list[ConsentView]
    cursor: str | None


class CompanyView(Closed):
    """A company, on what evidence the person belongs to it, and who else does."""

    id: str
    name: str | None
    domain: str | None
    by: str
    verified: bool
    since: Time
    lead_ids: list[str]


class MessageView(Closed):
    """A message about a person: what became of it, or the code that says why it was not sent. Holds no address.

    ``state``: permitted, sent, unknown (nobody knows whether the service took it; it is not sent again), unsent,
    refused, suppressed, or what became of it: delivered, rejected, bounced, complained. ``history`` maps each of those
    to its time.
    """

    id: str
    message: str
    class_: str = Field(serialization_alias="class")
    purpose: str
    channel: str
    state: str
    reason: str | None
    language: str | None
    at: Time
    sent_at: Time | None
    evidence: list[str]
    history: dict[str, Time]


class MessageList(Closed):
    """All messages about a person, newest first."""

    items: list[MessageView]
    cursor: str | None


class ParkedView(Closed):
    """Something that could not be processed, and why. Holds references, never personal data."""

    id: str
    code: str
    reason: str
    source: str
    state: str
    attempts: int
    parked_at: Time
    redriven_at: Time | None
    queue: str | None
    details: dict[str, Any]


class ParkedList(Closed):
    """A page of open parked records, newest first."""

    items: list[ParkedView]
    cursor: str | None


class ApiStatus(Closed):
    """That the API answers, what time it is there, and which policies hold."""

    status: Literal["ok"]
    time: Time
    policy_version: str


class ProblemView(Closed):
    """RFC 9457. ``code`` is stable; ``detail`` says what to do and never repeats the input."""

    type: str
    title: str
    status: int
    code: str
    detail: str
