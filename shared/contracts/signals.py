"""The canonical signal on the wire: what imports, redrives and samples hold. Knows nothing of how it is decided on.

The same words as inside, with times as ISO 8601. It holds personal data and therefore never travels on the bus.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from shared.contracts.intake import SIGNAL_KINDS

SCHEMA_VERSION: Final = "1-0-0"

KINDS: Final = {
    "form_submitted":        "A form was sent.",
    "page_viewed":           "A page was opened.",
    "screen_viewed":         "A screen of an app was opened.",
    "content_downloaded":    "A file was fetched: a paper, a price list, a trial.",
    "custom_event":          "Something of the customer's own naming happened; attributes.event says what.",
    "email_delivered":       "A message reached a mailbox.",
    "email_opened":          "A message was opened, or a program opened it.",
    "email_clicked":         "A link in a message was followed.",
    "email_bounced":         "A message came back.",
    "email_complained":      "A message was marked as spam.",
    "sms_delivered":         "A text message arrived.",
    "sms_received":          "A text message was sent to us.",
    "sms_failed":            "A text message could not be delivered.",
    "chat_started":          "A conversation was opened.",
    "chat_message_received": "A message was written to us in a chat.",
    "webinar_registered":    "A seat in a webinar was booked.",
    "webinar_attended":      "A webinar was attended.",
    "call_completed":        "A telephone call took place.",
    "call_missed":           "Somebody called and nobody answered.",
    "survey_answered":       "Questions were answered.",
    "product_viewed":        "A product was looked at in the shop.",
    "cart_updated":          "The cart was changed.",
    "order_placed":          "An order was placed.",
    "order_paid":            "An order was paid.",
    "order_refunded":        "Money was given back.",
    "review_given":          "A review was written.",
    "referral_made":         "Somebody recommended us.",
    "consent_given":         "A purpose was allowed.",
    "consent_withdrawn":     "A purpose was forbidden.",
    "identified":            "Somebody said, or a system knows, who they are.",
    "company_identified":    "The company of a visitor was named.",
    "identity_linked":       "Two identifiers were said to be one person.",
    "lead_notified":         "A platform told of a lead by its id only.",
    "remote_changed":        "A record changed in another system.",
}  # fmt: skip
"""Every kind of signal, in words."""

Time = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", examples=["2026-11-21T20:24:00.000Z"])
]
Kind = Annotated[
    str,
    Field(pattern="^(" + "|".join(sorted(SIGNAL_KINDS)) + ")$"),
    WithJsonSchema({"type": "string", "enum": sorted(SIGNAL_KINDS)}),
]
Scalar = bool | int | float | str


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifierWire(_Wire):
    """One way to recognise a person; the value is normalised."""

    kind: Literal["external", "email", "user", "anonymous", "signal"]
    value: str = Field(min_length=1)


class ConsentClaimWire(_Wire):
    """What the signal says about one purpose, and the text that was shown."""

    purpose: str = Field(min_length=1)
    given: bool
    text_id: str | None = None
    text_sha256: str | None = None
    text: str | None = None


class SignalWire(_Wire):
    """One thing a person did or said."""

    signal_id: str = Field(min_length=1, description="The same for every delivery of the same event.")
    kind: Kind
    occurred_at: Time
    recorded_at: Time
    source: str
    evidence: Literal["verified", "claimed"]
    identifiers: list[IdentifierWire] = Field(min_length=1)
    vendor_id: str | None = None
    correlation_id: str = ""
    archive_key: str = ""
    phone: str | None = None
    previous: IdentifierWire | None = None
    company_domain: str | None = None
    channel: str = "Unassigned"
    profile: dict[str, str] = Field(default_factory=dict)
    attributes: dict[str, Scalar] = Field(default_factory=dict)
    answers: dict[str, str] = Field(default_factory=dict)
    utm: dict[str, str] = Field(default_factory=dict)
    consents: list[ConsentClaimWire] = Field(default_factory=list)
    evidence_details: dict[str, str] = Field(default_factory=dict)
    flags: list[str] = Field(default_factory=list)
