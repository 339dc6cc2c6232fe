"""The lead: one bounded head. A person is one root lead and the leads merged into it (see projection.py)."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.company.model import CompanyLink
from shared.domain.consent.model import ConsentRegister
from shared.domain.identity.model import Attachment, Identifier, Stamp
from shared.domain.instant import Instant
from shared.domain.lead.opportunity import Opportunity
from shared.domain.lifecycle.model import Handover, StageState
from shared.domain.scoring.model import Counter
from shared.domain.touchpoint.model import TouchRef
from shared.domain.values import EMPTY

LeadId = str


class FieldValue(NamedTuple):
    """A profile field with its provenance; the value with the greatest stamp holds."""

    stamp: Stamp
    value: str
    source: str


class Lead(NamedTuple):
    """The head of one lead: everything a decision may read of it, bounded whatever its history.

    ``version`` counts decisions and is the condition of every write. ``merged_into`` is the alias: the lead that this
    one is a part of. ``members`` (on a root only) are all leads below it. ``separate`` names leads that a person took
    apart, never to be merged again. ``consents`` is keyed by contact point and purpose, see
    ``consent.policy.register_key``; ``contact_points`` maps a contact point (``kind:value``) to its random reference in
    the ledger. ``fit_rules`` are the fit rules a root met under scoring model ``fit_version``; an empty version means
    that they are evaluated at the next decision. ``opportunities`` is keyed by the CRM's id.
    """

    lead_id: LeadId
    version: int = 0
    created_at: Instant = 0
    updated_at: Instant = 0
    last_signal_at: Instant = 0
    verified: bool = False
    merged_into: LeadId | None = None
    attachment: Attachment | None = None
    members: tuple[LeadId, ...] = ()
    separate: tuple[LeadId, ...] = ()
    subject_ref: str = ""
    identifiers: Mapping[Identifier, Stamp] = EMPTY
    profile: Mapping[str, FieldValue] = EMPTY
    answers: Mapping[str, FieldValue] = EMPTY
    company: CompanyLink | None = None
    consents: Mapping[str, ConsentRegister] = EMPTY
    contact_points: Mapping[str, str] = EMPTY
    counters: Mapping[str, Counter] = EMPTY
    touch_count: int = 0
    first_touch: TouchRef | None = None
    last_touch: TouchRef | None = None
    stage: StageState = StageState()
    handover: Handover | None = None
    score_total: int = 0
    score_grade: str = ""
    seen_bucket: int = 0
    seen_count: int = 0
    fit_rules: tuple[str, ...] = ()
    fit_version: str = ""
    opportunities: Mapping[str, Opportunity] = EMPTY
