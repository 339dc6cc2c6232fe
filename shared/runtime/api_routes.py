"""The inventory of the API: every route, who may call it, what it takes and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.app.import_costs import CostImporter
from shared.app.keep_segments import SegmentKeeper
from shared.app.list_handovers import HandoverLister
from shared.app.money_reports import MoneyReports
from shared.app.open_figures import FigureOpener
from shared.app.owner_names import OwnerNames
from shared.app.read_companies import CompanyReader
from shared.app.read_costs import CostLister
from shared.app.read_leads import LeadReader
from shared.app.read_messages import MessageReader
from shared.app.read_reports import ReportReader
from shared.app.read_sync import SyncDesk
from shared.app.search_leads import LeadSearcher
from shared.contracts import api
from shared.contracts.envelope import iso
from shared.ports.clock import Clock
from shared.runtime.company_routes import company_routes
from shared.runtime.money_routes import money_routes
from shared.runtime.openapi import document
from shared.runtime.operations_routes import Operations, operations_routes
from shared.runtime.roles import EVERYBODY, KEEPERS
from shared.runtime.routing import Call, Route, get
from shared.runtime.segment_routes import segment_routes
from shared.runtime.sync_routes import sync_routes

API_VERSION: Final = "1.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServices:
    """What the routes call. ``reports``, ``money`` and ``figures`` are functions: their engine is loaded late.

    ``unmerge`` takes the root's id and the member's.
    """

    leads: LeadReader
    search: LeadSearcher
    companies: CompanyReader
    segments: SegmentKeeper
    messages: MessageReader
    handovers: HandoverLister
    reports: Callable[[], ReportReader]
    money: Callable[[], MoneyReports]
    figures: Callable[[], FigureOpener]
    cost_importer: CostImporter
    cost_lister: CostLister
    operations: Operations
    owners: OwnerNames
    unmerge: Callable[[str, str], object]
    sync: SyncDesk
    clock: Clock
    policy_version: str


def routes(services: ApiServices) -> tuple[Route, ...]:
    """All routes, in the order of the documentation."""
    table: list[Route] = [
        *_lead_routes(services),
        *segment_routes(services.segments),
        *company_routes(services.companies),
        _handover_route(services),
        *money_routes(
            funnel=services.reports,
            money=services.money,
            figures=services.figures,
            importer=services.cost_importer,
            lister=services.cost_lister,
        ),
        *sync_routes(services.sync),
        *_operator_routes(services),
    ]

    def openapi(_: Call) -> Mapping[str, Any]:
        return document(table, API_VERSION)

    table.append(get("/api/openapi.json", "getOpenapi", "This document", None, openapi, roles=EVERYBODY))
    return tuple(table)


def _lead_routes(services: ApiServices) -> list[Route]:
    leads = services.leads
    search = Route(
        method="POST",
        path="/api/leads/search",
        name="searchLeads",
        summary="Find people by e-mail, phone, external id, stage, name, company or a filter; asked in the body only",
        roles=EVERYBODY,
        body=api.LeadSearch,
        answer=api.LeadList,
        endpoint=lambda call: services.search.search(call.asked(api.LeadSearch)),
        errors=(413, 503),
    )

    def unmerged(call: Call) -> api.Lead:
        services.unmerge(call.path["id"], call.asked(api.Unmerge).lead_id)
        return leads.lead(call.path["id"])

    unmerge = Route(
        method="POST",
        path="/api/leads/{id}/unmerge",
        name="unmergeLead",
        summary="Take a wrongly merged lead out of a person, for good",
        roles=KEEPERS,
        body=api.Unmerge,
        answer=api.Lead,
        endpoint=unmerged,
        errors=(404, 409, 503),
    )
    return [
        search,
        unmerge,
        _lead("", "getLead", "One person; ids of merged leads resolve", api.Lead, lambda c: leads.lead(c.path["id"])),
        _lead(
            "/timeline",
            "getTimeline",
            "What happened, newest first",
            api.TimelinePage,
            lambda call: leads.timeline(call.path["id"], call.asked(api.PageQuery).cursor),
            api.PageQuery,
        ),
        _lead(
            "/score",
            "getScore",
            "The score with its lines, and its history",
            api.ScorePage,
            lambda call: leads.score(call.path["id"], call.asked(api.PageQuery).cursor),
            api.PageQuery,
        ),
        _lead(
            "/consents",
            "getConsents",
            "What holds for each purpose",
            api.ConsentList,
            lambda call: leads.consents(call.path["id"]),
        ),
        _lead(
            "/messages",
            "getMessages",
            "What was sent to or about the person, what became of it, and what was not sent and why",
            api.MessageList,
            lambda call: services.messages.list(call.path["id"]),
        ),
        _lead(
            "/company",
            "getCompany",
            "The person's company and its other people",
            api.CompanyView,
            lambda call: leads.company(call.path["id"]),
        ),
    ]


def _handover_route(services: ApiServices) -> Route:
    return get(
        "/api/handovers",
        "listHandovers",
        "Hand-overs to sales by where they stand, the first due first",
        api.HandoverList,
        lambda call: services.handovers.listed(call.asked(api.HandoverQuery)),
        roles=EVERYBODY,
        query=api.HandoverQuery,
        errors=(503,),
    )


def _operator_routes(services: ApiServices) -> list[Route]:
    def status(_: Call) -> api.ApiStatus:
        return api.ApiStatus(status="ok", time=iso(services.clock.now()), policy_version=services.policy_version)

    return [
        *operations_routes(services.operations, services.owners),
        get("/api/status", "getStatus", "That the API answers", api.ApiStatus, status, roles=EVERYBODY),
    ]


def _lead(
    suffix: str,
    name: str,
    summary: str,
    answer: type[Any],
    endpoint: Callable[[Call], Any],
    query: type[Any] = api.NoQuery,
) -> Route:
    path = f"/api/leads/{{id}}{suffix}"
    return get(path, name, summary, answer, endpoint, roles=EVERYBODY, query=query, errors=(404,))
