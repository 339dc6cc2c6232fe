"""What people ask of a list of leads, as the state table and as heads of leads answer it."""

from shared.app.read_reports import cohort_of
from shared.contracts import api
from shared.domain.insights.filters import LeadFilter
from shared.domain.insights.persons import UNASSIGNED
from shared.domain.lead.projection import PersonView
from shared.domain.lifecycle.model import NONE

_GIVEN = "given"


def filter_of(asked: api.LeadFilters) -> LeadFilter:
    """The filter as the state table takes it.

    Raises:
        Problem: API.BAD_REQUEST, a day beyond the calendar.
    """
    return LeadFilter(
        stage=asked.stage,
        company=asked.company,
        channel=asked.channel,
        campaign=asked.campaign,
        owner=asked.owner,
        grade=asked.grade,
        handover=asked.handover,
        consent=asked.consent,
        cohort=cohort_of(asked.from_, asked.to),
    )


def holds(asked: LeadFilter, person: PersonView) -> bool:
    """Whether a person as the heads have it belongs to the list, for people found in another way."""
    first = person.first_touch
    return (
        still_holds(asked, person)
        and asked.channel in (None, first.channel if first else UNASSIGNED)
        and asked.campaign in (None, first.campaign if first else "")
        and asked.owner in (None, person.handover.owner if person.handover else "")
        and (asked.grade is None or person.score.grade.startswith(asked.grade))
        and (asked.consent is None or any(c.purpose == asked.consent and c.state == _GIVEN for c in person.consents))
        and (asked.company is None or of_company(asked.company, person))
        and asked.cohort.holds(first.occurred_at if first else person.created_at)
    )


def still_holds(asked: LeadFilter, person: PersonView) -> bool:
    """Whether somebody the state table named is still where it saw them: heads know first who moved on."""
    state = person.handover.state if person.handover and person.handover.state != NONE else ""
    return asked.stage in (None, person.stage.id) and asked.handover in (None, state)


def of_company(text: str, person: PersonView) -> bool:
    """Whether the text is the id of the person's company, or a part of its domain."""
    company = person.company
    return company is not None and (text == company.company_id or text.lower() in (company.domain or ""))
