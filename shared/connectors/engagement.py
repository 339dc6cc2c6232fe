"""What our own functions write down about messages: unsubscriptions, and what the mail service told.

They archive and queue like the doors do, so that a withdrawal by link goes through the same decision, ledger and
transaction as any other signal. Their source has scheme ``internal``: no request from outside is taken for one.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.intake import InboundRequest, Rejected, Submission
from shared.domain.intake.problem import Problem

KINDS: Final = frozenset(
    {
        "email_delivered", "email_opened", "email_clicked", "email_bounced", "email_complained", "custom_event",
        "consent_withdrawn",
    }
)  # fmt: skip
_ATTRIBUTES: Final = ("message_id", "message", "bounce_type", "bounce_sub_type", "complaint_type", "event", "way")


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:  # noqa: ARG001 - the port's
    """The one event in the body.

    Raises:
        Problem: INTAKE.MALFORMED_EVENT; it is none of ours.
    """
    try:
        body = json.loads(request.body)
        kind, address = body["kind"], body["email"]
    except (ValueError, KeyError, TypeError):
        raise _malformed() from None
    if kind not in KINDS or not isinstance(address, str):
        raise _malformed()
    purpose = body.get("withdraws")
    return [
        Submission(
            kind=kind,
            vendor_id=str(body["id"]) if body.get("id") else None,
            occurred_at=body.get("occurred_at"),
            email=address,
            consents={str(purpose): False} if purpose else {},
            attributes={name: str(body[name]) for name in _ATTRIBUTES if body.get(name)},
            flags=("machine_open",) if body.get("machine") else (),
        )
    ]


def verify(request: InboundRequest, scheme: str, secrets: object) -> bool:  # noqa: ARG001 - the port's
    """Nothing that comes through a door is ours."""
    return False


def _malformed() -> Problem:
    return Problem("INTAKE.MALFORMED_EVENT", status=400, detail="It is no event of our own functions.")
