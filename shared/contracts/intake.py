"""What arrives at the doors and what vendor parsers make of it. Plain dataclasses: the doors may not load pydantic."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

Scalar = str | int | float | bool

SIGNAL_KINDS: Final = frozenset(
    {
        "form_submitted", "page_viewed", "screen_viewed", "content_downloaded", "custom_event",
        "email_delivered", "email_opened", "email_clicked", "email_bounced", "email_complained",
        "sms_delivered", "sms_received", "sms_failed", "chat_started", "chat_message_received",
        "webinar_registered", "webinar_attended", "call_completed", "call_missed", "survey_answered",
        "product_viewed", "cart_updated", "order_placed", "order_paid", "order_refunded",
        "review_given", "referral_made", "consent_given", "consent_withdrawn",
        "identified", "company_identified", "identity_linked", "lead_notified", "remote_changed",
    }
)  # fmt: skip
"""Every kind of signal, in the past tense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRequest:
    """One HTTP request as it came, after base64 and transport compression were undone.

    ``headers`` has lower-case names. ``query`` keeps repeated keys. ``body`` holds the raw bytes that signatures cover;
    ``received_at`` is milliseconds since the epoch, UTC.
    """

    method: str
    path: str
    source: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: bytes
    received_at: int
    ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One event of a vendor in neutral words and raw values: what a parser returns, what the normaliser reads.

    ``occurred_at`` is the vendor's own value (number of seconds or milliseconds, or text) or None.
    ``consents`` maps purpose (``processing``, ``ad.email`` …) to given (True) or withdrawn (False).
    ``vendor_id`` recognises duplicates; None means that the content itself has to.
    ``evidence`` is set where a request proves less than its source does (``claimed``: events behind the first of a
    Segment batch, whose signature covers the first only).
    """

    kind: str
    vendor_id: str | None = None
    occurred_at: Scalar | None = None
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    title: str | None = None
    country: str | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    external_id: str | None = None
    previous_id: str | None = None
    page_url: str | None = None
    referrer: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    consent_text: str | None = None
    utm: Mapping[str, str] = field(default_factory=dict)
    consents: Mapping[str, bool] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One event of a request that cannot become a signal, while its neighbours can. The processor parks it.

    ``index`` is its position in the request. ``reference`` is derived from its identity (as a signal id is), so that
    parking it twice is one record. Carries nothing of the content: it is stored and shown.
    """

    code: str
    detail: str
    index: int
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a door answers."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The queue message: a reference to an archived request. No personal data in it, so no dead letter leaks any."""

    delivery_id: str
    source: str
    archive_key: str
    received_at: int
    correlation_id: str

    def to_message(self) -> dict[str, Any]:
        """The queue message."""
        return asdict(self)

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> "Delivery":
        """The delivery in a queue message; fields added by a later version are left alone."""
        return cls(
            delivery_id=str(message["delivery_id"]),
            source=str(message["source"]),
            archive_key=str(message["archive_key"]),
            received_at=int(message["received_at"]),
            correlation_id=str(message["correlation_id"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configured way in. ``scheme`` names how requests prove their origin, ``evidence`` what that proof is worth.

    ``vendor`` names the connector module. ``residency`` says where the first durable write has to happen
    (``local``: this account; ``ru``: a store in Russia, FZ-152 art. 18(5)). ``region`` is the phone region hint.
    ``consents`` binds a form field to a purpose and the text that was shown beside it.
    """

    name: str
    vendor: str
    scheme: str
    evidence: str = "verified"
    residency: str = "local"
    region: str | None = None
    form_key: str | None = None
    consents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parser_options(self) -> Mapping[str, Any]:
        """What a parser may know of its source: the options of the vendor, bound consents, the region hint."""
        return {**self.options, "consents": self.consents, "region": self.region, "scheme": self.scheme}

    @classmethod
    def of_mapping(cls, name: str, values: Mapping[str, Any]) -> "Source":
        """A source from compiled policies, without loading a validator; unknown keys are left alone."""
        return cls(
            name=name,
            vendor=str(values["vendor"]),
            scheme=str(values["scheme"]),
            evidence=str(values.get("evidence") or "verified"),
            residency=str(values.get("residency") or "local"),
            region=values.get("region"),
            form_key=values.get("form_key"),
            consents=values.get("consents") or {},
            options=values.get("options") or {},
        )
