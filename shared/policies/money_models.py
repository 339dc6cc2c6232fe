"""The shape of money.yaml, as pydantic models."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Rate = Annotated[str, Field(pattern=r"^[0-9]{1,8}(\.[0-9]{1,8})?$")]


class MoneyFile(BaseModel):
    """money.yaml: the reporting currency, exchange rates, and what counts as marketing spend."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    owner: str = Field(min_length=1, max_length=200, description="Who answers for the definitions and the rates.")
    currency: Currency = Field(description="The currency of all reports.")
    spend: list[Literal["media", "licence", "staff", "content", "other"]] = Field(
        min_length=1, description="Kinds of costs that count in ROMI and CAC."
    )
    regular_content: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="Touches with content from which a company counts as a regular consumer of it."
    )
    rates: dict[Currency, dict[Month, Rate]] = Field(
        default_factory=dict,
        description="Currency → month → what one unit is worth in the reporting currency, as text.",
    )
