"""The pages of synchronisation: how it goes, what would be written, and having a person's records read again."""

from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

from shared.app.console.sync_plan import planned
from shared.app.read_queues import backlog_of
from shared.contracts import sync_api
from shared.domain.intake.problem import Problem
from shared.domain.sync.model import SYSTEMS
from shared.ports.failures import StoreUnavailable
from shared.runtime.api_routes import ApiServices
from shared.runtime.console.web import Page, Redirect, Route, Visit
from shared.runtime.roles import OPERATOR, READERS

SYNC: Final = "/console/sync"
USUAL_PEOPLE: Final = 20


def sync_pages(services: ApiServices) -> tuple[Route, ...]:
    """Sync with its actions."""
    return (
        Route(method="GET", path=SYNC, name="sync", roles=READERS, endpoint=_sync(services), menu="Sync"),
        _action(f"{SYNC}/{{system}}/pause", "pauseSync", _paused(services, paused=True)),
        _action(f"{SYNC}/{{system}}/resume", "resumeSync", _paused(services, paused=False)),
        Route(
            method="POST",
            path=f"{SYNC}/dry-run",
            name="dryRunSync",
            roles=READERS,
            endpoint=_dry_run(services),
        ),
        _action(f"{SYNC}/resync", "resyncLead", _resync(services)),
    )


def _sync(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(visit: Visit) -> Page:
        conflicts = services.sync.conflicts(None, visit.query.get("cursor") or None)
        values = {
            "systems": services.sync.status().items,
            "backlog": _backlogs(services),
            "conflicts": conflicts,
            "operator": bool(visit.session.roles & OPERATOR),
            "usual": USUAL_PEOPLE,
            "most": sync_api.MAX_PLANNED,
        }
        people = tuple(dict.fromkeys(item.lead_id for item in conflicts.items if item.lead_id))
        return Page(template="sync.html", title="Sync", values=values, people=people)

    return shown


def _backlogs(services: ApiServices) -> dict[str, int | None]:
    """What waits to be written, by system. The page is needed most when a service does not answer."""
    try:
        queues = services.operations.queues.queues()
    except StoreUnavailable:
        return dict.fromkeys(SYSTEMS)
    return {system: backlog_of(system, queues) for system in SYSTEMS}


def _paused(services: ApiServices, *, paused: bool) -> Callable[[Visit], Redirect]:
    def done(visit: Visit) -> Redirect:
        services.sync.set_paused(visit.path["system"], paused=paused)
        return Redirect(to=SYNC)

    return done


def _dry_run(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(visit: Visit) -> Page:
        system = visit.asked("system")
        if system not in ("", *SYSTEMS):
            raise Problem("API.BAD_REQUEST", status=400, detail="There is no such system.")
        result = services.sync.dry_run(_asked(visit))
        people = services.leads.people(list(dict.fromkeys(plan.lead_id for plan in result.items)))
        values = {"plan": planned(result, people, system), "system": system}
        ids = tuple(person.lead_id for person in people)
        return Page(template="sync_plan.html", title="What would be written", values=values, people=ids)

    return shown


def _asked(visit: Visit) -> sync_api.DryRun:
    """Whom the form names; without anybody the newest people, as many as it says."""
    named = visit.form.get("leads", "").replace(",", " ").split()
    limit = sync_api.MAX_PLANNED if named else visit.form.get("limit") or USUAL_PEOPLE
    try:
        return sync_api.DryRun.model_validate({"leads": named or None, "limit": limit})
    except ValidationError:
        detail = f"Give at most {sync_api.MAX_PLANNED} ids of leads, or a number of people up to that."
        raise Problem("API.BAD_REQUEST", status=400, detail=detail) from None


def _resync(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(visit: Visit) -> Page:
        asked = services.sync.resync(visit.asked("lead"))
        lead = services.leads.lead(asked.lead_id)
        values = {"asked": asked, "lead": lead}
        return Page(template="sync_resync.html", title="Read again", values=values, people=(lead.id,))

    return shown


def _action(path: str, name: str, endpoint: Callable[[Visit], Page | Redirect]) -> Route:
    return Route(method="POST", path=path, name=name, roles=OPERATOR, endpoint=endpoint)
