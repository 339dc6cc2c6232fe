"""The shape of messages.yaml, as pydantic models."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Count = Annotated[int, Field(ge=1, le=1000)]
Span = Annotated[float, Field(gt=0, allow_inf_nan=False, le=100_000)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MessageTextModel(_Model):
    """A message in one language."""

    subject: str = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1, max_length=20_000)


class MessageModel(_Model):
    """One message."""

    id: Slug
    class_: Literal["marketing", "transactional", "internal"] = Field(alias="class")
    purpose: str = Field(default="", description="Marketing only: what the person has to have allowed.")
    on: list[str] = Field(min_length=1, description="Facts after which it is considered.")
    to: str = Field(description='"person", or a group of recipients.')
    once: Literal["address", "cause"] = "address"
    fresh_hours: Span = Field(description="How old its cause may be.")
    texts: dict[Language, MessageTextModel] = Field(min_length=1)


class LanguagesModel(_Model):
    """Which language a person is written to in, unless a consent text says."""

    default: Language
    countries: dict[Country, Language] = Field(default_factory=dict)


class CapModel(_Model):
    """How many marketing messages an address gets."""

    messages: Count
    days: Span


class MessagesFile(_Model):
    """messages.yaml: what is sent, to whom and in which words."""

    sender_name: str = Field(min_length=1, max_length=100)
    list_id: Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
    unsubscribe_mailbox: str = Field(default="", description="Where unsubscribing by mail goes; empty: nowhere.")
    require_text: bool = False
    languages: LanguagesModel
    cap: CapModel
    residencies: dict[Country, str] = Field(default_factory=dict)
    recipients: dict[Slug, list[str]] = Field(default_factory=dict)
    messages: list[MessageModel]
