"""A person of the domain in the words of the API. Decides nothing and reads nothing."""

from typing import Final

from shared.contracts import api
from shared.contracts.envelope import iso
from shared.domain.company.model import BY_ACCOUNT, BY_DOMAIN, BY_NAME, CompanyLink
from shared.domain.consent.model import ConsentState
from shared.domain.identity.model import Evidence
from shared.domain.instant import Instant
from shared.domain.lead.decision import ScorePoint
from shared.domain.lead.opportunity import SHOP, Opportunity
from shared.domain.lead.projection import PersonView
from shared.domain.lifecycle.model import Handover
from shared.domain.scoring.model import Score, ScoreLine
from shared.domain.touchpoint.model import TouchRef

COMPANY_BY: Final = {BY_ACCOUNT: "account", BY_DOMAIN: "domain", BY_NAME: "name"}


def lead_view(person: PersonView) -> api.Lead:
    """The lead as ``GET /api/leads/{id}`` shows it."""
    return api.Lead(
        id=person.lead_id,
        version=person.version,
        verified=person.verified,
        email=person.email,
        phone=person.phone,
        name=person.name,
        profile={name: field.value for name, field in sorted(person.profile.items())},
        answers={name: field.value for name, field in sorted(person.answers.items())},
        company=company_ref(person.company),
        stage=api.StageView(
            id=person.stage.id,
            since=iso(person.stage.since) if person.stage.since else None,
            reason=person.stage.reason,
        ),
        score=score_view(person.score),
        consents=[consent_view(consent) for consent in person.consents],
        external=api.ExternalRefs(**person.external),
        handover=_handover(person.handover),
        opportunities=[_opportunity(key, found) for key, found in person.opportunities.items()],
        identifiers=[
            api.IdentifierView(kind=i.kind, value=i.value, verified=stamp.evidence == Evidence.VERIFIED)
            for i, stamp in person.identifiers.items()
        ],
        first_touch=_touch(person.first_touch),
        last_touch=_touch(person.last_touch),
        touch_count=person.touch_count,
        merged_ids=sorted(person.member_ids),
        created_at=iso(person.created_at),
        updated_at=iso(person.updated_at),
    )


def score_view(score: Score) -> api.ScoreView:
    """A score in points."""
    return api.ScoreView(
        total=_points(score.total),
        fit=_points(score.fit),
        engagement=_points(score.engagement),
        grade=score.grade,
        lines=[_line(line) for line in score.lines],
        policy_version=score.policy_version,
        at=iso(score.at),
    )


def past_score(point: ScorePoint) -> api.ScoreView:
    """A score as it was, by the policy of its time."""
    return api.ScoreView(
        total=_points(point.total),
        fit=_points(point.fit),
        engagement=_points(point.engagement),
        grade=point.grade,
        lines=[_line(line) for line in point.lines],
        policy_version=point.policy_version,
        at=iso(point.at),
    )


def consent_view(consent: ConsentState) -> api.ConsentView:
    """What holds for one purpose."""
    return api.ConsentView(
        purpose=consent.purpose,
        channel=consent.channel,
        state=consent.state,
        since=iso(consent.since),
        source=consent.source,
    )


def company_ref(company: CompanyLink | None) -> api.CompanyRef | None:
    """The company, shortly."""
    if company is None:
        return None
    return api.CompanyRef(id=company.company_id, name=company.name or None, domain=company.domain or None)


def company_view(company: CompanyLink, lead_ids: list[str]) -> api.CompanyView:
    """The company, the evidence, and who else belongs to it."""
    return api.CompanyView(
        id=company.company_id,
        name=company.name or None,
        domain=company.domain or None,
        by=COMPANY_BY.get(company.rank, "unknown"),
        verified=company.evidence == Evidence.VERIFIED,
        since=iso(company.occurred_at),
        lead_ids=lead_ids,
    )


def _handover(handover: Handover | None) -> api.HandoverView | None:
    if handover is None:
        return None
    return api.HandoverView(state=handover.state, owner=handover.owner, due=_time(handover.due))


def _opportunity(opportunity_id: str, opportunity: Opportunity) -> api.OpportunityView:
    return api.OpportunityView(
        id=opportunity_id,
        state=opportunity.state or None,
        stage=opportunity.stage or None,
        amount=opportunity.amount or None,
        currency=opportunity.currency or None,
        opened_on=opportunity.opened_on or None,
        closed_on=opportunity.closed_on or None,
        account_id=opportunity.account_id or None,
        origin="shop" if opportunity.origin == SHOP else "crm",
    )


def handover_item(person: PersonView, handover: Handover) -> api.HandoverItem:
    """A hand-over as the list of them shows it."""
    return api.HandoverItem(
        lead_id=person.lead_id,
        name=person.name,
        company=company_ref(person.company),
        state=handover.state,
        owner=handover.owner,
        due=_time(handover.due),
        requested_at=iso(handover.requested_at),
        stage=person.stage.id,
    )


def _touch(touch: TouchRef | None) -> api.TouchView | None:
    if touch is None:
        return None
    return api.TouchView(
        id=touch.signal_id,
        kind=touch.kind,
        occurred_at=iso(touch.occurred_at),
        channel=touch.channel,
        source=touch.source,
        campaign=touch.campaign or None,
    )


def _line(line: ScoreLine) -> api.ScoreLineView:
    return api.ScoreLineView(
        rule=line.rule,
        version=line.version,
        points=_points(line.points),
        count=line.hits,
        event_ids=list(line.event_ids),
    )


def _points(hundredths: int) -> float:
    """The nearest number with two decimals: printed, it has no more than two."""
    return hundredths / 100


def _time(instant: Instant | None) -> str | None:
    return None if instant is None else iso(instant)
