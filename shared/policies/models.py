"""The shape of the policy files, as pydantic models: what editors complete and the loader checks first.

Says nothing about what belongs together across a file; see checks.py.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from shared.contracts.intake import SIGNAL_KINDS
from shared.domain.intake import signatures
from shared.domain.scoring.condition import OPS

Scalar = bool | int | float | str
Points = Annotated[float, Field(allow_inf_nan=False, ge=-1000, le=1000)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, le=100_000)]
Duration = Annotated[float, Field(ge=0.01, allow_inf_nan=False, le=100_000)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]

OWN_SCHEMES: Final = ("write_key", "segment_batch")
"""Ways of proof that a connector brings itself (its ``verify``)."""
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


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _choice(words: Any, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": sorted(words), "description": description})


class CompareModel(_Model):
    """One field against one value."""

    field: str = Field(description='What is read, e.g. "profile.title", "attributes.path", "score.total".')
    op: Annotated[str, _choice(OPS, "How the field is compared; mentions_any looks for whole words.")]
    value: Scalar | list[Scalar] | None = None


class AllModel(_Model):
    """Every one of these holds."""

    all: list["ConditionModel"] = Field(min_length=1)


class AnyModel(_Model):
    """At least one of these holds."""

    any: list["ConditionModel"] = Field(min_length=1)


class NotModel(_Model):
    """This does not hold."""

    not_: "ConditionModel" = Field(alias="not")


def condition_form(value: Any) -> str | None:
    """Which form of condition this is meant to be."""
    if not isinstance(value, dict):
        return None
    return next((form for form in ("all", "any", "not") if form in value), "compare")


ConditionModel = Annotated[
    Annotated[AllModel, Tag("all")]
    | Annotated[AnyModel, Tag("any")]
    | Annotated[NotModel, Tag("not")]
    | Annotated[CompareModel, Tag("compare")],
    Discriminator(condition_form),
]


class RuleModel(_Model):
    """One scoring rule."""

    id: Slug
    category: Literal["fit", "engagement"]
    points: Points = Field(description="Points for each time it holds; negative to lower the score.")
    kinds: list[Annotated[str, _choice(SIGNAL_KINDS, "A kind of signal.")]] = Field(
        default_factory=list, description="Engagement only: the kinds of signals that can trigger it."
    )
    when: ConditionModel | None = Field(default=None, description="Left out: always.")
    half_life_days: Duration | None = Field(default=None, description="Engagement only. Left out: never decays.")
    cap: Positive | None = Field(default=None, description="Engagement only: the most it can count, either way.")
    note: str | None = Field(default=None, description="Why the rule exists. Changes nothing.")


class FitBands(_Model):
    """The least fit for A, B and C; everything below is D."""

    A: Points
    B: Points
    C: Points


class EngagementBands(_Model):
    """The least engagement for 1, 2 and 3; everything below is 4."""

    one: Points = Field(alias="1")
    two: Points = Field(alias="2")
    three: Points = Field(alias="3")


class ScoringFile(_Model):
    """scoring.yaml: how leads are scored."""

    fit_bands: FitBands
    engagement_bands: EngagementBands
    rules: list[RuleModel] = Field(min_length=1)


class StageModel(_Model):
    """One stage of the lifecycle, in the order in which leads go through them."""

    id: Slug
    order: Annotated[int, Field(ge=1, le=1000)]
    reason: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*(\.[A-Z0-9_]+)*$")]
    enter: ConditionModel | None = Field(default=None, description="The guard. Left out: entered from outside.")


class HandoverModel(_Model):
    """The hand-over to sales."""

    stage: Slug
    sla_hours: Duration


class LifecycleFile(_Model):
    """lifecycle.yaml: stages and the hand-over."""

    handover: HandoverModel
    backfill_after_days: Duration = Field(description="Signals older than this when they arrive start no SLA.")
    stages: list[StageModel] = Field(min_length=1)


class PurposeModel(_Model):
    """Something a person may allow."""

    id: Slug
    family: Literal["data", "advertising", "tracking", "profiling"]
    channel: Literal["email", "sms", "call", "chat", "web"] | None = None
    title: dict[Language, str] = Field(min_length=1)


class ControllerModel(_Model):
    """Who asks for consent."""

    name: str = Field(min_length=1)
    address: str = Field(min_length=1)


class MetadataModel(_Model):
    """What a text has to make known; all of it is mandatory for regime ru (FZ-152 art. 9(4))."""

    operator_name: str | None = None
    operator_address: str | None = None
    purpose: str | None = None
    data: str | None = None
    actions: str | None = None
    processors: str | None = None
    term: str | None = None
    withdrawal: str | None = None


class TextModel(_Model):
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


class ConsentFile(_Model):
    """consent_texts.yaml: purposes and the texts that ask for them."""

    controllers: dict[Slug, ControllerModel] = Field(min_length=1)
    purposes: list[PurposeModel] = Field(min_length=1)
    texts: list[TextModel]


class BindingModel(_Model):
    """The purpose that a form's control is about, and the text beside it."""

    purpose: str
    text_id: str | None = None


class SourceModel(_Model):
    """A configured way in."""

    vendor: Annotated[str, _choice(vendors(), "The connector that reads its payloads.")]
    scheme: Annotated[str, _choice(SCHEMES, "How a request proves where it comes from.")]
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


class SourcesFile(_Model):
    """sources.yaml: the doors of this installation."""

    sources: dict[Slug, SourceModel] = Field(min_length=1)


FILES: Final[dict[str, type[BaseModel]]] = {
    "scoring.yaml": ScoringFile,
    "lifecycle.yaml": LifecycleFile,
    "consent_texts.yaml": ConsentFile,
    "sources.yaml": SourcesFile,
}
