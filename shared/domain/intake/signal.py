"""A signal: one thing a person did or said, normalised and ready to be decided on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.domain.identity.model import STRENGTH, Evidence, Identifier
from shared.domain.instant import Instant
from shared.domain.sync.model import FieldVerdict

Scalar = str | int | float | bool

NOT_HUMAN: Final = frozenset({"bot_ua", "machine_open", "suspected_bot", "spam:honeypot", "spam:too_fast"})
"""Flags of what a machine did. Such a signal is kept and shown, but moves no score and no stage."""


REMOTE_CHANGED: Final = "remote_changed"
"""The kind of what another system tells of a person. Nobody did it: it is no touch, but it opens stages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentClaim:
    """What a signal says about one purpose. ``text_sha256`` is the hash of the text that was shown, if it is known."""

    purpose: str
    given: bool
    text_id: str | None = None
    text_sha256: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal. ``signal_id`` is the same for every delivery of the same vendor event.

    ``profile`` holds stated facts about the person (email, phone, name, first_name, last_name, title, country,
    company …), ``attributes`` what scoring rules may read of the event (path, form_id, event, value …), ``utm`` the
    campaign parameters (source, medium, campaign, term, content). ``company_domain`` is the registrable domain of a
    corporate e-mail address, None for free and disposable mail. A ``profile`` value of ``""`` clears the field.
    ``verdicts`` say which side won fields that two systems had changed; they never travel on the wire.
    """

    signal_id: str
    kind: str
    occurred_at: Instant
    recorded_at: Instant
    source: str
    evidence: Evidence
    identifiers: tuple[Identifier, ...]
    vendor_id: str | None = None
    correlation_id: str = ""
    archive_key: str = ""
    phone: str | None = None
    previous: Identifier | None = None
    company_domain: str | None = None
    channel: str = "Unassigned"
    profile: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    utm: Mapping[str, str] = field(default_factory=dict)
    consents: tuple[ConsentClaim, ...] = ()
    evidence_details: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    verdicts: tuple[FieldVerdict, ...] = ()

    @property
    def strongest(self) -> Identifier:
        """The identifier whose lead carries this signal's effects."""
        return max(self.identifiers, key=lambda i: (STRENGTH[i.kind], i.value))

    @property
    def is_touch(self) -> bool:
        """False for what came of touches and is none: what other systems tell, and orders of shops."""
        return self.kind != REMOTE_CHANGED and "opportunity_id" not in self.attributes

    @property
    def human(self) -> bool:
        """False when a flag says that a machine did it."""
        return not (self.flags and NOT_HUMAN.intersection(self.flags))
