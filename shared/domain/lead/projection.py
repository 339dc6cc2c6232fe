"""What people see of a person: one root lead and its members, folded at read. No row is ever moved by a merge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.company.model import CompanyLink
from shared.domain.company.policy import better
from shared.domain.consent.model import ConsentState
from shared.domain.consent.policy import states
from shared.domain.identity.model import EMAIL, EXTERNAL, Identifier, Stamp
from shared.domain.instant import Instant
from shared.domain.lead.model import FieldValue, Lead, LeadId
from shared.domain.lead.names import full_name
from shared.domain.lead.opportunity import Opportunity, fold
from shared.domain.lead.rules import Rules
from shared.domain.lifecycle.model import Handover, StageState
from shared.domain.scoring.condition import fields_of
from shared.domain.scoring.model import Counter, Score
from shared.domain.scoring.policy import RECENT, Scorer, combine, fit_lines, ordered, score
from shared.domain.scoring.policy_model import ScoringRule
from shared.domain.touchpoint.model import TouchRef

_CONTACT: Final = "003"
"""How ids of Salesforce contacts start; a converted lead (00Q) is read-only, its contact is what people look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """One person as of an instant.

    ``external`` is one record per system, the best to show: of Salesforce a contact before a lead, then the one linked
    last. ``external_ids`` are all of them (``salesforce:00Q…``), in order.
    """

    lead_id: LeadId
    version: int
    created_at: Instant
    updated_at: Instant
    verified: bool
    email: str | None
    phone: str | None
    name: str | None
    profile: Mapping[str, FieldValue]
    answers: Mapping[str, FieldValue]
    identifiers: Mapping[Identifier, Stamp]
    external: Mapping[str, str]
    external_ids: tuple[str, ...]
    company: CompanyLink | None
    consents: tuple[ConsentState, ...]
    score: Score
    stage: StageState
    handover: Handover | None
    opportunities: Mapping[str, Opportunity]
    first_touch: TouchRef | None
    last_touch: TouchRef | None
    touch_count: int
    member_ids: tuple[LeadId, ...]


def project(root: Lead, members: Sequence[Lead], rules: Rules, now: Instant) -> PersonView:
    """Fold a root and its members into the person they are, with the score at ``now``."""
    leads = (root, *members)
    verified = any(lead.verified for lead in leads)
    held = held_fields((lead.profile for lead in leads), verified=verified)
    profile = _filled(held)
    answers = visible_fields((lead.answers for lead in leads), verified=verified)
    identifiers = _identifiers(leads, verified=verified)
    company = visible_company(leads, verified=verified)
    record = fit_record(profile, answers, company, known=is_known(leads))
    fit = tuple(
        line._replace(event_ids=_grounds(rules.scorer.rules[line.rule], profile, answers, company))
        for line in fit_lines(rules.scorer, record)
    )
    total = score(rules.scorer, folded_counters(leads, rules.scorer), fit, now)
    emails = [(stamp, i.value) for i, stamp in identifiers.items() if i.kind == EMAIL]
    return PersonView(
        lead_id=root.lead_id,
        version=root.version,
        created_at=min(lead.created_at for lead in leads),
        updated_at=max(lead.updated_at for lead in leads),
        verified=verified,
        # An address that was cleared is still an identifier, but nobody is to be written to there.
        email=_value(profile, "email") or (max(emails)[1] if emails and "email" not in held else None),
        phone=_value(profile, "phone"),
        name=full_name(profile),
        profile=profile,
        answers=answers,
        identifiers=identifiers,
        external=_external(identifiers),
        external_ids=tuple(i.value for i in identifiers if i.kind == EXTERNAL),
        company=company,
        consents=states((lead.consents for lead in leads), verified=verified),
        score=Score(
            total.total, total.fit, total.engagement, total.grade, ordered(total.lines), total.policy_version, now
        ),
        stage=root.stage,
        handover=root.handover,
        opportunities=fold(lead.opportunities for lead in leads),
        first_touch=min((lead.first_touch for lead in leads if lead.first_touch), default=None),
        last_touch=max((lead.last_touch for lead in leads if lead.last_touch), default=None),
        touch_count=sum(lead.touch_count for lead in leads),
        member_ids=tuple(lead.lead_id for lead in members),
    )


def _grounds(
    rule: ScoringRule,
    profile: Mapping[str, FieldValue],
    answers: Mapping[str, FieldValue],
    company: CompanyLink | None,
) -> tuple[str, ...]:
    """The signals that stated what a fit rule reads, the latest first."""
    stamps: set[tuple[Instant, str]] = set()
    for field in fields_of(rule.when):
        section, _, key = field.partition(".")
        held = {"profile": profile, "answers": answers}.get(section, {}).get(key)
        if held is not None:
            stamps.add((held.stamp.occurred_at, held.stamp.signal_id))
        elif section == "company" and company is not None:
            stamps.add((company.occurred_at, company.signal_id))
    return tuple(signal_id for _, signal_id in sorted(stamps, reverse=True)[:RECENT])


def visible_fields(mappings: Iterable[Mapping[str, FieldValue]], *, verified: bool) -> dict[str, FieldValue]:
    """The fields that have a value. One whose latest value is empty was cleared: nothing older shows through."""
    return _filled(held_fields(mappings, verified=verified))


def held_fields(mappings: Iterable[Mapping[str, FieldValue]], *, verified: bool) -> dict[str, FieldValue]:
    """The value with the greatest stamp per field; claims are hidden as soon as the person is verified."""
    fields: dict[str, FieldValue] = {}
    for mapping in mappings:
        for name, value in mapping.items():
            if verified and not value.stamp.evidence:
                continue
            held = fields.get(name)
            if held is None or value > held:
                fields[name] = value
    return fields


def _filled(fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    return {name: field for name, field in fields.items() if field.value}


def visible_company(leads: Iterable[Lead], *, verified: bool) -> CompanyLink | None:
    """The best company link; claims are hidden as soon as the person is verified."""
    best: CompanyLink | None = None
    for lead in leads:
        if lead.company and (lead.company.evidence or not verified):
            best = better(best, lead.company)
    return best


def is_known(leads: Iterable[Lead]) -> bool:
    """True when there is a way to reach or name the person: e-mail, phone or a record of another system."""
    for lead in leads:
        phone = lead.profile.get("phone")
        if phone is not None and phone.value:
            return True
        for identifier in lead.identifiers:
            if identifier.kind in (EMAIL, EXTERNAL):
                return True
    return False


def folded_counters(leads: Sequence[Lead], scorer: Scorer) -> Mapping[str, Counter]:
    """The counters of several leads as those of one person."""
    if len(leads) == 1:
        return leads[0].counters
    by_rule: dict[str, list[Counter]] = {}
    for lead in leads:
        for rule_id, counter in lead.counters.items():
            by_rule.setdefault(rule_id, []).append(counter)
    rules = scorer.rules
    return {rule_id: combine(found, rules[rule_id]) for rule_id, found in by_rule.items() if rule_id in rules}


def fit_record(
    profile: Mapping[str, FieldValue],
    answers: Mapping[str, FieldValue],
    company: CompanyLink | None,
    *,
    known: bool,
) -> dict[str, object]:
    """What fit rules and stage guards may read of a person."""
    return record_of(values(profile), values(answers), company, known=known)


def record_of(
    profile: Mapping[str, str], answers: Mapping[str, str], company: CompanyLink | None, *, known: bool
) -> dict[str, object]:
    """The same from plain values."""
    return {
        "profile": profile,
        "answers": answers,
        "company": {"id": company.company_id, "domain": company.domain, "name": company.name} if company else {},
        "known": known,
    }


def values(fields: Mapping[str, FieldValue]) -> dict[str, str]:
    """What fields hold, without where it comes from."""
    return {name: field.value for name, field in fields.items()}


def _identifiers(leads: Iterable[Lead], *, verified: bool) -> dict[Identifier, Stamp]:
    """Strong identifiers by their best stamp, and the devices attached; a verified person hides claimed addresses."""
    found: dict[Identifier, Stamp] = {}
    for lead in leads:
        for identifier, stamp in lead.identifiers.items():
            hidden = verified and not stamp.evidence and identifier.kind in (EMAIL, EXTERNAL)
            if not hidden and (identifier not in found or stamp > found[identifier]):
                found[identifier] = stamp
    return dict(sorted(found.items()))


def _external(identifiers: Mapping[Identifier, Stamp]) -> dict[str, str]:
    """The record of each system that stands for the person."""
    best: dict[str, tuple[bool, Stamp, str]] = {}
    for identifier, stamp in identifiers.items():
        system, colon, remote_id = identifier.value.partition(":")
        if identifier.kind == EXTERNAL and colon:
            found = (remote_id.startswith(_CONTACT), stamp, remote_id)
            best[system] = max(found, best.get(system, found))
    return {system: remote_id for system, (_, _, remote_id) in sorted(best.items())}


def _value(profile: Mapping[str, FieldValue], name: str) -> str | None:
    field = profile.get(name)
    return field.value if field else None
