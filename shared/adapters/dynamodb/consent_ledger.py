"""The consent ledger in DynamoDB. Writes nothing itself: sealed events go into the lead transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import Item, from_item, to_item, unpack
from shared.adapters.dynamodb.items import pack as packed
from shared.adapters.dynamodb.table import Table
from shared.adapters.sealing import Sealer, entry_of
from shared.domain.consent.chain import EMPTY_HEAD
from shared.domain.consent.model import ConsentEvent
from shared.ports.consent_ledger import LedgerEntry, SealedEvent
from shared.ports.failures import EvidenceDestroyed
from shared.ports.key_ring import EVIDENCE_TIER


class DynamoConsentLedger:
    """Chains in table ``ledger``, wrapped keys in table ``keys``."""

    def __init__(self, ledger: Table, data_keys: Table, sealer: Sealer) -> None:
        self._ledger = ledger
        self._keys = data_keys
        self._sealer = sealer

    def seal(self, events: Sequence[ConsentEvent]) -> tuple[SealedEvent, ...]:
        """Chain and encrypt events, each after the one before it of the same person.

        Raises:
            EvidenceDestroyed: the person's key is gone.
        """
        if not events:
            return ()
        refs = list(dict.fromkeys(event.subject_ref for event in events))
        heads = self._heads(refs)
        found = self._keys.get_many([keys.data_key(ref, EVIDENCE_TIER) for ref in refs])
        opened: dict[str, bytes] = {}
        sealed: list[SealedEvent] = []
        for event in events:
            ref, new_key = event.subject_ref, None
            if ref not in opened:
                opened[ref], new_key = self._key(ref, heads[ref], found.get(keys.data_key(ref, EVIDENCE_TIER)))
            sealed.append(self._sealer.seal(event, opened[ref], heads[ref], new_key))
            heads[ref] = sealed[-1].head
        return tuple(sealed)

    def head(self, subject_ref: str) -> Mapping[str, Any]:
        """Where the person's chain stands."""
        return self._heads([subject_ref])[subject_ref]

    def read(self, subject_ref: str, *, decrypt: bool = False) -> tuple[LedgerEntry, ...]:
        """All events of a person in order of seq."""
        key: bytes | None = None
        if decrypt:
            row = self._keys.get(keys.data_key(subject_ref, EVIDENCE_TIER))
            key = self._sealer.open_key(subject_ref, _wrapped(row)) if row else None
        pk = keys.ledger_head(subject_ref).pk
        rows = self._ledger.query(pk, "begins_with(sk, :events)", events=keys.Prefix.LEDGER_EVENT)
        return tuple(_entry(row, key) for row in rows)

    def _heads(self, refs: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        found = self._ledger.get_many([keys.ledger_head(ref) for ref in refs])
        rows = {ref: found.get(keys.ledger_head(ref)) for ref in refs}
        return {ref: head_of(row) if row else EMPTY_HEAD for ref, row in rows.items()}

    def _key(self, ref: str, head: Mapping[str, Any], row: Item | None) -> tuple[bytes, Mapping[str, Any] | None]:
        if row:
            return self._sealer.open_key(ref, _wrapped(row)), None
        if head["seq"]:
            raise EvidenceDestroyed(f"subject {ref} has {head['seq']} events and no key")
        return self._sealer.new_key(ref)


def event_item(event: SealedEvent) -> Item:
    """The row of a sealed event."""
    return to_item(
        "ledger_event",
        keys.ledger_event(event.subject_ref, event.seq),
        header=packed(event.header),
        ciphertext=event.ciphertext,
        nonce=event.nonce,
    )


def head_item(subject_ref: str, head: Mapping[str, Any]) -> Item:
    """The row that says where a chain stands."""
    body = packed({"hash": head["hash"], "states": head["states"]})
    return to_item("ledger_head", keys.ledger_head(subject_ref), seq=int(head["seq"]), body=body)


def head_of(item: Item) -> dict[str, Any]:
    """The head in a row."""
    attributes = from_item("ledger_head", item)
    return {"seq": attributes["seq"], **unpack(attributes["body"])}


def key_item(new_key: Mapping[str, Any]) -> Item:
    """The row of a new wrapped key."""
    return to_item("data_key", keys.data_key(new_key["subject_ref"], new_key["tier"]), wrapped=new_key["wrapped"])


def _wrapped(item: Item) -> bytes:
    return bytes(from_item("data_key", item)["wrapped"])


def _entry(item: Item, key: bytes | None) -> LedgerEntry:
    attributes = from_item("ledger_event", item)
    header = unpack(attributes["header"])
    return entry_of(header, attributes["ciphertext"], attributes["nonce"], key)
