"""One decision as the writes of one transaction. Pure: plans what is written under which condition, calls nothing."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from shared.adapters.dynamodb import consent_ledger, keys
from shared.adapters.dynamodb.items import (
    MAX_ITEM_BYTES,
    MAX_TRANSACTION_BYTES,
    MAX_TRANSACTION_ITEMS,
    Item,
    item_bytes,
    pack,
    to_item,
)
from shared.adapters.dynamodb.lead_codec import encode_history, encode_lead
from shared.adapters.dynamodb.name_rows import name_items
from shared.adapters.secrets.identity_key import IdentityKey
from shared.contracts.envelope import envelope
from shared.domain.instant import DAY, SECOND
from shared.domain.lead.decision import Decision, Fact, Timer
from shared.ports.consent_ledger import SealedEvent
from shared.ports.leads import DecisionTooLarge

SEEN_KEPT: Final = 400 * DAY
"""How long a signal is recognised as counted already: longer than any vendor or queue delivers it again."""

OUTBOX_BODY_BYTES: Final = 200_000
_FACTS_PER_PART: Final = 400
_ABSENT: Final = "attribute_not_exists(pk)"


class Tables(NamedTuple):
    """Names of the tables that a decision is written to."""

    leads: str
    ledger: str
    data_keys: str


class Write(NamedTuple):
    """A put on a condition. ``label`` names it in a conflict. Decisions never delete: their role may not."""

    label: str
    table: str
    item: Item
    condition: str | None = None
    values: dict[str, Any] | None = None

    def request(self) -> dict[str, Any]:
        """What TransactWriteItems takes."""
        body: dict[str, Any] = {"TableName": self.table, "Item": self.item}
        if self.condition:
            body["ConditionExpression"] = self.condition
        if self.values:
            body["ExpressionAttributeValues"] = self.values
        return {"Put": body}


def plan(
    decision: Decision, sealed: Sequence[SealedEvent], *, tables: Tables, identity: IdentityKey, now: int
) -> tuple[Write, ...]:
    """All writes of a decision, in a stable order.

    Raises:
        DecisionTooLarge: more than one transaction can hold.
    """
    writes = (
        *_heads(decision, tables.leads),
        *_owned(decision, tables.leads, identity),
        *_names(decision, tables.leads, identity, now),
        *_seen(decision, tables.leads, now),
        *_history(decision, tables.leads),
        *_companies(decision, tables.leads),
        *_outbox(decision.facts, tables.leads),
        *_timers(decision.timers, tables.leads),
        *_ledger(sealed, tables),
    )
    if len(writes) > MAX_TRANSACTION_ITEMS:
        raise DecisionTooLarge(f"{len(writes)} items")
    sizes = [item_bytes(write.item) for write in writes]
    if sizes and (max(sizes) > MAX_ITEM_BYTES or sum(sizes) > MAX_TRANSACTION_BYTES):
        raise DecisionTooLarge(f"{sum(sizes)} bytes, the largest item {max(sizes)}")
    return writes


def request_token(writes: Sequence[Write]) -> str:
    """The same for the same writes, so that a retry inside the SDK after a lost answer changes nothing."""
    content = hashlib.sha256()
    for write in writes:
        for name, attribute in write.item.items():
            for value in attribute.values():
                content.update(value if isinstance(value, bytes) else f"{name}={value}\0".encode())
    return content.hexdigest()[:36]


def _heads(decision: Decision, table: str) -> Iterator[Write]:
    for lead, expected in decision.writes:
        item = to_item("head", keys.head(lead.lead_id), version=lead.version, body=pack(encode_lead(lead)))
        label = f"head {lead.lead_id}"
        if expected:
            yield Write(label, table, item, condition="version = :v", values={":v": {"N": str(expected)}})
        else:
            yield Write(label, table, item, condition=_ABSENT)


def _owned(decision: Decision, table: str, identity: IdentityKey) -> Iterator[Write]:
    for identifier, lead_id in dict(decision.pointers).items():
        item = to_item("pointer", keys.pointer(identity.pointer(identifier)), lead_id=lead_id)
        yield Write(f"pointer of {lead_id}", table, item, condition=_ABSENT)
    for number, lead_id in dict.fromkeys(decision.phones):
        yield Write(f"phone of {lead_id}", table, to_item("phone", keys.phone(identity.phone(number), lead_id)))


def _names(decision: Decision, table: str, identity: IdentityKey, now: int) -> Iterator[Write]:
    for change in decision.names:
        for item in name_items(change, identity, now):
            yield Write(f"name of {change.lead_id}", table, item)


def _seen(decision: Decision, table: str, now: int) -> Iterator[Write]:
    for lead_id, bucket, digests in decision.seen:
        body = bytes.fromhex("".join(sorted(digests)))
        item = to_item("seen", keys.seen(lead_id, bucket), body=body, expires_at=(now + SEEN_KEPT) // SECOND)
        yield Write(f"seen {bucket} of {lead_id}", table, item)


def _history(decision: Decision, table: str) -> Iterator[Write]:
    for row in decision.history:
        item = to_item("history", keys.history(row.lead_id, row.version), body=pack(encode_history(row)))
        yield Write(f"history {row.version} of {row.lead_id}", table, item, condition=_ABSENT)


def _companies(decision: Decision, table: str) -> Iterator[Write]:
    for lead_id, joined, left, domain in company_changes(decision):
        key = keys.company_member(joined, lead_id)
        yield Write(f"company of {lead_id}", table, to_item("member", key, domain=domain))
        if left:
            key = keys.company_member(left, lead_id)
            yield Write(f"company of {lead_id}", table, to_item("member", key, left=1))


def company_changes(decision: Decision) -> list[tuple[str, str, str | None, str]]:
    """Who joins which company and leaves which one, by the CompanyLinked facts: (lead, joined, left, domain)."""
    changes: dict[str, tuple[str, str, str | None, str]] = {}
    for fact in decision.facts:
        if fact.name == "CompanyLinked":
            joined, left = fact.data["company_id"], fact.data.get("previous_company_id")
            domain = fact.data.get("domain") or ""
            changes[fact.lead_id] = (fact.lead_id, joined, left if left != joined else None, domain)
    return list(changes.values())


def _outbox(facts: Sequence[Fact], table: str) -> Iterator[Write]:
    if not facts:
        return
    first = facts[0]
    for part, body in enumerate(_parts([envelope(fact) for fact in facts])):
        key = keys.outbox(first.recorded_at, first.lead_id, first.lead_version, part)
        yield Write(f"outbox {first.lead_id}", table, to_item("outbox", key, body=body), condition=_ABSENT)


def _parts(envelopes: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """Bodies that stay far below the limit of a row; a single enormous fact is left to the size check."""
    body = pack(envelopes)
    if len(envelopes) == 1 or (len(body) <= OUTBOX_BODY_BYTES and len(envelopes) <= _FACTS_PER_PART):
        yield body
        return
    middle = len(envelopes) // 2
    yield from _parts(envelopes[:middle])
    yield from _parts(envelopes[middle:])


def _timers(timers: Sequence[Timer], table: str) -> Iterator[Write]:
    """Rows that are their own content: writing one again changes nothing, so there is no condition."""
    for timer in dict.fromkeys(timers):
        yield Write(f"timer of {timer.lead_id}", table, to_item("timer", keys.timer(*timer)))


def _ledger(sealed: Sequence[SealedEvent], tables: Tables) -> Iterator[Write]:
    first: dict[str, SealedEvent] = {}
    last: dict[str, SealedEvent] = {}
    for event in sealed:
        ref = event.subject_ref
        first.setdefault(ref, event)
        last[ref] = event
        yield Write(f"ledger event {event.seq}", tables.ledger, consent_ledger.event_item(event), condition=_ABSENT)
        if event.new_key:
            yield Write("data key", tables.data_keys, consent_ledger.key_item(event.new_key), condition=_ABSENT)
    for ref, event in last.items():
        item = consent_ledger.head_item(ref, event.head)
        expected = first[ref].seq - 1
        if expected:
            yield Write("ledger head", tables.ledger, item, "seq = :s", {":s": {"N": str(expected)}})
        else:
            yield Write("ledger head", tables.ledger, item, _ABSENT)
