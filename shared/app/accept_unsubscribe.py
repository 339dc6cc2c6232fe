"""GET, HEAD and POST /u/{token}: a page with one button, and a withdrawal that needs nothing else (RFC 8058).

Only POST changes anything: scanners open every link of a mail. First the suppression, which every later permit reads
in its transaction, then archive and queue, which make it a withdrawal in lead, ledger and other systems. Whoever is
killed in between has not answered: the mail program and the person try again, with the same effect. If nobody does,
no marketing mail leaves anyway, and the gateway makes up for the withdrawal when it meets the suppression.

Answers never differ: not for a token that is unknown, tampered with, used before, or whose person is gone.
"""

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final
from urllib.parse import parse_qsl

from shared.app.record_withdrawal import Recording, record_withdrawal
from shared.app.unsubscribe_page import done_page, question_page
from shared.app.unsubscribe_token import LinkKeys
from shared.contracts.intake import InboundRequest, Reply
from shared.domain.engagement.model import UNSUBSCRIBED, Suppression
from shared.domain.intake.problem import Problem
from shared.ports.suppressions import Suppressions

FIELD: Final = "List-Unsubscribe"
ONE_CLICK: Final = "One-Click"
BY_PAGE: Final = "way"
MAX_BODY: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribing:
    """What the page works with."""

    keys: LinkKeys
    suppressions: Suppressions
    recording: Recording


def accept_unsubscribe(request: InboundRequest, deps: Unsubscribing) -> tuple[Reply, str]:
    """The answer, and the outcome for the log: ``shown``, ``withdrawn`` or ``ignored``.

    Raises:
        Problem: UNSUBSCRIBE.METHOD_NOT_ALLOWED.
        StoreUnavailable: nothing or not everything was kept; the caller has to repeat.
    """
    if request.method in ("GET", "HEAD"):
        return question_page(request), "shown"
    if request.method != "POST":
        raise Problem("UNSUBSCRIBE.METHOD_NOT_ALLOWED", status=405, detail="Send a POST request.")
    fields = _fields(request)
    if fields.get(FIELD) != ONE_CLICK:
        return question_page(request), "ignored"
    ticket = deps.keys.open(request.path.rstrip("/").rpartition("/")[2])
    if ticket is not None:
        at = request.received_at
        deps.suppressions.suppress(ticket.address, Suppression(ticket.purpose, UNSUBSCRIBED, at))
        record_withdrawal(
            deps.recording,
            lead_id=ticket.lead_id,
            address=ticket.address,
            purpose=ticket.purpose,
            message_id=ticket.message_id,
            at=at,
            now=at,
            way="page" if BY_PAGE in fields else "one_click",
        )
    return done_page(request), "withdrawn" if ticket else "ignored"


def _fields(request: InboundRequest) -> dict[str, str]:
    """The form's fields, urlencoded or multipart: mail programs send either (RFC 8058 section 3.1)."""
    if len(request.body) > MAX_BODY:
        return {}
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        text = request.body.decode("utf-8", "replace").strip()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=20)) if text.count("&") < 20 else {}
    head = b"content-type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n"
    fields: dict[str, str] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload.decode("utf-8", "replace").strip()
    return fields
