"""Leads in DynamoDB. One decision is one TransactWriteItems; every read is strongly consistent."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import Item, from_item, sort_key, unpack
from shared.adapters.dynamodb.lead_codec import decode_history, decode_lead
from shared.adapters.dynamodb.name_rows import find_names
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables, Write, plan, request_token
from shared.adapters.failures import error_code, later
from shared.adapters.secrets.identity_key import IdentityKey, is_strong
from shared.domain.identity.model import Identifier
from shared.domain.instant import Instant
from shared.domain.lead.decision import Decision, HistoryRow, Known, Timer
from shared.domain.lead.model import Lead, LeadId
from shared.domain.lead.seen import DIGEST_BYTES
from shared.ports.clock import Clock
from shared.ports.consent_ledger import SealedEvent
from shared.ports.failures import StoreUnavailable
from shared.ports.leads import DecisionTooLarge, HistoryPage, LeadConflict, NamePage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEEN_ROWS_BY_KEY: Final = 3
"""Up to here the buckets of a lead are read by key, together with other leads' buckets; beyond, by one query."""

_LOST: Final = frozenset({"ConditionalCheckFailed", "TransactionConflict", "DuplicateItem"})


class DynamoLeadStore:
    """Heads, pointers, history, seen rows and outbox in table ``leads``; sealed consent events beside them."""

    def __init__(
        self,
        client: "DynamoDBClient",
        tables: Tables,
        *,
        identity: IdentityKey,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._tables = tables
        self._leads = Table(client, tables.leads, pause=pause)
        self._identity = identity
        self._clock = clock

    def load(self, identifiers: Iterable[Identifier]) -> Known:
        """All that a decision about these identifiers may read: three or four requests, whatever the number."""
        wanted = list(dict.fromkeys(identifiers))
        owners = {i: self._identity.weak_lead_id(i) for i in wanted if not is_strong(i)}
        pointers = {i: keys.pointer(self._identity.pointer(i)) for i in wanted if is_strong(i)}
        rows = self._leads.get_many([*pointers.values(), *(keys.head(lead_id) for lead_id in owners.values())])
        leads = {lead_id: _lead(rows[keys.head(lead_id)]) for lead_id in owners.values() if keys.head(lead_id) in rows}
        asked = set(owners.values())
        owners |= {i: from_item("pointer", rows[key])["lead_id"] for i, key in pointers.items() if key in rows}
        self._complete(leads, asked, set(owners.values()))
        seen, seen_open = self._seen([leads[lead_id] for lead_id in dict.fromkeys(owners.values()) if lead_id in leads])
        return Known(owners=owners, leads=leads, seen=seen, seen_open=seen_open)

    def _complete(self, leads: dict[LeadId, Lead], asked: set[LeadId], wanted: set[LeadId]) -> None:
        """Add the wanted leads, what they were merged into, and all members of the roots."""
        wanted |= _related(leads.values())
        while missing := wanted - asked:
            asked |= missing
            found = self.get_many(sorted(missing))
            leads |= found
            wanted |= _related(found.values())

    def _seen(self, leads: Sequence[Lead]) -> tuple[dict[LeadId, frozenset[str]], dict[LeadId, frozenset[str]]]:
        buckets: dict[LeadId, dict[int, frozenset[str]]] = {lead.lead_id: {} for lead in leads}
        few = [lead for lead in leads if lead.seen_bucket < SEEN_ROWS_BY_KEY]
        by_key = {keys.seen(lead.lead_id, n): (lead.lead_id, n) for lead in few for n in range(lead.seen_bucket + 1)}
        for key, row in self._leads.get_many(list(by_key)).items():
            lead_id, bucket = by_key[key]
            buckets[lead_id][bucket] = _digests(row)
        for lead in leads:
            if lead.seen_bucket >= SEEN_ROWS_BY_KEY:
                pk = keys.head(lead.lead_id).pk
                rows = self._leads.query(pk, "begins_with(sk, :seen)", seen=keys.Prefix.SEEN)
                buckets[lead.lead_id] = {keys.seen_bucket(sort_key(row)): _digests(row) for row in rows}
        every = {lead_id: frozenset().union(*found.values()) for lead_id, found in buckets.items()}
        return every, {lead.lead_id: buckets[lead.lead_id].get(lead.seen_bucket, frozenset()) for lead in leads}

    def commit(self, decision: Decision, sealed: Sequence[SealedEvent] = ()) -> None:
        """Write everything of the decision, or nothing.

        Raises:
            LeadConflict: a condition failed; nothing was written. The message names rows, not their content.
            DecisionTooLarge: over the limit of one transaction; nothing was written.
            StoreUnavailable: not now. After a timeout it may have been written: load again and decide again.
        """
        now = self._clock.now()
        writes = plan(decision, sealed, tables=self._tables, identity=self._identity, now=now)
        if not writes:
            return
        items: Any = [write.request() for write in writes]
        try:
            with later("commit decision"):
                self._client.transact_write_items(TransactItems=items, ClientRequestToken=request_token(writes))
        except ClientError as error:
            raise _refusal(error, writes) from None

    def get(self, lead_id: LeadId) -> Lead | None:
        """One head, as stored."""
        row = self._leads.get(keys.head(lead_id))
        return _lead(row) if row else None

    def get_many(self, lead_ids: Sequence[LeadId]) -> dict[LeadId, Lead]:
        """The heads that exist among these ids."""
        rows = self._leads.get_many([keys.head(lead_id) for lead_id in lead_ids])
        return {lead.lead_id: lead for lead in map(_lead, rows.values())}

    def find(self, identifier: Identifier) -> LeadId | None:
        """The lead that owns an identifier, exactly."""
        if is_strong(identifier):
            row = self._leads.get(keys.pointer(self._identity.pointer(identifier)))
            return str(from_item("pointer", row)["lead_id"]) if row else None
        lead_id = self._identity.weak_lead_id(identifier)
        return lead_id if self._leads.get(keys.head(lead_id)) else None

    def find_by_phone(self, phone: str) -> tuple[LeadId, ...]:
        """Leads that stated this E.164 number."""
        return self._members(keys.phone(self._identity.phone(phone), "").pk)

    def find_by_name(self, words: Iterable[str], *, after: str | None = None, limit: int = 50) -> NamePage:
        """Leads whose name has all these words."""
        digests = [self._identity.name_word(word) for word in sorted(set(words))]
        return find_names(self._leads, digests, after=after, limit=limit)

    def history(self, lead_id: LeadId, *, cursor: str | None = None, limit: int = 100) -> HistoryPage:
        """History rows of one lead, newest first. The cursor is the version of the last row of the page before."""
        pk, first = keys.history(lead_id, 0)
        last = keys.history(lead_id, int(cursor) - 1 if cursor else 10**12 - 1).sk
        found = list(
            self._leads.query_newest(pk, "sk BETWEEN :first AND :last", limit=limit + 1, first=first, last=last)
        )
        rows = tuple(_history_row(lead_id, row) for row in found[:limit])
        return HistoryPage(rows, str(rows[-1].version) if len(found) > limit else None)

    def company_members(self, company_id: str) -> tuple[LeadId, ...]:
        """Leads linked to a company."""
        return self._members(keys.company_member(company_id, "").pk)

    def due_timers(self, before: Instant, limit: int = 100) -> tuple[Timer, ...]:
        """Timers due before an instant, the earliest first; every shard gets its share of the limit."""
        share = max(1, limit // keys.TIMER_SHARDS)
        bound = keys.timer_before(before)
        rows = [
            row
            for shard in range(keys.TIMER_SHARDS)
            for row in self._leads.query(keys.timer_partition(shard), "sk < :bound", limit=share, bound=bound)
        ]
        return tuple(sorted(Timer(*keys.timer_fields(sort_key(row))) for row in rows)[:limit])

    def remove_timers(self, timers: Sequence[Timer]) -> None:
        """Forget timers that were looked at. Those that are gone already are no error."""
        self._leads.delete_many([keys.timer(*timer) for timer in dict.fromkeys(timers)])

    def _members(self, pk: str) -> tuple[LeadId, ...]:
        rows = self._leads.query(pk, "begins_with(sk, :leads)", leads=keys.Prefix.LEAD)
        return tuple(keys.member_lead_id(sort_key(row)) for row in rows if "left" not in row)


def _refusal(error: ClientError, writes: Sequence[Write]) -> Exception:
    """What a refused transaction means, by the position of each reason."""
    if error_code(error) == "ValidationException" and "size" in str(error).lower():
        return DecisionTooLarge("refused for its size")
    if error_code(error) != "TransactionCanceledException":
        return error
    reasons: Any = error.response.get("CancellationReasons", ())
    codes = [str(reason.get("Code", "None")) for reason in reasons]
    lost = [write.label for write, code in zip(writes, codes, strict=False) if code in _LOST]
    if lost:
        return LeadConflict(", ".join(lost))
    refused = sorted({code for code in codes if code != "None"})
    if "ItemCollectionSizeLimitExceeded" in refused or "ValidationError" in refused:
        return DecisionTooLarge(", ".join(refused))
    return StoreUnavailable(f"commit decision: {', '.join(refused) or 'cancelled'}")


def _lead(item: Item) -> Lead:
    return decode_lead(unpack(from_item("head", item)["body"]))


def _history_row(lead_id: LeadId, item: Item) -> HistoryRow:
    version = keys.history_version(sort_key(item))
    return decode_history(lead_id, version, unpack(from_item("history", item)["body"]))


def _digests(item: Item) -> frozenset[str]:
    text = bytes(from_item("seen", item)["body"]).hex()
    width = 2 * DIGEST_BYTES
    return frozenset(text[start : start + width] for start in range(0, len(text), width))


def _related(leads: Iterable[Lead]) -> set[LeadId]:
    related: set[LeadId] = set()
    for lead in leads:
        related.update(lead.members)
        if lead.merged_into:
            related.add(lead.merged_into)
    return related
