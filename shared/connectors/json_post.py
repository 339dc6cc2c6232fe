"""JSON from anybody: our own documented body (docs/architecture.md, POST /in/json), Zapier, Make, home-made senders.

Also reads what such senders post without asking: a list of submissions, Segment-like events, a mail provider's events,
and a form where JSON was meant.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.intake import SIGNAL_KINDS, InboundRequest, Rejected, Submission
from shared.domain.intake.fields import Found, read_fields
from shared.domain.intake.mail_events import is_mail_event, read_mail_event
from shared.domain.intake.orders import said_of
from shared.domain.intake.payload import Payload, read_payload
from shared.domain.intake.problem import Problem
from shared.domain.intake.track import is_track_event, read_track_event

STRICT = True
"""Its senders are programs that somebody is writing: tell them."""

_ORDERS: Final = frozenset({"order_placed", "order_paid", "order_refunded"})
_IDENTIFYING = ("email", "phone", "anonymous_id", "user_id", "external_id")


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:
    """Every submission in the body. ``?map=`` in the address overrides the source's option."""
    payload = read_payload(request.body, request.headers)
    hint = request.query.get("map")
    options = {**options, "map": hint[0]} if hint else options
    return [_one(item, index, request, payload, options) for index, item in enumerate(payload.items)]


def _one(
    item: object, index: int, request: InboundRequest, payload: Payload, options: Mapping[str, Any]
) -> Submission | Rejected:
    try:
        found = _read(item, request, payload, options)
        return _with_context(found, request, payload)
    except Problem as problem:
        return Rejected(code=problem.code, detail=problem.detail, index=index)


def _read(item: object, request: InboundRequest, payload: Payload, options: Mapping[str, Any]) -> Found:
    if not isinstance(item, Mapping):
        raise Problem("INTAKE.MALFORMED_EVENT", status=400, detail="A submission is a JSON object.")
    if is_track_event(item):
        return read_track_event(item, kind=None, received_at=request.received_at, must_identify=False)
    if is_mail_event(item):
        return read_mail_event(item, payload.items)
    found = read_fields({key: value for key, value in item.items() if key != "kind"}, options)
    found["kind"] = _kind(item)
    if found["kind"] in _ORDERS:
        _read_order(found, item)
    if not any(found.get(name) for name in _IDENTIFYING) and not payload.flags:
        detail = "Name the person: email, phone, anonymous_id, user_id or external_id."
        raise Problem("INTAKE.NO_IDENTIFIER", status=400, detail=detail)
    return found


def _read_order(found: Found, item: Mapping[str, Any]) -> None:
    """What a body says of an order is no answer to a question."""
    said = said_of(item)
    found["attributes"] = {**found.get("attributes", {}), **said}
    found["answers"] = {name: text for name, text in found.get("answers", {}).items() if name not in said}


def _kind(item: Mapping[str, Any]) -> str:
    named = item.get("kind")
    return named if isinstance(named, str) and named in SIGNAL_KINDS else "form_submitted"


def _with_context(found: Found, request: InboundRequest, payload: Payload) -> Submission:
    flags = (*payload.flags, *found.pop("flags", ()))
    if request.headers.get("user-agent", "").startswith("Mozilla/"):  # a browser, not somebody's server
        found.setdefault("ip", request.ip)
        found.setdefault("user_agent", request.headers["user-agent"])
    return Submission(flags=tuple(dict.fromkeys(flags)), **found)
