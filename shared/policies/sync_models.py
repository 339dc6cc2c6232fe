"""The shape of sync.yaml. Says nothing about what belongs together; see sync_checks.py."""

from typing import Annotated, Literal

from pydantic import Field

from shared.domain.sync.canonical import TYPES
from shared.domain.sync.judge import RULES
from shared.policies.condition_models import ConditionModel, PolicyModel, choice

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
System = Literal["salesforce", "marketo"]
Text = Annotated[str, Field(min_length=1, max_length=255)]


class RemoteFieldModel(PolicyModel):
    """Where a field lives in one kind of record."""

    name: Text = Field(description="The other system's own name of the field, e.g. HasOptedOutOfEmail.")
    direction: Literal["both", "in", "out"] = Field(
        default="both", description="Seen from Leadspine: in is only read, out is only written."
    )
    default: str = Field(default="", max_length=255, description="For a required field that is empty; creations only.")
    max_length: Annotated[int, Field(ge=2, le=32_000)] | None = Field(
        default=None, description="Longer values are cut and end in …; the cut never flows back."
    )


class SyncFieldModel(PolicyModel):
    """One synchronised field."""

    name: Name
    local: str = Field(
        description="Where Leadspine holds it: profile.title, answers.budget, name.first, consent.ad.email.opt_out …"
    )
    type: Annotated[str, choice(TYPES, "How values are compared, so that another spelling is no change.")] = "text"
    rule: Annotated[str, choice(RULES, "Who wins when both sides changed it.")] = "latest"
    passenger: bool = Field(default=False, description="Goes along with other changes, never causes a write itself.")
    remote: dict[str, RemoteFieldModel] = Field(
        min_length=1, description="Kind of record (salesforce.lead, salesforce.contact, marketo.person) → field there."
    )


class TerritoryModel(PolicyModel):
    """Who takes over the people that meet a condition. The first one that fits counts."""

    name: Name
    when: ConditionModel | None = Field(default=None, description="Left out in the last one only: everybody else.")
    owners: list[Text] = Field(min_length=1, description="Salesforce user names or queue names, taken in turn.")


class TakenBackModel(PolicyModel):
    """What Salesforce shows of somebody whom marketing took back."""

    status: Text
    owner: str = Field(default="", description="User or queue; left out: stays.")


class SyncHandoverModel(PolicyModel):
    """How sales gets a lead."""

    status: Text = Field(description="Salesforce status of a new lead.")
    task_subject: Text = Field(description="May name {name}, {company}, {grade} and {stage}.")
    territories: list[TerritoryModel] = Field(min_length=1)
    answers: dict[str, str] = Field(description="Salesforce status → accepted, or rejected:<stage>.")
    stages: dict[str, TakenBackModel] = Field(default_factory=dict, description="Stage → what Salesforce then shows.")


class BudgetModel(PolicyModel):
    """Shares of a vendor's daily allowance of calls."""

    daily: Annotated[int, Field(ge=1)] = Field(description="The allowance, where the vendor does not tell.")
    careful: Share = Field(description="From here on pulls are less frequent.")
    urgent_only: Share = Field(description="From here on only opt-outs and hand-overs are written.")
    stop: Share = Field(description="Here nothing is called any more.")


class ConflictsModel(PolicyModel):
    """What decides where rules and times do not."""

    tie: Literal["salesforce", "marketo", "leadspine"]
    uncertainty_seconds: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
    freeze_after: Annotated[int, Field(ge=2, le=100)]


class SyncFile(PolicyModel):
    """sync.yaml: which field lives where, who may write it, who wins, and who gets a record where."""

    profile: Literal["leadspine", "native"] = Field(
        default="leadspine",
        description="native: as Marketo's own connector; leads: Marketo wins, contacts: Salesforce.",
    )
    conflicts: ConflictsModel
    overlap_minutes: Annotated[float, Field(ge=1, le=120, allow_inf_nan=False)] = Field(
        description="How far a pull looks back, for rows that became visible late."
    )
    merge_in_marketo: bool = Field(description="Whether people who turned out to be one are merged in Marketo too.")
    create: dict[System, ConditionModel] = Field(description="System → who gets a record there. Left out: nobody.")
    handover: SyncHandoverModel
    budgets: dict[System, BudgetModel]
    fields: list[SyncFieldModel] = Field(min_length=1)
