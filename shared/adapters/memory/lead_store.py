"""The twin of DynamoLeadStore: the same conditions, limits and conflicts, on dictionaries."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from shared.adapters.dynamodb.items import MAX_TRANSACTION_ITEMS
from shared.adapters.dynamodb.keys import outbox, outbox_name
from shared.adapters.dynamodb.transaction import Tables, company_changes, plan
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.secrets.identity_key import IdentityKey, is_strong
from shared.contracts.envelope import envelope
from shared.domain.identity.model import Identifier
from shared.domain.instant import Instant
from shared.domain.lead.decision import Decision, Known, Timer
from shared.domain.lead.model import Lead, LeadId
from shared.ports.clock import Clock
from shared.ports.consent_ledger import SealedEvent
from shared.ports.leads import DecisionTooLarge, HistoryPage, LeadConflict, NamePage
from shared.ports.outbox import OutboxRow

_WEIGHED_FROM: Final = 500
"""From so many touchpoints and facts on, a decision is weighed as DynamoDB would; fewer can never be too heavy."""


class MemoryLeadStore:
    """Leads in memory. Thread-safe; a decision is applied whole or not at all."""

    def __init__(self, tables: MemoryTables, *, identity: IdentityKey, clock: Clock) -> None:
        self._tables = tables
        self._identity = identity
        self._clock = clock

    def load(self, identifiers: Iterable[Identifier]) -> Known:
        """All that a decision about these identifiers may read."""
        tables = self._tables
        with tables.lock:
            owners: dict[Identifier, LeadId] = {}
            for identifier in identifiers:
                owner = self._owner(identifier)
                if owner is not None:
                    owners[identifier] = owner
            leads = self._family(owners.values())
            existing = [lead_id for lead_id in dict.fromkeys(owners.values()) if lead_id in leads]
            buckets = {lead_id: tables.seen.get(lead_id, {}) for lead_id in existing}
            seen = {lead_id: frozenset[str]().union(*found.values()) for lead_id, found in buckets.items()}
            is_open = {i: buckets[i].get(leads[i].seen_bucket, frozenset[str]()) for i in existing}
            return Known(owners=owners, leads=leads, seen=seen, seen_open=is_open)

    def _owner(self, identifier: Identifier) -> LeadId | None:
        if is_strong(identifier):
            return self._tables.pointers.get(identifier)
        return self._identity.weak_lead_id(identifier)

    def _family(self, lead_ids: Iterable[LeadId]) -> dict[LeadId, Lead]:
        """The leads, what they were merged into, and all members of the roots."""
        leads: dict[LeadId, Lead] = {}
        waiting = list(lead_ids)
        while waiting:
            lead = self._tables.heads.get(waiting.pop())
            if lead is None or lead.lead_id in leads:
                continue
            leads[lead.lead_id] = lead
            waiting += lead.members
            if lead.merged_into:
                waiting.append(lead.merged_into)
        return leads

    def commit(self, decision: Decision, sealed: Sequence[SealedEvent] = ()) -> None:
        """Write everything of the decision, or nothing.

        Raises:
            LeadConflict: a condition failed; nothing was written.
            DecisionTooLarge: DynamoDB could not take it; nothing was written.
        """
        self._weigh(decision, sealed)
        with self._tables.lock:
            lost = [*self._lost_leads(decision), *self._lost_ledger(sealed)]
            if lost:
                raise LeadConflict(", ".join(lost))
            self._apply(decision)
            self._append(sealed)

    def _weigh(self, decision: Decision, sealed: Sequence[SealedEvent]) -> None:
        items = count_items(decision, sealed)
        touchpoints = sum(len(row.touchpoints) + len(row.notes) for row in decision.history)
        if items > MAX_TRANSACTION_ITEMS:
            raise DecisionTooLarge(f"{items} items")
        if touchpoints + len(decision.facts) >= _WEIGHED_FROM:
            names = Tables("leads", "ledger", "keys")
            plan(decision, sealed, tables=names, identity=self._identity, now=self._clock.now())

    def _lost_leads(self, decision: Decision) -> Iterable[str]:
        tables = self._tables
        for lead, expected in decision.writes:
            held = tables.heads.get(lead.lead_id)
            if (held.version if held else 0) != expected:
                yield f"head {lead.lead_id}"
        for identifier, lead_id in decision.pointers:
            if identifier in tables.pointers:
                yield f"pointer of {lead_id}"
        for row in decision.history:
            if row.version in tables.history.get(row.lead_id, {}):
                yield f"history {row.version} of {row.lead_id}"

    def _lost_ledger(self, sealed: Sequence[SealedEvent]) -> Iterable[str]:
        length: dict[str, int] = {}
        for event in sealed:
            expected = length.setdefault(event.subject_ref, len(self._tables.ledger.get(event.subject_ref, ()))) + 1
            if event.seq != expected:
                yield f"ledger event {event.seq}"
            length[event.subject_ref] = expected
            if event.new_key and (event.subject_ref, event.new_key["tier"]) in self._tables.data_keys:
                yield "data key"

    def _apply(self, decision: Decision) -> None:
        tables = self._tables
        for lead, _ in decision.writes:
            tables.heads[lead.lead_id] = lead
        self._index(decision)
        for lead_id, bucket, digests in decision.seen:
            tables.seen.setdefault(lead_id, {})[bucket] = digests
        for row in decision.history:
            tables.history.setdefault(row.lead_id, {})[row.version] = row
        tables.timers.update(dict.fromkeys(decision.timers))
        if decision.facts:
            first = decision.facts[0]
            name = outbox_name(outbox(first.recorded_at, first.lead_id, first.lead_version, 0))
            tables.outbox[name] = OutboxRow(name, first.recorded_at, tuple(map(envelope, decision.facts)))

    def _index(self, decision: Decision) -> None:
        tables = self._tables
        tables.pointers.update(decision.pointers)
        for number, lead_id in decision.phones:
            tables.phones.setdefault(number, {})[lead_id] = None
        for change in decision.names:
            for word in change.words:
                tables.names.setdefault(word, {})[change.lead_id] = None
            for word in change.left:
                tables.names.get(word, {}).pop(change.lead_id, None)
        for lead_id, joined, left, _ in company_changes(decision):
            tables.companies.setdefault(joined, {})[lead_id] = None
            if left:
                tables.companies.get(left, {}).pop(lead_id, None)

    def _append(self, sealed: Sequence[SealedEvent]) -> None:
        for event in sealed:
            self._tables.ledger.setdefault(event.subject_ref, []).append(event)
            if event.new_key:
                self._tables.data_keys[event.subject_ref, event.new_key["tier"]] = event.new_key

    def get(self, lead_id: LeadId) -> Lead | None:
        """One head, as stored."""
        return self._tables.heads.get(lead_id)

    def get_many(self, lead_ids: Sequence[LeadId]) -> dict[LeadId, Lead]:
        """The heads that exist among these ids."""
        with self._tables.lock:
            return {lead_id: self._tables.heads[lead_id] for lead_id in lead_ids if lead_id in self._tables.heads}

    def find(self, identifier: Identifier) -> LeadId | None:
        """The lead that owns an identifier, exactly."""
        owner = self._owner(identifier)
        return owner if is_strong(identifier) or owner in self._tables.heads else None

    def find_by_phone(self, phone: str) -> tuple[LeadId, ...]:
        """Leads that stated this E.164 number."""
        return self._sorted(lambda: self._tables.phones.get(phone, {}))

    def find_by_name(self, words: Iterable[str], *, after: str | None = None, limit: int = 50) -> NamePage:
        """Leads whose name has all these words."""
        with self._tables.lock:
            rows = [set(self._tables.names.get(word, {})) for word in set(words)]
        found = sorted(set.intersection(*rows)) if rows else []
        rest = [lead_id for lead_id in found if after is None or lead_id > after]
        return NamePage(tuple(rest[:limit]), rest[limit - 1] if len(rest) > limit else None)

    def company_members(self, company_id: str) -> tuple[LeadId, ...]:
        """Leads linked to a company."""
        return self._sorted(lambda: self._tables.companies.get(company_id, {}))

    def due_timers(self, before: Instant, limit: int = 100) -> tuple[Timer, ...]:
        """Timers due before an instant, the earliest first."""
        with self._tables.lock:
            return tuple(sorted(timer for timer in self._tables.timers if timer.due < before)[:limit])

    def remove_timers(self, timers: Sequence[Timer]) -> None:
        """Forget timers that were looked at. Those that are gone already are no error."""
        with self._tables.lock:
            for timer in timers:
                self._tables.timers.pop(timer, None)

    def _sorted(self, read: Callable[[], Iterable[LeadId]]) -> tuple[LeadId, ...]:
        with self._tables.lock:
            return tuple(sorted(read()))

    def history(self, lead_id: LeadId, *, cursor: str | None = None, limit: int = 100) -> HistoryPage:
        """History rows of one lead, newest first."""
        with self._tables.lock:
            rows = self._tables.history.get(lead_id, {})
            versions = sorted((v for v in rows if cursor is None or v < int(cursor)), reverse=True)
            page = tuple(rows[version] for version in versions[:limit])
        return HistoryPage(page, str(page[-1].version) if len(versions) > limit else None)


def count_items(decision: Decision, sealed: Sequence[SealedEvent]) -> int:
    """How many rows a transaction of this decision has; as many as ``plan`` makes, without making them."""
    companies = company_changes(decision)
    return (
        len(decision.writes)
        + len({identifier for identifier, _ in decision.pointers})
        + len(set(decision.phones))
        + sum(len(change.words) + len(change.left) for change in decision.names)
        + len(decision.seen)
        + len(decision.history)
        + len(companies)
        + sum(1 for _, _, left, _ in companies if left)
        + (1 if decision.facts else 0)
        + len(set(decision.timers))
        + len(sealed)
        + sum(1 for event in sealed if event.new_key)
        + len({event.subject_ref for event in sealed})
    )
