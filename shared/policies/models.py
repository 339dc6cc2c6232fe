"""The shape of the policy files, as pydantic models: what editors complete and the loader checks first.

Says nothing about what belongs together across a file; see checks.py.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from shared.contracts.intake import SIGNAL_KINDS
from shared.domain.intake import signatures
from shared.policies.condition_models import ConditionModel, PolicyModel, Scalar, choice
from shared.policies.message_models import MessagesFile
from shared.policies.money_models import MoneyFile
from shared.policies.sync_models import SyncFile

Points = Annotated[float, Field(allow_inf_nan=False, ge=-1000, le=1000)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, le=100_000)]
Duration = Annotated[float, Field(ge=0.01, allow_inf_nan=False, le=100_000)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]

OWN_SCHEMES: Final = ("write_key", "server_key", "segment_batch", "internal")
"""Ways of proof that a connector brings itself (its ``verify``). Nothing from outside ever proves ``internal``."""
SCHEMES: Final = (*sorted(signatures.SCHEMES), *OWN_SCHEMES)
"""How a request can prove where it comes from."""


def vendors() -> tuple[str, ...]:
    """Every vendor whose connector can parse: a new vendor is one new file, and nothing has to be listed here.

    The files are looked at, not imported, because policies stand below connectors.
    """
    folder = Path(__file__).parents[1] / "connectors"
    return tuple(
        sorted(path.stem for path in folder.glob("*.py") if "\ndef parse(" in path.read_text(encoding="utf-8"))
    )


class RuleModel(PolicyModel):
    """One scoring rule."""

    id: Slug
    category: Literal["fit", "engagement"]
    points: Points = Field(description="Points for each time it holds; negative to lower the score.")
    kinds: list[Annotated[str, choice(SIGNAL_KINDS, "A kind of signal.")]] = Field(
        default_factory=list, description="Engagement only: the kinds of signals that can trigger it."
    )
    when: ConditionModel | None = Field(default=None, description="Left out: always.")
    half_life_days: Duration | None = Field(default=None, description="Engagement only. Left out: never decays.")
    cap: Positive | None = Field(default=None, description="Engagement only: the most it can count, either way.")
    note: str | None = Field(default=None, description="Why the rule exists. Changes nothing.")


class FitBands(PolicyModel):
    """The least fit for A, B and C; everything below is D."""

    A: Points
    B: Points
    C: Points


class EngagementBands(PolicyModel):
    """The least engagement for 1, 2 and 3; everything below is 4."""

    one: Points = Field(alias="1")
    two: Points = Field(alias="2")
    three: Points = Field(alias="3")


class ScoringFile(PolicyModel):
    """scoring.yaml: how leads are scored."""

    fit_bands: FitBands
    engagement_bands: EngagementBands
    rules: list[RuleModel] = Field(min_length=1)


class StageModel(PolicyModel):
    """One stage of the lifecycle, in the order in which leads go through them."""

    id: Slug
    order: Annotated[int, Field(ge=1, le=1000)]
    reason: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*(\.[A-Z0-9_]+)*$")]
    enter: ConditionModel | None = Field(default=None, description="The guard. Left out: entered from outside.")
    side: bool = Field(default=False, description="Beside the line: entering it passes nothing, nothing passes it.")


class HandoverModel(PolicyModel):
    """The hand-over to sales."""

    stage: Slug
    sla_hours: Duration


class LifecycleFile(PolicyModel):
    """lifecycle.yaml: stages and the hand-over."""

    handover: HandoverModel
    backfill_after_days: Duration = Field(description="Signals older than this when they arrive start no SLA.")
    stages: list[StageModel] = Field(min_length=1)


class PurposeModel(PolicyModel):
    """Something a person may allow."""

    id: Slug
    family: Literal["data", "advertising", "tracking", "profiling"]
    channel: Literal["email", "sms", "call", "chat", "web"] | None = None
    title: dict[Language, str] = Field(min_length=1)


class ControllerModel(PolicyModel):
    """Who asks for consent."""

    name: str = Field(min_length=1)
    address: str = Field(min_length=1)


class MetadataModel(PolicyModel):
    """What a text has to make known; all of it is mandatory for regime ru (FZ-152 art. 9(4))."""

    operator_name: str | None = None
    operator_address: str | None = None
    purpose: str | None = None
    data: str | None = None
    actions: str | None = None
    processors: str | None = None
    term: str | None = None
    withdrawal: str | None = None


class TextModel(PolicyModel):
    """One text: one purpose, one language, one version."""

    id: Slug
    purpose: str = Field(description="Exactly one purpose: one text, one act.")
    language: Language
    version: Annotated[int, Field(ge=1)]
    regimes: list[Literal["ru", "eu", "pl"]] = Field(min_length=1)
    controller: str
    default: bool = Field(default=False, description="Ticked in advance? Only false is lawful.")
    text: str = Field(min_length=20)
    metadata: MetadataModel = MetadataModel()


class ConsentFile(PolicyModel):
    """consent_texts.yaml: purposes and the texts that ask for them."""

    controllers: dict[Slug, ControllerModel] = Field(min_length=1)
    purposes: list[PurposeModel] = Field(min_length=1)
    texts: list[TextModel]


class BindingModel(PolicyModel):
    """The purpose that a form's control is about, and the text beside it."""

    purpose: str
    text_id: str | None = None


class SourceModel(PolicyModel):
    """A configured way in."""

    vendor: Annotated[str, choice(vendors(), "The connector that reads its payloads.")]
    scheme: Annotated[str, choice(SCHEMES, "How a request proves where it comes from.")]
    evidence: Literal["verified", "claimed"] = "verified"
    residency: Literal["local", "ru"] = "local"
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = Field(
        default=None, description="Country of phone numbers that are written without a country code."
    )
    form_key: str | None = None
    consents: dict[str, BindingModel] = Field(default_factory=dict, description="Form field → purpose and text shown.")
    options: dict[str, Scalar | list[Scalar] | dict[str, str]] = Field(
        default_factory=dict, description="Read by the connector, e.g. fields: a form's names → ours."
    )


class SourcesFile(PolicyModel):
    """sources.yaml: the doors of this installation."""

    sources: dict[Slug, SourceModel] = Field(min_length=1)


FILES: Final[dict[str, type[BaseModel]]] = {
    "scoring.yaml": ScoringFile,
    "lifecycle.yaml": LifecycleFile,
    "consent_texts.yaml": ConsentFile,
    "sources.yaml": SourcesFile,
    "sync.yaml": SyncFile,
    "messages.yaml": MessagesFile,
    "money.yaml": MoneyFile,
}
