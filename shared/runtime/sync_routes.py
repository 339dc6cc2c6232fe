"""The routes of synchronisation: who may see how it goes, and who may stop it."""

from collections.abc import Callable

from shared.app.read_sync import SyncDesk
from shared.contracts import sync_api
from shared.runtime.roles import EVERYBODY, OPERATOR, READERS
from shared.runtime.routing import Call, Route, post


def sync_routes(desk: SyncDesk) -> list[Route]:
    """All of them, in the order of the documentation."""
    return [
        Route(
            method="GET",
            path="/api/leads/{id}/sync",
            name="getLeadSync",
            summary="A person's records in other systems: values, shadows, verdicts, and what would be written next",
            roles=EVERYBODY,  # who may see a person may see what other systems hold of them
            answer=sync_api.LeadSync,
            endpoint=lambda call: desk.lead(call.path["id"]),
            errors=(404, 503),
        ),
        post(
            "/api/leads/{id}/resync",
            "resyncLead",
            "Read a person's records again, and have both writers look at the person",
            sync_api.Resync,
            lambda call: desk.resync(call.path["id"]),
            roles=OPERATOR,
            errors=(404, 503),
        ),
        Route(
            method="GET",
            path="/api/sync",
            name="getSync",
            summary="How synchronisation goes, per system",
            roles=READERS,
            answer=sync_api.SyncStatus,
            endpoint=lambda _: desk.status(),
            errors=(503,),
        ),
        Route(
            method="GET",
            path="/api/sync/conflicts",
            name="listConflicts",
            summary="Verdicts about fields that both sides had changed, newest first",
            roles=READERS,
            query=sync_api.ConflictQuery,
            answer=sync_api.ConflictList,
            endpoint=_conflicts(desk),
            errors=(404, 503),
        ),
        Route(
            method="POST",
            path="/api/sync/dry-run",
            name="dryRunSync",
            summary="What would be written, and by which rule; writes nothing",
            roles=READERS,
            body=sync_api.DryRun,
            answer=sync_api.DryRunResult,
            endpoint=lambda call: desk.dry_run(call.asked(sync_api.DryRun)),
            errors=(413, 503),
        ),
        post(
            "/api/sync/{system}/pause",
            "pauseSync",
            "Stop pulls and writes of a system; positions are kept",
            sync_api.SyncSystemView,
            lambda call: desk.set_paused(call.path["system"], paused=True),
            roles=OPERATOR,
            errors=(404, 503),
        ),
        post(
            "/api/sync/{system}/resume",
            "resumeSync",
            "Continue where it was stopped",
            sync_api.SyncSystemView,
            lambda call: desk.set_paused(call.path["system"], paused=False),
            roles=OPERATOR,
            errors=(404, 503),
        ),
    ]


def _conflicts(desk: SyncDesk) -> Callable[[Call], sync_api.ConflictList]:
    def answered(call: Call) -> sync_api.ConflictList:
        asked = call.asked(sync_api.ConflictQuery)
        return desk.conflicts(asked.lead, asked.cursor)

    return answered
