"""Twins of the adapters behind the gateway: permits, messages, suppressions, contact points, and a mail service."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.adapters.dynamodb.keys import message_outbox, outbox_name
from shared.adapters.dynamodb.permits import CADENCE_KEPT
from shared.adapters.memory.tables import MemoryTables
from shared.contracts.envelope import envelope
from shared.domain.consent.chain import EMPTY_HEAD
from shared.domain.engagement.model import PERMITTED, UNSENT, Cadence, MessageRecord, Suppression
from shared.domain.identity.model import EMAIL
from shared.domain.instant import Instant
from shared.domain.lead.decision import Fact
from shared.ports.messages import OutgoingMail, Permit, PermitLost
from shared.ports.outbox import OutboxRow


class MemorySuppressions:
    """Suppressions in memory."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def of(self, address: str) -> tuple[Suppression, ...]:
        """Everything that stands against an address."""
        with self._tables.lock:
            held = self._tables.suppressions.get(address, {})
            return tuple(sorted(Suppression(*place, since) for place, since in held.items()))

    def suppress(self, address: str, suppression: Suppression) -> None:
        """From now on this stands; the last statement counts."""
        with self._tables.lock:
            held = self._tables.suppressions.setdefault(address, {})
            held[suppression.scope, suppression.reason] = suppression.since


class MemoryMessages:
    """Messages in memory."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def get(self, message_id: str) -> MessageRecord | None:
        """One message."""
        return self._tables.messages.get(message_id)

    def refuse(self, record: MessageRecord, fact: Fact) -> bool:
        """Record a denial with its fact; False when it is recorded already."""
        with self._tables.lock:
            if record.message_id in self._tables.messages:
                return False
            self._tables.messages[record.message_id] = record
            _tell(self._tables, fact)
            return True

    def settle(self, record: MessageRecord, fact: Fact | None = None) -> bool:
        """Write how an attempt ended; False when that is known already."""
        with self._tables.lock:
            held = self._tables.messages.get(record.message_id)
            if held is None or held.state != PERMITTED or held.attempt != record.attempt:
                return False
            self._tables.messages[record.message_id] = replace(
                held, state=record.state, reason=record.reason, provider_id=record.provider_id
            )
            if fact is not None:
                _tell(self._tables, fact)
            return True

    def happened(self, message_id: str, what: str, at: Instant) -> None:
        """Remember what became of a message, once per kind."""
        with self._tables.lock:
            held = self._tables.messages.get(message_id)
            if held is not None and what not in held.happened:
                self._tables.messages[message_id] = replace(held, happened={**held.happened, what: at})

    def of_lead(self, lead_id: str) -> tuple[MessageRecord, ...]:
        """All messages about a lead, newest first."""
        with self._tables.lock:
            found = [record for record in self._tables.messages.values() if record.lead_id == lead_id]
        return tuple(sorted(found, key=lambda record: (record.at, record.message_id), reverse=True))


class MemoryPermits:
    """Permits in memory, under the same conditions as in DynamoDB."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def heads(self, subjects: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Heads of chains."""
        with self._tables.lock:
            return {subject: self._head(subject) for subject in subjects}

    def cadence(self, address: str) -> Cadence:
        """When an address was written to."""
        return self._tables.cadences.get(address, Cadence())

    def grant(self, permit: Permit) -> None:
        """Record a permit, its message and its fact, if nothing that was read has changed.

        Raises:
            PermitLost: something did; nothing was written.
        """
        record = permit.record
        with self._tables.lock:
            if not self._unchanged(permit):
                raise PermitLost(record.message_id)
            self._tables.permits[permit.subject, record.message_id, record.attempt] = record
            self._tables.messages[record.message_id] = record
            if permit.cadence is not None:
                held, times = permit.cadence
                kept = (*times, record.permitted_at)[-CADENCE_KEPT:]
                self._tables.cadences[record.address] = Cadence(held + 1, kept)
            _tell(self._tables, permit.fact)

    def _unchanged(self, permit: Permit) -> bool:
        tables, record = self._tables, permit.record
        root = tables.heads.get(permit.root_id)
        standing = tables.suppressions.get(record.address, {})
        held = tables.messages.get(record.message_id)
        fresh = held is None if record.attempt == 1 else _again(held, record.attempt)
        return (
            root is not None
            and root.version == permit.root_version
            and all(self._head(subject)["seq"] == seq for subject, seq in permit.heads.items())
            and all(standing.get(place) == since for place, since in permit.barriers.items())
            and (permit.subject, record.message_id, record.attempt) not in tables.permits
            and fresh
            and (permit.cadence is None or self.cadence(record.address).version == permit.cadence.version)
        )

    def _head(self, subject: str) -> Mapping[str, Any]:
        events = self._tables.ledger.get(subject)
        return events[-1].head if events else EMPTY_HEAD


class MemoryContactPoints:
    """Addresses by digest, from heads."""

    def __init__(self, tables: MemoryTables, digest: Callable[[str], str]) -> None:
        self._tables = tables
        self._digest = digest

    def address_of(self, lead_id: str, digest: str) -> str | None:
        """The person's address of that digest, whatever the lead was merged into since."""
        with self._tables.lock:
            heads = self._tables.heads
            waiting, seen = [lead_id], set[str]()
            while waiting:
                lead = heads.get(one := waiting.pop(0))
                seen.add(one)
                if lead is None:
                    continue
                for identifier in lead.identifiers:
                    if identifier.kind == EMAIL and self._digest(identifier.value) == digest:
                        return identifier.value
                related = (*lead.members, *filter(None, (lead.merged_into,)))
                waiting += [name for name in related if name not in seen]
        return None


class MemoryMail:
    """A mail service that keeps what it took."""

    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []

    def send(self, mail: OutgoingMail) -> str:
        """Take a mail."""
        self.sent.append(mail)
        return f"mail-{len(self.sent)}"


def _again(held: MessageRecord | None, attempt: int) -> bool:
    return held is not None and held.state == UNSENT and held.attempt == attempt - 1


def _tell(tables: MemoryTables, fact: Fact) -> None:
    name = outbox_name(message_outbox(fact.recorded_at, fact.lead_id, fact.event_id))
    tables.outbox[name] = OutboxRow(name, fact.recorded_at, (envelope(fact),))
