"""What the gateway of messages works with: permits, the record of messages, the mail service, contact points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.domain.engagement.model import Cadence, MessageRecord, Suppression
from shared.domain.instant import Instant
from shared.domain.lead.decision import Fact


class PermitLost(Exception):
    """Something that the decision read has changed: nothing was written. Load and decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """One use of one decision: everything it read, as conditions of recording it.

    ``heads`` maps each subject of the person to the seq of its chain; ``subject`` is the one that keeps the permit.
    ``barriers`` maps each suppression (scope, reason) that could stand to ``since`` as read, None when it is absent.
    ``cadence`` is given for messages that count for the frequency cap.
    """

    record: MessageRecord
    fact: Fact
    root_id: str
    root_version: int
    subject: str
    heads: Mapping[str, int]
    barriers: Mapping[tuple[str, str], Instant | None]
    cadence: Cadence | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Permits(Protocol):
    """The transaction before every message. Every call may raise shared.ports.failures.StoreUnavailable."""

    def heads(self, subjects: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Heads of chains, strongly consistent; of a subject without events the empty head."""

    def cadence(self, address: str) -> Cadence:
        """When an address was written to."""

    def grant(self, permit: Permit) -> None:
        """Record a permit, its message and its fact, if nothing that was read has changed.

        Raises:
            PermitLost: something did; nothing was written.
        """


class Messages(Protocol):
    """Messages and what became of them. Every call may raise shared.ports.failures.StoreUnavailable."""

    def get(self, message_id: str) -> MessageRecord | None:
        """One message, strongly consistent."""

    def refuse(self, record: MessageRecord, fact: Fact) -> bool:
        """Record a denial with its fact; False when this very denial is recorded already."""

    def settle(self, record: MessageRecord, fact: Fact | None = None) -> bool:
        """Write how the attempt of a permitted message ended, with its fact; False when that is known already."""

    def happened(self, message_id: str, what: str, at: Instant) -> None:
        """Remember what became of a message; the first time of each kind holds. Unknown messages are left alone."""

    def of_lead(self, lead_id: str) -> tuple[MessageRecord, ...]:
        """All messages about a lead, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """One mail to one address: never a copy to anybody else."""

    to: str
    sender: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


class MailRefused(Exception):
    """The mail service will never take this mail. ``code`` is its own word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailNotTaken(Exception):
    """The mail service certainly did not take it, for now: throttled, paused."""


class MailUncertain(Exception):
    """No answer: it may have taken it or not."""


class MailService(Protocol):
    """The way out."""

    def send(self, mail: OutgoingMail) -> str:
        """Hand over a mail, at most once; returns the service's id of it.

        Raises:
            MailRefused, MailNotTaken, MailUncertain: as they say.
        """


class ContactPoints(Protocol):
    """The address behind a digest, where a mail's tags and links carry digests only."""

    def address_of(self, lead_id: str, digest: str) -> str | None:
        """The person's address of that digest, whatever the lead was merged into since; None when it is gone."""


__all__ = [
    "Cadence", "ContactPoints", "MailNotTaken", "MailRefused", "MailService", "MailUncertain", "Messages",
    "OutgoingMail", "Permit", "PermitLost", "Permits", "Suppression",
]  # fmt: skip
