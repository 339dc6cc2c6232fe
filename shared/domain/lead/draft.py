"""A lead while it is being decided on: mutable inside one decision, frozen before and after it."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final

from shared.domain.company.model import CompanyLink
from shared.domain.company.policy import better, link
from shared.domain.consent.model import ConsentRegister
from shared.domain.consent.policy import contact_point, register, register_key
from shared.domain.identity.model import EVIDENCE_WORDS, STRONG, Attachment, Identifier, Stamp
from shared.domain.intake.signal import ConsentClaim, Signal
from shared.domain.lead.model import FieldValue, Lead
from shared.domain.lead.opportunity import Opportunity
from shared.domain.lifecycle.model import Handover, StageState
from shared.domain.scoring.model import Counter
from shared.domain.scoring.policy import Scorer, add
from shared.domain.touchpoint.model import TouchRef
from shared.domain.values import maker

_FIELDS: Final = Lead._fields
_values_of = attrgetter(*_FIELDS)
_lead: Final = maker(Lead)


class Draft:
    """The fields of a Lead, writable. Mappings are copied on first write, so the original stays as it was."""

    __slots__ = (*_FIELDS, "before", "changed")

    lead_id: str
    version: int
    created_at: int
    updated_at: int
    last_signal_at: int
    verified: bool
    merged_into: str | None
    attachment: Attachment | None
    members: tuple[str, ...]
    separate: tuple[str, ...]
    subject_ref: str
    identifiers: Mapping[Identifier, Stamp]
    profile: Mapping[str, FieldValue]
    answers: Mapping[str, FieldValue]
    company: CompanyLink | None
    consents: Mapping[str, ConsentRegister]
    contact_points: Mapping[str, str]
    counters: Mapping[str, Counter]
    touch_count: int
    first_touch: TouchRef | None
    last_touch: TouchRef | None
    stage: StageState
    handover: Handover | None
    score_total: int
    score_grade: str
    seen_bucket: int
    seen_count: int
    fit_rules: tuple[str, ...]
    fit_version: str
    opportunities: Mapping[str, Opportunity]

    def __init__(self, lead: Lead) -> None:
        # One unpacking in the order of Lead's fields: half the time of setting them one by one, for every decision.
        (
            self.lead_id,
            self.version,
            self.created_at,
            self.updated_at,
            self.last_signal_at,
            self.verified,
            self.merged_into,
            self.attachment,
            self.members,
            self.separate,
            self.subject_ref,
            self.identifiers,
            self.profile,
            self.answers,
            self.company,
            self.consents,
            self.contact_points,
            self.counters,
            self.touch_count,
            self.first_touch,
            self.last_touch,
            self.stage,
            self.handover,
            self.score_total,
            self.score_grade,
            self.seen_bucket,
            self.seen_count,
            self.fit_rules,
            self.fit_version,
            self.opportunities,
        ) = lead
        self.before = lead
        self.changed = False

    def own(self, name: str) -> Any:
        """The mapping of that name, safe to write."""
        held = getattr(self, name)
        if held is getattr(self.before, name):
            held = dict(held)
            setattr(self, name, held)
        return held

    def freeze(self, now: int) -> Lead:
        """The lead after the decision, one version on."""
        self.version = self.before.version + 1
        self.updated_at = max(now, self.before.updated_at)
        return _lead(_values_of(self))

    def record(self, signal: Signal, touch: TouchRef) -> None:
        """Count a signal as a touchpoint. Commutes: first and last are a minimum and a maximum.

        What another system tells is no touch: nobody did anything. Nor is an order: it came of the touches before.
        """
        self.changed = True
        at = signal.occurred_at
        if signal.is_touch:
            self.touch_count += 1
            if self.first_touch is None or touch < self.first_touch:
                self.first_touch = touch
            if self.last_touch is None or touch > self.last_touch:
                self.last_touch = touch
        self.last_signal_at = max(self.last_signal_at, at)
        if not self.created_at or at < self.created_at:
            self.created_at = at

    def state(self, signal: Signal) -> bool:
        """Take over what a signal states about the person; True when fit or stage may depend on it."""
        told = bool(signal.profile or signal.answers) and self._take_over(signal)
        found = link(signal)
        if found is not None and better(self.company, found) is not self.company:
            self.company = found
            told = True
        if signal.evidence and not self.verified and (signal.phone or self._speaks_of_a_person(signal)):
            self.verified = told = True
        return told

    def _take_over(self, signal: Signal) -> bool:
        stamp = Stamp(signal.evidence, signal.occurred_at, signal.signal_id)
        told = False
        for name, stated in (("profile", signal.profile), ("answers", signal.answers)):
            for key, value in stated.items():
                held = getattr(self, name).get(key)
                new = FieldValue(stamp, value, signal.source)
                if held is None or new > held:
                    self.own(name)[key] = new
                    told = True
        return told

    @staticmethod
    def _speaks_of_a_person(signal: Signal) -> bool:
        return any(i.kind in STRONG for i in signal.identifiers)

    def identify(self, identifier: Identifier, stamp: Stamp) -> bool:
        """Note an identifier of this lead; True when it was new to it."""
        held = self.identifiers.get(identifier)
        if held is None or stamp > held:
            self.own("identifiers")[identifier] = stamp
        return held is None

    def consent(self, signal: Signal, claim: ConsentClaim, ref: str) -> str:
        """Take over a statement about a purpose; returns the random reference of the contact point."""
        contact = contact_point(signal)
        key = register_key(contact, claim.purpose)
        new = register(signal, claim)
        held = self.consents.get(key)
        if held is None or new > held:
            self.own("consents")[key] = new
        return str(self.own("contact_points").setdefault(f"{contact.kind}:{contact.value}", ref))

    def engage(self, signal: Signal, scorer: Scorer) -> bool:
        """Add the points a signal earns; True when it earned any."""
        matcher = scorer.by_kind.get(signal.kind)
        if matcher is None:
            return False
        hits = matcher(
            {
                "attributes": signal.attributes,
                "utm": signal.utm,
                "answers": signal.answers,
                "signal": {
                    "kind": signal.kind,
                    "channel": signal.channel,
                    "source": signal.source,
                    "evidence": EVIDENCE_WORDS[signal.evidence],
                },
            }
        )
        if not hits:
            return False
        counters = self.own("counters")
        for rule in hits:
            counters[rule.id] = add(counters.get(rule.id), rule, signal.occurred_at, signal.signal_id)
        return True
