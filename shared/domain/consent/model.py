"""Consent as registers in the head (what holds now) and as events for the ledger (what happened)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from shared.domain.instant import Instant

GIVEN: Final = "given"
WITHDRAWN: Final = "withdrawn"

DEFAULT_PURPOSES: Final = (
    "processing",
    "ad.email",
    "ad.sms",
    "ad.call",
    "ad.chat",
    "track.web",
    "track.email",
    "profiling",
)

STATE_AFTER: Final = {GIVEN: "ConsentGiven", WITHDRAWN: "ConsentWithdrawn"}
"""Our event types in the words of ISO/IEC TS 27560:2023 / W3C DPV."""


class ConsentRegister(NamedTuple):
    """The latest statement about one purpose from one contact point.

    Compared as a tuple: evidence, then time, then withdrawal over consent (a withdrawal wins ties), then the id.
    """

    evidence: int
    occurred_at: Instant
    withdrawn: int
    signal_id: str
    source: str
    text_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentState:
    """What holds for one purpose of one person, folded over all contact points; the least permissive one wins."""

    purpose: str
    channel: str | None
    state: str
    since: Instant
    source: str
    evidence: int
    text_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One event for the ledger, before it is sealed: ``header`` without chain fields, ``payload`` to be encrypted.

    ``header`` never holds personal data: random ids, enums, times and hashes only (facts §6.2).
    """

    lead_id: str
    subject_ref: str
    header: Mapping[str, Any]
    payload: Mapping[str, Any] = field(default_factory=dict)
