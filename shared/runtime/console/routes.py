"""The pages about people and figures: what each shows, and who may see it. The roles are those of the API."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from shared.app.console import overview, person, words
from shared.contracts import api
from shared.contracts.reports import FunnelReport, KpiReport
from shared.domain.intake.problem import Problem
from shared.domain.lead.projection import PersonView
from shared.runtime.api_routes import EVERYBODY, ApiServices
from shared.runtime.console.desk_routes import desk_routes
from shared.runtime.console.web import Page, Redirect, Route, Visit

HANDOVER_STATES: Final = ("requested", "overdue", "accepted", "rejected")
COLLEAGUES_SHOWN: Final = 6


def console_routes(services: ApiServices) -> tuple[Route, ...]:
    """All pages behind the login, in the order of the navigation."""
    people = _People(services)
    return (
        _page("/console/overview", "overview", "Overview", _overview(services)),
        _page("/console/leads", "leads", "Leads", people.listed),
        Route(method="POST", path="/console/leads", name="searchLeads", roles=EVERYBODY, endpoint=people.listed),
        _page("/console/leads/{id}", "lead", "", people.one),
        _page("/console/leads/{id}/timeline", "timeline", "", people.timeline),
        _page("/console/handovers", "handovers", "Hand-overs", _handovers(services)),
        *desk_routes(services),
    )


def _overview(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(visit: Visit) -> Page:
        period = visit.asked("period")
        chosen = period if period in overview.PERIODS else overview.USUAL
        asked = overview.question(chosen, services.clock.now())
        reports = services.reports()
        funnel, kpis = reports.read("funnel", asked), reports.read("kpis", asked)
        assert isinstance(funnel, FunnelReport)  # noqa: S101 (told apart by the name asked for)
        assert isinstance(kpis, KpiReport)  # noqa: S101
        values = {"view": overview.overview(funnel, kpis), "period": chosen, "periods": overview.PERIODS}
        return Page(template="overview.html", title="Overview", values=values)

    return shown


class _People:
    def __init__(self, services: ApiServices) -> None:
        self._services = services

    def listed(self, visit: Visit) -> Page:
        """Found by what was asked for. The question comes in a form: an address in a URL would stay in logs."""
        text, stage = visit.form.get("text", "").strip(), visit.asked("stage")
        cursor = visit.form.get("cursor") or None
        if stage not in words.STAGES:
            stage = ""
        found = self._found(text, stage, cursor)
        values = {"found": found, "text": text, "stage": stage, "stages": words.STAGES, "continued": bool(cursor)}
        return Page(template="leads.html", title="Leads", values=values, people=tuple(lead.id for lead in found.items))

    def _found(self, text: str, stage: str, cursor: str | None) -> api.LeadList:
        search = self._services.search
        if not text:
            return search.listed(stage or None, None, cursor)
        try:
            asked = api.LeadSearch(text=text, cursor=cursor)
        except ValidationError:
            raise Problem("API.BAD_REQUEST", status=400, detail="That is too long to search for.") from None
        if search.is_exact(asked):
            found = search.search(asked)
            items = [lead for lead in found.items if stage in ("", lead.stage.id)]
            return api.LeadList(items=items, cursor=found.cursor)
        return search.listed(stage or None, text, cursor)

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


def _handovers(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(visit: Visit) -> Page:
        state = visit.asked("state")
        chosen = state if state in HANDOVER_STATES else "requested"
        asked = api.HandoverQuery.model_validate({"state": chosen, "cursor": visit.query.get("cursor") or None})
        found = services.handovers.listed(asked)
        values = {"found": found, "state": chosen, "states": HANDOVER_STATES}
        ids = tuple(item.lead_id for item in found.items)
        return Page(template="handovers.html", title="Hand-overs", values=values, people=ids)

    return shown


def _page(path: str, name: str, menu: str, endpoint: Callable[[Visit], Page | Redirect]) -> Route:
    return Route(method="GET", path=path, name=name, roles=EVERYBODY, endpoint=endpoint, menu=menu)
