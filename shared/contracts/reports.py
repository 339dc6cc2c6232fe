"""Reports as the world sees them. Stable; the definitions behind the numbers: shared/domain/insights/metrics.py."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from shared.contracts.api import Closed, Cursor, Date, ReportQuery, Time
from shared.contracts.costs import Money


class FunnelStage(Closed):
    """One stage. ``conversion`` and ``median_days`` are to the next stage, ``conversion_total`` is from the first."""

    stage: str
    count: int
    entered: int
    current: int
    conversion: float | None
    conversion_total: float | None
    median_days: float | None


class FunnelCohort(Closed):
    """Persons of one day, week or month who reached each stage."""

    cohort: str
    counts: dict[str, int]


class ChannelLine(Closed):
    """Leads by the channel of their first touch."""

    channel: str
    leads: int
    mql: int
    sql: int
    customers: int
    conversion: float | None


class Report(BaseModel):
    """What every report says about itself. Definitions: shared/domain/insights/metrics.py."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True, validate_by_name=True)

    name: str
    from_: Date | None = Field(alias="from")
    to: Date | None
    generated_at: Time


class FunnelReport(Report):
    """How many persons reached each stage."""

    name: Literal["funnel"]
    by: str
    visitors: int
    stages: list[FunnelStage]
    side: list[FunnelStage]
    cohorts: list[FunnelCohort]


class TouchpointLine(BaseModel):
    """Touches of one group, and the distinct people who left them. The label of the total is empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    touches: int
    people: int


class TouchpointReport(Report):
    """What people did, by the day on which they did it."""

    name: Literal["touchpoints"]
    by: str
    total: TouchpointLine
    lines: list[TouchpointLine]


class KpiReport(Report):
    """The key figures."""

    name: Literal["kpis"]
    visitors: int
    leads: int
    companies: int
    mql: int
    sql: int
    opportunities: int
    customers: int
    lead_to_mql: float | None
    mql_to_sql: float | None
    sql_to_customer: float | None
    lead_to_customer: float | None
    median_days_to_sql: float | None
    touches: int
    touches_per_lead: float | None
    consent_share: dict[str, float]
    channels: list[ChannelLine]


class ConversionLine(Closed):
    """Leads of one group and how far they came; conversions are shares of one."""

    label: str
    leads: int
    mql: int
    sql: int
    customers: int
    lead_to_mql: float | None
    mql_to_sql: float | None
    sql_to_customer: float | None
    lead_to_sale: float | None


class ConversionReport(Report):
    """Conversions by cohort, channel, campaign or owner."""

    name: Literal["conversion"]
    by: str
    total: ConversionLine
    lines: list[ConversionLine]


class RomiLine(Closed):
    """What was spent and what came back. ``romi`` 1.5 is 150 %; ``unconverted`` rows are in no sum."""

    label: str
    spend: Money
    spend_by_kind: dict[str, Money]
    revenue: Money = Field(description="Won amount of marketing opportunities.")
    opportunities: int = Field(description="Marketing opportunities that were won.")
    won: Money = Field(description="Won amount of all opportunities.")
    won_opportunities: int
    romi: float | None
    unconverted: int


class RomiReport(Report):
    """Return on marketing investment."""

    name: Literal["romi"]
    by: str
    currency: str
    total: RomiLine
    lines: list[RomiLine]


class CacLine(Closed):
    """What it cost to win a company."""

    label: str
    spend: Money
    companies: int
    cac: Money | None
    unconverted: int


class CacReport(Report):
    """Cost of acquisition, by companies."""

    name: Literal["cac"]
    by: str
    currency: str
    total: CacLine
    lines: list[CacLine]


class SurvivalStep(Closed):
    """By this many days after the first touch the share ``bought`` of all leads is expected to have bought."""

    day: int
    at_risk: int
    sold: int
    bought: float


class TimeToSaleReport(Report):
    """Days from the first touch to the sale.

    ``median_days`` and ``mean_days`` are of leads that bought; ``expected_median_days`` is of all leads, open ones too
    (Kaplan-Meier), and null while it is not known yet.
    """

    name: Literal["time-to-sale"]
    leads: int
    customers: int
    open: int
    median_days: float | None
    mean_days: float | None
    expected_median_days: int | None
    curve: list[SurvivalStep]


class PipelineLine(Closed):
    """Opportunities by the day on which they close, or are expected to."""

    label: str
    open: int
    pipeline: Money
    won: int
    won_amount: Money
    lost: int
    win_rate: float | None
    average_deal: Money | None
    unconverted: int


class PipelineReport(Report):
    """Open opportunities, and what became of closed ones."""

    name: Literal["pipeline"]
    by: str
    currency: str
    total: PipelineLine
    lines: list[PipelineLine]


class HandoverLine(Closed):
    """Hand-overs by where they stand. ``in_time_share``: of those with a time to answer, answered or late."""

    label: str
    handovers: int
    waiting: int
    overdue: int
    accepted: int
    rejected: int
    in_time: int
    in_time_share: float | None
    median_hours: float | None


class HandoverReport(Report):
    """How sales answers hand-overs, by owner or by the time of the request."""

    name: Literal["handovers"]
    by: str
    total: HandoverLine
    lines: list[HandoverLine]


class BuyerLine(Closed):
    """Companies that bought, what they brought, and the average of it."""

    companies: int
    revenue: Money
    average: Money | None


class ContentReport(Report):
    """Whether companies that regularly consume content buy more: B / A."""

    name: Literal["content"]
    currency: str
    regular_from: int = Field(description="Touches with content from which a company counts as a regular consumer.")
    regular: BuyerLine
    others: BuyerLine
    effectiveness: float | None
    unconverted: int


class BehindItem(Closed):
    """One row behind a figure: a lead, an opportunity with the leads it is about, or a cost by its key."""

    kind: Literal["lead", "opportunity", "cost"]
    id: str
    date: str | None = None
    amount: Money | None = Field(default=None, description="In the reporting currency.")
    lead_ids: list[str] = Field(default_factory=list)
    channel: str | None = None
    campaign: str | None = None
    cost_kind: str | None = Field(default=None, description="What was paid for: media, licence, staff, content, other.")
    company: str | None = Field(default=None, description="Who the opportunity is with: a company, else a lead.")
    marketing: bool | None = Field(default=None, description="Whether marketing had a part in the opportunity.")


class Behind(Closed):
    """The rows that a figure of a report was made of."""

    name: str
    open: str
    line: str | None
    items: list[BehindItem]
    cursor: str | None


class BehindQuery(ReportQuery):
    """Which figure to open; ``line`` is the label of its line, left out for the total."""

    open: str = Field(min_length=1, max_length=40)
    line: str | None = Field(default=None, max_length=320)
    cursor: Cursor | None = None


MoneyReport = (
    ConversionReport | RomiReport | CacReport | TimeToSaleReport | PipelineReport | HandoverReport | ContentReport
)
"""The reports of shared/app/money_reports.py."""


class AnyReport(
    RootModel[Annotated[FunnelReport | KpiReport | TouchpointReport | MoneyReport, Field(discriminator="name")]]
):
    """Any report, told apart by its name."""
