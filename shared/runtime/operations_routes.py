"""The routes of operators: queues, parked records, running costs, names of owners, and on a laptop the clock."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.app.move_clock import ClockDesk
from shared.app.owner_names import OwnerNames
from shared.app.read_parked import ParkedDesk
from shared.app.read_queues import QueueDesk
from shared.app.read_running_costs import RunningCosts
from shared.contracts import api
from shared.contracts import operations_api as operations
from shared.runtime.roles import EVERYBODY, OPERATOR
from shared.runtime.routing import Call, Route, get, post


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What operators can see and do, beside synchronisation."""

    parked: ParkedDesk
    queues: QueueDesk
    costs: RunningCosts
    clock: ClockDesk


def operations_routes(desk: Operations, owners: OwnerNames) -> list[Route]:
    """All of them, in the order of the documentation."""
    parked = desk.parked
    return [
        get(
            "/api/parked",
            "listParked",
            "What could not be processed, newest first, by code and source if wanted",
            api.ParkedList,
            lambda call: parked.open_records(call.asked(operations.ParkedQuery)),
            roles=OPERATOR,
            query=operations.ParkedQuery,
        ),
        get(
            "/api/parked/summary",
            "summariseParked",
            "The newest open records by code and source",
            operations.ParkedSummary,
            lambda _: parked.summary(),
            roles=OPERATOR,
        ),
        post(
            "/api/parked/redrive",
            "redriveAllParked",
            "Run all records of a filter again, at most a hundred in one go; asked again, it continues",
            operations.ParkedRun,
            lambda call: parked.redrive_all(call.asked(operations.ParkedFilter)),
            roles=OPERATOR,
            body=operations.ParkedFilter,
            errors=(503,),
        ),
        get(
            "/api/parked/{id}",
            "getParked",
            "One parked record",
            operations.ParkedDetail,
            lambda call: parked.record(call.path["id"]),
            roles=OPERATOR,
            errors=(404,),
        ),
        post(
            "/api/parked/{id}/redrive",
            "redriveParked",
            "Run a parked record again; twice is applied once",
            operations.ParkedDetail,
            lambda call: parked.redrive(call.path["id"]),
            roles=OPERATOR,
            errors=(404, 409),
        ),
        get(
            "/api/queues",
            "listQueues",
            "How full every queue is, dead letters included",
            operations.QueueList,
            lambda _: desk.queues.queues(),
            roles=OPERATOR,
            errors=(503,),
        ),
        get(
            "/api/running-costs",
            "getRunningCosts",
            "What a lead and a million events cost to run, from the counts of this installation",
            operations.RunningCostsView,
            lambda _: desk.costs.costs(),
            roles=OPERATOR,
            errors=(503,),
        ),
        get(
            "/api/clock",
            "getClock",
            "The time of a laptop cloud; there is none elsewhere",
            operations.ClockView,
            lambda _: desk.clock.read(),
            roles=OPERATOR,
            errors=(404,),
        ),
        post(
            "/api/clock",
            "advanceClock",
            "Move the time of a laptop cloud forward",
            operations.ClockView,
            lambda call: desk.clock.advance(call.asked(operations.ClockAdvance)),
            roles=OPERATOR,
            body=operations.ClockAdvance,
            errors=(404, 503),
        ),
        get(
            "/api/owners",
            "listOwners",
            "What the CRM calls the owners that hand-overs and reports name by id",
            operations.OwnerList,
            _owners(owners),
            roles=EVERYBODY,
            errors=(503,),
        ),
    ]


def _owners(owners: OwnerNames) -> Callable[[Call], operations.OwnerList]:
    def answered(_: Call) -> operations.OwnerList:
        named = sorted(owners.all().items(), key=lambda item: (item[1].casefold(), item[0]))
        return operations.OwnerList(items=[operations.OwnerView(id=i, name=n) for i, n in named], cursor=None)

    return answered
