"""Reports as the world sees them. Stable; the definitions behind the numbers: shared/domain/insights/metrics.py."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from shared.contracts.api import Closed, Date, Time


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


class AnyReport(RootModel[Annotated[FunnelReport | KpiReport, Field(discriminator="name")]]):
    """Either report, told apart by its name."""
