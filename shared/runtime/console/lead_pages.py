"""The pages about people: the list, and everything about one of them. Who looked at whom is recorded."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.app.console import person
from shared.contracts import api
from shared.domain.lead.projection import PersonView
from shared.runtime.api_routes import ApiServices
from shared.runtime.console.lead_list import LeadListPages
from shared.runtime.console.web import Page, Redirect, Route, Visit
from shared.runtime.roles import EVERYBODY

COLLEAGUES_SHOWN: Final = 6


def lead_pages(services: ApiServices) -> tuple[Route, ...]:
    """The list of leads with its segments, and one of them."""
    people = LeadPages(services)
    return (
        *LeadListPages(services).routes(),
        _page("/console/leads/{id}", "lead", people.one),
        _page("/console/leads/{id}/timeline", "timeline", people.timeline),
    )


class LeadPages:
    """One person, and what happened to them."""

    def __init__(self, services: ApiServices) -> None:
        self._services = services

    def one(self, visit: Visit) -> Page | Redirect:
        """Everything about one person; an id of a merged lead leads to the person."""
        lead_id = visit.path["id"]
        lead = self._services.leads.lead(lead_id)
        if lead.id != lead_id:
            return Redirect(to=f"/console/leads/{lead.id}")
        sync, colleagues = self._services.sync.lead(lead.id), self._colleagues(lead)
        values: dict[str, Any] = {
            "lead": lead,
            "consents": person.consent_lines(lead.consents),
            "answers": person.answers(lead),
            "score": person.score_bars(lead.score.lines),
            "records": person.record_blocks(sync),
            "plans": [plan for plan in sync.plans if plan.action != "stay" or plan.remote_id is None],
            "conflicts": self._services.sync.conflicts(lead.id, None).items,
            "messages": self._services.messages.list(lead.id).items,
            "colleagues": colleagues,
            **self._happened(lead.id, visit),
        }
        read = (lead.id, *(colleague.lead_id for colleague in colleagues))
        return Page(template="lead.html", title=lead.name or lead.email or "Lead", values=values, people=read)

    def timeline(self, visit: Visit) -> Page:
        """A further page of what happened."""
        lead = self._services.leads.lead(visit.path["id"])
        values = {"lead": lead, **self._happened(lead.id, visit)}
        return Page(template="timeline.html", title="What happened", values=values, people=(lead.id,))

    def _happened(self, lead_id: str, visit: Visit) -> Mapping[str, Any]:
        page = self._services.leads.timeline(lead_id, visit.query.get("cursor") or None)
        return {"days": person.days(page.items), "cursor": page.cursor}

    def _colleagues(self, lead: api.Lead) -> list[PersonView]:
        """A few other people of the company."""
        if lead.company is None:
            return []
        others = [found for found in self._services.leads.company(lead.id).lead_ids if found != lead.id]
        return self._services.leads.people(others[:COLLEAGUES_SHOWN])


def _page(path: str, name: str, endpoint: Callable[[Visit], Page | Redirect]) -> Route:
    return Route(method="GET", path=path, name=name, roles=EVERYBODY, endpoint=endpoint)
