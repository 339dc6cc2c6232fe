"""Form posts from anybody: urlencoded or multipart, with our documented names or whatever the form's author chose.

A browser posts by itself, so its own headers tell the page and the browser. Plugins that post JSON are read, too.
"""

from collections.abc import Mapping
from typing import Any

from shared.contracts.intake import InboundRequest, Rejected, Submission
from shared.domain.intake.fields import read_fields
from shared.domain.intake.payload import read_payload
from shared.domain.intake.problem import Problem

_IDENTIFYING = ("email", "phone", "anonymous_id", "user_id", "external_id")


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:
    """One submission. ``?map=`` in the address overrides the source's option."""
    payload = read_payload(request.body, request.headers)
    hint = request.query.get("map")
    options = {**options, "map": hint[0]} if hint else options
    found = read_fields(payload.object, options)
    flags = (*payload.flags, *found.pop("flags", ()))
    if not any(found.get(name) for name in _IDENTIFYING) and not flags:
        detail = "Name the person: email, phone, anonymous_id, user_id or external_id."
        raise Problem("INTAKE.NO_IDENTIFIER", status=400, detail=detail)
    if request.headers.get("user-agent", "").startswith("Mozilla/"):  # a browser, not somebody's server
        found.setdefault("ip", request.ip)
        found.setdefault("user_agent", request.headers["user-agent"])
    found.setdefault("page_url", request.headers.get("referer"))
    return [Submission(kind="form_submitted", flags=tuple(dict.fromkeys(flags)), **found)]
