"""The pages about the machine: synchronisation and parked records, and what operators can do there."""

from collections.abc import Callable
from typing import Final

from shared.runtime.api_routes import OPERATOR, ApiServices
from shared.runtime.console.web import Page, Redirect, Route, Visit
from shared.runtime.sync_routes import READERS

SYNC: Final = "/console/sync"
OPERATIONS: Final = "/console/operations"


def desk_routes(services: ApiServices) -> tuple[Route, ...]:
    """Sync and Operations with their actions."""
    return (
        Route(method="GET", path=SYNC, name="sync", roles=READERS, endpoint=_sync(services), menu="Sync"),
        _action(f"{SYNC}/{{system}}/pause", "pauseSync", _paused(services, paused=True)),
        _action(f"{SYNC}/{{system}}/resume", "resumeSync", _paused(services, paused=False)),
        Route(
            method="GET",
            path=OPERATIONS,
            name="operations",
            roles=OPERATOR,
            endpoint=_operations(services),
            menu="Operations",
        ),
        _action(f"{OPERATIONS}/{{id}}/redrive", "redriveParked", _redriven(services)),
    )


def _sync(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(visit: Visit) -> Page:
        conflicts = services.sync.conflicts(None, visit.query.get("cursor") or None)
        values = {
            "systems": services.sync.status().items,
            "conflicts": conflicts,
            "operator": bool(visit.session.roles & OPERATOR),
        }
        people = tuple(dict.fromkeys(item.lead_id for item in conflicts.items if item.lead_id))
        return Page(template="sync.html", title="Sync", values=values, people=people)

    return shown


def _paused(services: ApiServices, *, paused: bool) -> Callable[[Visit], Redirect]:
    def done(visit: Visit) -> Redirect:
        services.sync.set_paused(visit.path["system"], paused=paused)
        return Redirect(to=SYNC)

    return done


def _operations(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(visit: Visit) -> Page:
        found = services.parked.open_records(visit.query.get("cursor") or None)
        values = {"found": found, "policy_version": services.policy_version}
        return Page(template="operations.html", title="Operations", values=values)

    return shown


def _redriven(services: ApiServices) -> Callable[[Visit], Redirect]:
    def done(visit: Visit) -> Redirect:
        services.parked.redrive(visit.path["id"])
        return Redirect(to=OPERATIONS)

    return done


def _action(path: str, name: str, endpoint: Callable[[Visit], Redirect]) -> Route:
    return Route(method="POST", path=path, name=name, roles=OPERATOR, endpoint=endpoint)
