"""A message that was decided on, why an address gets none, and what became of it. Holds no address, only digests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shared.domain.engagement.policy_model import MARKETING, MessageDefinition
from shared.domain.instant import SECOND, Instant

PERMIT_LIFE: Final = 60 * SECOND
"""So long after it was recorded a permit may be used, once (facts 6.7)."""

PERMITTED: Final = "permitted"
SENT: Final = "sent"
SUPPRESSED: Final = "suppressed"
UNSENT: Final = "unsent"
"""The mail service certainly did not take it: another permit may be asked for."""
UNKNOWN: Final = "unknown"
"""Nobody knows whether the mail service took it. It is not sent again: at most once."""
REFUSED: Final = "refused"
"""The mail service refuses it for good."""

HAPPENINGS: Final = ("delivered", "opened", "clicked", "rejected", "bounced", "complained")
"""What becomes of a message later, the weightiest last: that one is shown as its state."""

ALL: Final = "all"
BOUNCED: Final = "bounced"
COMPLAINED: Final = "complained"
UNSUBSCRIBED: Final = "unsubscribed"


class Suppression(NamedTuple):
    """Why an address gets nothing: a scope (``all``, ``marketing`` or a purpose) and a reason, since when."""

    scope: str
    reason: str
    since: Instant


def barriers(message: MessageDefinition) -> tuple[tuple[str, str], ...]:
    """Which suppressions (scope, reason) can stand against a message. A global one never blocks other classes."""
    if message.message_class != MARKETING:
        return ((ALL, BOUNCED),)
    return ((ALL, BOUNCED), (MARKETING, COMPLAINED), (message.purpose, UNSUBSCRIBED))


class Cadence(NamedTuple):
    """When an address was last written to; ``version`` is the condition of the next entry."""

    version: int = 0
    times: tuple[Instant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """What is kept of a message. ``address`` is a keyed digest; ``cause`` the fact it answers.

    ``evidence`` names ledger events that allowed it (``subject:seq``). ``happened`` maps what became of it to the
    first time.
    """

    message_id: str
    lead_id: str
    message: str
    message_class: str
    purpose: str
    channel: str
    state: str
    at: Instant
    cause: str
    address: str = ""
    reason: str = ""
    language: str = ""
    attempt: int = 1
    permitted_at: Instant = 0
    provider_id: str = ""
    evidence: tuple[str, ...] = ()
    happened: Mapping[str, Instant] = field(default_factory=dict)

    @property
    def shown_state(self) -> str:
        """The state with what is known of its fate."""
        return next((name for name in reversed(HAPPENINGS) if name in self.happened), self.state)
