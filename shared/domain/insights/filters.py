"""Which persons a list shows: a filter is data, so a question can be kept under a name and asked again.

This is the definition; ``shared/adapters/duckdb`` computes the same in SQL, and a property test holds both equal.
"""

from typing import NamedTuple

from shared.domain.insights.metrics import Cohort
from shared.domain.insights.model import Person


class LeadFilter(NamedTuple):
    """Every part that is not None has to hold; one without parts is everybody, anonymous visitors too.

    ``company`` is a company id, or a part of the company's domain in any case. ``grade`` is the whole grade (``A1``) or
    its letter. ``owner`` is who in sales gave the latest answer to a hand-over. ``handover`` is where the hand-over
    stands, ``consent`` a purpose that is given now, ``cohort`` the time of the first touch.
    """

    stage: str | None = None
    company: str | None = None
    channel: str | None = None
    campaign: str | None = None
    content: str | None = None
    owner: str | None = None
    grade: str | None = None
    handover: str | None = None
    consent: str | None = None
    cohort: Cohort = Cohort()

    def holds(self, person: Person) -> bool:
        """Whether a person belongs to the list."""
        return (
            _same(self.stage, person.stage)
            and _same(self.channel, person.channel)
            and _same(self.campaign, person.campaign)
            and _same(self.content, person.content_name)
            and _same(self.owner, person.owner)
            and _same(self.handover, person.handover.state if person.handover else "")
            and (self.grade is None or person.grade.startswith(self.grade))
            and (self.consent is None or self.consent in person.consents)
            and (self.company is None or _of_company(self.company, person))
            and self.cohort.holds(person.cohort_at)
        )


EVERYBODY = LeadFilter()


def _same(wanted: str | None, held: str) -> bool:
    return wanted is None or wanted == held


def _of_company(text: str, person: Person) -> bool:
    return text == person.company_id or text.lower() in (person.domain or "")
