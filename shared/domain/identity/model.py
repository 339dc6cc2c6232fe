"""Identifiers and the evidence behind them. Decides nothing; see policy.py."""

from enum import IntEnum
from typing import Final, NamedTuple

from shared.domain.instant import Instant


class Evidence(IntEnum):
    """How far a statement can be trusted. Higher wins, whatever the time."""

    CLAIMED = 0
    """Anything holding only a public write key."""
    VERIFIED = 1
    """A signed source, a confirmed address, a CRM."""


EVIDENCE_WORDS: Final = {evidence: evidence.name.lower() for evidence in Evidence}
"""What rules, facts and people call it."""


class Stamp(NamedTuple):
    """The precedence of a statement: compared as a tuple, the greatest wins. Total, so order never matters."""

    evidence: int
    occurred_at: Instant
    signal_id: str


NEVER: Final = Stamp(Evidence.CLAIMED, 0, "")
"""Less than every stamp of a signal."""


class Identifier(NamedTuple):
    """One way to recognise a person. ``value`` is already normalised (see shared.app.normalise)."""

    kind: str
    value: str


EXTERNAL: Final = "external"
"""A record of another system, value ``system:id`` (``salesforce:00Q…``)."""
EMAIL: Final = "email"
USER: Final = "user"
"""The user id of the customer's own application (Segment ``userId``)."""
ANONYMOUS: Final = "anonymous"
"""A browser or device (Segment ``anonymousId``)."""
SIGNAL: Final = "signal"
"""The signal itself: the identity of a person known by a phone only, which suggests but never merges."""

STRENGTH: Final = {EXTERNAL: 4, EMAIL: 3, USER: 2, ANONYMOUS: 1, SIGNAL: 0}
"""Which identifier of a signal carries its effects: the strongest one it has."""

STRONG: Final = frozenset({EXTERNAL, EMAIL})
"""Identifiers that verified signals may join for good; they own a pointer row that never moves."""

WEAK: Final = frozenset({USER, ANONYMOUS, SIGNAL})
"""Identifiers that own a lead of their own, whose id is derived from them; users, devices attach to a stronger one."""

CONTACT_KINDS: Final = (EMAIL, EXTERNAL, USER, ANONYMOUS, SIGNAL)
"""Which identifier of a signal a consent is bound to, in order of preference."""

MAX_MEMBERS: Final = 64
"""Leads that one person may consist of; beyond it a device stays by itself, so that a decision stays bounded."""


class Attachment(NamedTuple):
    """A weak lead's best link to a stronger one. Compared with ``precedence``."""

    parent: Identifier
    evidence: int
    occurred_at: Instant
    signal_id: str

    @property
    def precedence(self) -> tuple[int, int, int, str]:
        """Verified first, then the stronger parent, then the earliest link, then the smaller id.

        The earliest link wins so that a later visitor on a shared device cannot take over somebody's history.
        """
        return (-self.evidence, -STRENGTH[self.parent.kind], self.occurred_at, self.signal_id)
