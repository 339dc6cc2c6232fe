"""The pages of operators: queues, parked records, what it costs to run, and on a laptop the clock."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from pydantic import ValidationError

from shared.app.console.operations import UNITS, choices, done, queue_rows
from shared.app.console.session import LIFE
from shared.contracts.operations_api import ClockAdvance, ParkedFilter, ParkedQuery
from shared.domain.intake.problem import Problem
from shared.ports.failures import StoreUnavailable
from shared.runtime.api_routes import ApiServices
from shared.runtime.console.web import Page, Redirect, Route, Visit
from shared.runtime.roles import OPERATOR

OPERATIONS: Final = "/console/operations"
T = TypeVar("T")
F = TypeVar("F", ParkedFilter, ParkedQuery)


def operations_pages(services: ApiServices) -> tuple[Route, ...]:
    """Operations, one parked record, and what can be done."""
    return (
        _page(OPERATIONS, "operations", _operations(services), "Operations"),
        _page(f"{OPERATIONS}/parked/{{id}}", "parked", _record(services)),
        _action(f"{OPERATIONS}/redrive", "redriveAllParked", _all_redriven(services)),
        _action(f"{OPERATIONS}/clock", "advanceClock", _advanced(services)),
        _action(f"{OPERATIONS}/{{id}}/redrive", "redriveParked", _redriven(services)),
    )


def _operations(services: ApiServices) -> Callable[[Visit], Page]:
    desk = services.operations

    def shown(visit: Visit) -> Page:
        asked = _filter(ParkedQuery, visit.query, cursor=visit.query.get("cursor") or None)
        summary = desk.parked.summary()
        queues = _unless_unavailable(desk.queues.queues)
        values = {
            "queues": None if queues is None else queue_rows(queues),
            "found": desk.parked.open_records(asked),
            "summary": summary,
            "codes": choices(summary, "code"),
            "sources": choices(summary, "source"),
            "asked": asked,
            "action": _address(code=asked.code, source=asked.source),
            "clock": desk.clock.shown(),
            "units": tuple(UNITS),
            "costs": _unless_unavailable(desk.costs.costs),
            "done": done(visit.query),
            "policy_version": services.policy_version,
        }
        return Page(template="operations.html", title="Operations", values=values)

    return shown


def _unless_unavailable(read: Callable[[], T]) -> T | None:
    """A part of the page, or None: the others are needed most when one service does not answer."""
    try:
        return read()
    except StoreUnavailable:
        return None
    except Problem as problem:
        if problem.status != 503:
            raise
        return None


def _record(services: ApiServices) -> Callable[[Visit], Page]:
    def shown(visit: Visit) -> Page:
        record = services.operations.parked.record(visit.path["id"])
        return Page(template="parked.html", title="Parked record", values={"record": record})

    return shown


def _redriven(services: ApiServices) -> Callable[[Visit], Redirect]:
    def sent(visit: Visit) -> Redirect:
        services.operations.parked.redrive(visit.path["id"])
        asked = _filter(ParkedFilter, visit.form)
        return Redirect(to=_address(code=asked.code, source=asked.source, sent=1))

    return sent


def _all_redriven(services: ApiServices) -> Callable[[Visit], Redirect]:
    def sent(visit: Visit) -> Redirect:
        asked = _filter(ParkedFilter, visit.form)
        run = services.operations.parked.redrive_all(asked)
        more = {"code": asked.code, "source": asked.source, "more": 1} if run.more else {}
        return Redirect(to=_address(**more, sent=run.sent, by_hand=run.by_hand))

    return sent


def _advanced(services: ApiServices) -> Callable[[Visit], Redirect]:
    def moved(visit: Visit) -> Redirect:
        services.operations.clock.advance(_duration(visit))
        # Whoever moved the time has not been away for so long.
        session = replace(visit.session, until=services.clock.now() + LIFE)
        return Redirect(to=_address(moved=1), session=session)

    return moved


def _duration(visit: Visit) -> ClockAdvance:
    amount, unit = visit.asked("amount"), UNITS.get(visit.asked("unit"), 0)
    try:
        return ClockAdvance(seconds=int(amount) * unit)
    except ValueError:
        detail = "Give a whole number of minutes, hours, days or weeks; a year at most. Time never goes back."
        raise Problem("API.BAD_REQUEST", status=400, detail=detail) from None


def _filter(shape: type[F], given: Any, **more: Any) -> F:
    """What an address or a form asks for; empty is everything."""
    try:
        return shape.model_validate({"code": given.get("code") or None, "source": given.get("source") or None, **more})
    except ValidationError:
        raise Problem("API.BAD_REQUEST", status=400, detail="There is no such code or source.") from None


def _address(**given: str | int | None) -> str:
    """The page with what is said in its address; nothing in it is about a person."""
    query = urlencode({name: value for name, value in given.items() if value not in (None, "")})
    return f"{OPERATIONS}?{query}" if query else OPERATIONS


def _page(path: str, name: str, endpoint: Callable[[Visit], Page], menu: str = "") -> Route:
    return Route(method="GET", path=path, name=name, roles=OPERATOR, endpoint=endpoint, menu=menu)


def _action(path: str, name: str, endpoint: Callable[[Visit], Redirect]) -> Route:
    return Route(method="POST", path=path, name=name, roles=OPERATOR, endpoint=endpoint)
