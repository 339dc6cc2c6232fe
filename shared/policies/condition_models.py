"""The shape of conditions in policy files, and what every model of a policy file has in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from shared.domain.scoring.condition import OPS

Scalar = bool | int | float | str


class PolicyModel(BaseModel):
    """Something that stands in a policy file: nothing unknown, nothing converted, nothing changed later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def choice(words: Any, description: str) -> WithJsonSchema:
    """Text whose words editors complete; checks.py says which are unknown, with the word that was meant."""
    return WithJsonSchema({"type": "string", "enum": sorted(words), "description": description})


class CompareModel(PolicyModel):
    """One field against one value."""

    field: str = Field(description='What is read, e.g. "profile.title", "attributes.path", "score.total".')
    op: Annotated[str, choice(OPS, "How the field is compared; mentions_any looks for whole words.")]
    value: Scalar | list[Scalar] | None = None


class AllModel(PolicyModel):
    """Every one of these holds."""

    all: list["ConditionModel"] = Field(min_length=1)


class AnyModel(PolicyModel):
    """At least one of these holds."""

    any: list["ConditionModel"] = Field(min_length=1)


class NotModel(PolicyModel):
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


def plain_condition(model: CompareModel | AllModel | AnyModel | NotModel | None) -> dict[str, Any]:
    """A condition in the plain form that compiled.py reads; one that was left out always holds."""
    if model is None:
        return {"always": True}
    if isinstance(model, AllModel):
        return {"all": [plain_condition(item) for item in model.all]}
    if isinstance(model, AnyModel):
        return {"any": [plain_condition(item) for item in model.any]}
    if isinstance(model, NotModel):
        return {"not": plain_condition(model.not_)}
    return {"field": model.field, "op": model.op, "value": model.value}
