"""Where leads live."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.identity.model import Identifier
from shared.domain.instant import Instant
from shared.domain.lead.decision import Decision, HistoryRow, Known, Timer
from shared.domain.lead.model import Lead, LeadId
from shared.ports.consent_ledger import SealedEvent


class LeadConflict(Exception):
    """Somebody else decided first (a version or a pointer moved). Load again and decide again."""


class DecisionTooLarge(Exception):
    """The decision does not fit one transaction (100 items, 4 MB). Split its signals into several decisions."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """History rows, newest first, and the cursor of the next page (None at the end)."""

    rows: tuple[HistoryRow, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class NamePage:
    """Root leads in order of id, and the place where the next page begins (None at the end)."""

    lead_ids: tuple[LeadId, ...]
    after: str | None


class LeadStore(Protocol):
    """Heads, pointers, history and outbox of leads; one decision is one transaction."""

    def load(self, identifiers: Iterable[Identifier]) -> Known:
        """All that a decision about these identifiers may read, strongly consistent."""

    def commit(self, decision: Decision, sealed: Sequence[SealedEvent] = ()) -> None:
        """Write everything of the decision, or nothing.

        Raises:
            LeadConflict: a condition failed; nothing was written.
            DecisionTooLarge: over the limit of one transaction; nothing was written.
        """

    def get(self, lead_id: LeadId) -> Lead | None:
        """One head, strongly consistent, as stored (an alias is not followed)."""

    def get_many(self, lead_ids: Sequence[LeadId]) -> dict[LeadId, Lead]:
        """The heads that exist among these ids."""

    def find(self, identifier: Identifier) -> LeadId | None:
        """The lead that owns an identifier, exactly."""

    def find_by_phone(self, phone: str) -> tuple[LeadId, ...]:
        """Leads that stated this E.164 number."""

    def find_by_name(self, words: Iterable[str], *, after: str | None = None, limit: int = 50) -> NamePage:
        """Leads whose name has all these words, folded as ``names.name_words`` does; nobody without a word.

        May hold leads whose name has changed since: their heads have the last word. A page may be short, or empty.
        """

    def history(self, lead_id: LeadId, *, cursor: str | None = None, limit: int = 100) -> HistoryPage:
        """History rows of one lead (not of its members), newest first."""

    def due_timers(self, before: Instant, limit: int = 100) -> tuple[Timer, ...]:
        """Timers due before an instant, the earliest first, about as many as ``limit`` and never more."""

    def remove_timers(self, timers: Sequence[Timer]) -> None:
        """Forget timers that were looked at. Those that are gone already are no error."""

    def company_members(self, company_id: str) -> tuple[LeadId, ...]:
        """Leads linked to a company."""
