"""The JSON API as the world sees it. Stable: programs outside this project read these shapes.

Times are ISO 8601 in UTC with ``Z``; points are numbers with at most two decimals whose lines add up to the total.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MAX_TEXT = 320
"""The longest e-mail address, and longer than any other thing to search for."""
MAX_CURSOR = 1024

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Part = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^@\x00-\x1f]+$")]
"""A part of a filter. Without ``@``, because filters stand in addresses of pages and e-mail addresses must not."""
Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]
Cursor = Annotated[str, Field(min_length=1, max_length=MAX_CURSOR)]


class Closed(BaseModel):
    """A shape without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LeadFilters(Closed):
    """Which people a list shows: every part that is given has to hold. None of them is personal data.

    ``company`` is an id, or a part of the domain; ``grade`` the whole grade (``A1``) or its letter; ``owner`` who in
    sales answers for the person, by the CRM's id; ``consent`` a purpose that is given now. ``from`` and ``to`` are days
    of the first touch, both included, UTC.
    """

    stage: Part | None = None
    company: Part | None = None
    channel: Part | None = None
    campaign: Part | None = None
    owner: Part | None = None
    grade: Annotated[str, Field(pattern=r"^[A-D][1-4]?$")] | None = None
    handover: Literal["requested", "overdue", "accepted", "rejected"] | None = None
    consent: Part | None = None
    from_: Date | None = Field(default=None, alias="from")
    to: Date | None = None

    @field_validator("from_", "to")
    @classmethod
    def _a_day(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                date.fromisoformat(value)
            except ValueError:
                raise ValueError("there is no such day") from None
        return value

    @model_validator(mode="after")
    def _in_order(self) -> "LeadFilters":
        if self.from_ and self.to and self.to < self.from_:
            raise ValueError("from is later than to")
        return self

    def given(self) -> dict[str, str]:
        """The parts that are given, by their names on the wire."""
        return self.model_dump(by_alias=True, exclude_none=True)


class LeadSearch(Closed):
    """What to search for: exactly one of the first five, or a filter, or text among the people of a filter.

    ``text`` is an e-mail address, a telephone number or an id; otherwise words of a name in any order, or a part of a
    company's domain: people of that name come first.
    """

    email: Text | None = None
    phone: Text | None = None
    external_id: Text | None = None
    stage: Text | None = None
    text: Text | None = None
    filter: LeadFilters | None = None
    cursor: Cursor | None = None

    @model_validator(mode="after")
    def _one_question(self) -> "LeadSearch":
        others = (self.email, self.phone, self.external_id, self.stage)
        asked = sum(value is not None for value in (*others, self.filter or self.text))
        if asked != 1:
            raise ValueError("give exactly one of email, phone, external_id, stage, text, filter; or filter and text")
        return self


class PageQuery(Closed):
    """Where a list continues."""

    cursor: Cursor | None = None


class ReportQuery(Closed):
    """Which cohorts a report covers; both dates are included, UTC."""

    from_: Date | None = Field(default=None, alias="from")
    to: Date | None = None
    by: Literal["day", "week", "month", "channel", "campaign", "content", "owner", "kind"] = "month"


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
    """An opportunity of the CRM with this person, or an order of a shop (``origin``).

    ``amount`` is a plain decimal, less what was given back; days are the CRM's calendar days, of an order days of UTC.
    """

    id: str
    state: str | None
    stage: str | None
    amount: str | None
    currency: str | None
    opened_on: str | None
    closed_on: str | None
    account_id: str | None
    origin: Literal["crm", "shop"]


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


class SegmentDraft(Closed):
    """A filter and the name under which everybody finds it."""

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]
    filter: LeadFilters


class Segment(Closed):
    """A filter that is kept under a name."""

    id: str
    name: str
    filter: LeadFilters
    created_at: Time
    updated_at: Time


class SegmentPeople(Segment):
    """The same with the number of people it holds for now."""

    people: int


class SegmentList(Closed):
    """All segments, by name."""

    items: list[Segment]
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


class CompanySearch(Closed):
    """Which companies: ``text`` is a part of their domain, or a whole id; without it all of them."""

    text: Text | None = None
    cursor: Cursor | None = None


class CompanyLine(Closed):
    """A company and what its people did. ``stage`` is the furthest that any of them reached."""

    id: str
    name: str | None
    domain: str | None
    people: int
    leads: int
    stage: str | None
    touches: int
    content: int = Field(description="Touches that consumed content: downloads and webinars.")
    last_touch_at: Time | None


class CompanyList(Closed):
    """A page of companies, latest touched first."""

    items: list[CompanyLine]
    cursor: str | None


WhyMarketing = Literal[
    "opened_after_handover",
    "order_after_touch",
    "never_touched",
    "never_handed_over",
    "opened_before_handover",
    "order_before_touch",
]
"""Why an opportunity is one of marketing (the first two), or is not."""


class CompanyDeal(Closed):
    """An opportunity or an order of a company; ``amount`` is in the reporting currency.

    ``touched_on`` is when anybody of the company was first touched, ``handed_over_on`` when one was handed over first.
    """

    id: str
    origin: str
    state: str
    amount: str | None
    opened_on: str | None
    closed_on: str | None
    marketing: bool
    why: WhyMarketing
    touched_on: str | None
    handed_over_on: str | None
    lead_ids: list[str]


class Company(CompanyLine):
    """A company with its people (a thousand at most), their hand-overs, and what it bought or may buy.

    ``won_amount`` is of all won opportunities, ``marketing_amount`` of those that marketing had a part in.
    """

    persons: list[Lead]
    handovers: list[HandoverItem]
    opportunities: list[CompanyDeal]
    currency: str
    won_amount: str
    marketing_amount: str
