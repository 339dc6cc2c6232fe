"""What the mail service tells of a message: SES's events as the stack's rules of EventBridge hand them to the queue.

The rules (infra/aws/mail.py) pass on type, time and our own tags, and of a bounce its kind; addresses, headers and the
words of other mail servers stay behind. Opens and clicks have no rule, because nobody asks SES for them; here a person
may play them all the same, in the same shape. Shapes:
docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from infra.local.mail_log import Mail

KINDS: Final = ("Delivery", "Bounce", "Complaint", "Open", "Click")
_PASSED_ON: Final = ("message", "lead")
"""The tags that the rules pass on."""


def event_of(kind: str, mail: Mail, at: datetime, *, permanent: bool = True) -> dict[str, Any]:
    """The event; ``kind`` is one of `KINDS`, ``permanent`` is about bounces."""
    tags = {name: [mail.tags[name]] for name in _PASSED_ON if name in mail.tags}
    return {
        "source": "aws.ses",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "detail": {"eventType": kind, "mail": {"tags": tags}, **_part(kind, at, permanent=permanent)},
    }


def _part(kind: str, at: datetime, *, permanent: bool) -> dict[str, Mapping[str, str]]:
    stamp = {"timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    match kind:
        case "Delivery":
            return {}
        case "Bounce":
            kinds = ("Permanent", "General") if permanent else ("Transient", "MailboxFull")
            return {"bounce": {**stamp, "bounceType": kinds[0], "bounceSubType": kinds[1]}}
    return {kind.lower(): stamp}


def body_of(event: Mapping[str, Any]) -> str:
    """The queue message that carries an event."""
    return json.dumps(event, separators=(",", ":"))
