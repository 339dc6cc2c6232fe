"""The pages of hand-overs: the board by owner, and lists by state."""

from collections.abc import Callable
from typing import Final

from shared.app.console.handover_board import OPEN, board
from shared.contracts import api
from shared.contracts.reports import HandoverReport
from shared.runtime.api_routes import ApiServices
from shared.runtime.console.web import Page, Route, Visit
from shared.runtime.roles import EVERYBODY

HANDOVERS: Final = "/console/handovers"
STATES: Final = ("requested", "overdue", "accepted", "rejected")
BOARD_PAGES: Final = 3
"""So many pages of people in each open state are on the board; the lists have all of them."""


def handover_pages(services: ApiServices) -> tuple[Route, ...]:
    """One address: without a state it is the board."""
    shown, listed = _board(services), _listed(services)

    def page(visit: Visit) -> Page:
        state = visit.asked("state")
        return listed(visit, state) if state in STATES else shown(visit)

    return (Route(method="GET", path=HANDOVERS, name="handovers", roles=EVERYBODY, endpoint=page, menu="Hand-overs"),)


def _board(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(_: Visit) -> Page:
        found = {state: _first_pages(services, state) for state in OPEN}
        items = [item for listed, _ in found.values() for item in listed]
        report = services.money().read("handovers", api.ReportQuery(by="owner"))
        assert isinstance(report, HandoverReport)  # noqa: S101 (told apart by the name asked for)
        values = {
            "board": board(items, report, services.owners.name, services.clock.now()),
            "more": [state for state, (_, more) in found.items() if more],
            "state": "",
            "states": STATES,
        }
        ids = tuple(item.lead_id for item in items)
        return Page(template="handover_board.html", title="Hand-overs", values=values, people=ids)

    return shown


def _first_pages(services: ApiServices, state: str) -> tuple[list[api.HandoverItem], bool]:
    """The first people due in a state, and whether there are more."""
    items: list[api.HandoverItem] = []
    cursor: str | None = None
    for _ in range(BOARD_PAGES):
        page = services.handovers.listed(api.HandoverQuery.model_validate({"state": state, "cursor": cursor}))
        items += page.items
        cursor = page.cursor
        if cursor is None:
            return items, False
    return items, True


def _listed(services: ApiServices) -> Callable[[Visit, str], Page]:
    def shown(visit: Visit, state: str) -> Page:
        asked = api.HandoverQuery.model_validate({"state": state, "cursor": visit.query.get("cursor") or None})
        found = services.handovers.listed(asked)
        values = {"found": found, "state": state, "states": STATES}
        ids = tuple(item.lead_id for item in found.items)
        return Page(template="handovers.html", title="Hand-overs", values=values, people=ids)

    return shown
