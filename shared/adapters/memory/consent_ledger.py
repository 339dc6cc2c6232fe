"""The twin of DynamoConsentLedger, and a key ring without KMS. The cryptography is the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.adapters.memory.tables import MemoryTables
from shared.adapters.sealing import NONCE_BYTES, Sealer, entry_of
from shared.domain.consent.canonical import canonical
from shared.domain.consent.chain import EMPTY_HEAD
from shared.domain.consent.model import ConsentEvent
from shared.ports.consent_ledger import LedgerEntry, SealedEvent
from shared.ports.failures import EvidenceDestroyed
from shared.ports.key_ring import EVIDENCE_TIER, WrongContext


class MemoryKeyRing:
    """Wraps data keys with a master key of its own, bound to their context as KMS does."""

    def __init__(self, *, tenant: str) -> None:
        self._tenant = tenant
        self._master = AESGCM(AESGCM.generate_key(256))

    def generate(self, subject_ref: str, tier: str) -> tuple[bytes, bytes]:
        """A new key: plain and wrapped."""
        plain = AESGCM.generate_key(256)
        nonce = AESGCM.generate_key(128)[:NONCE_BYTES]
        return plain, nonce + self._master.encrypt(nonce, plain, self._context(subject_ref, tier))

    def unwrap(self, wrapped: bytes, subject_ref: str, tier: str) -> bytes:
        """The plain key.

        Raises:
            WrongContext: the key was made for another tenant, person or tier, or was tampered with.
        """
        try:
            nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
            return self._master.decrypt(nonce, sealed, self._context(subject_ref, tier))
        except InvalidTag:
            raise WrongContext(f"tier {tier}") from None

    def _context(self, subject_ref: str, tier: str) -> bytes:
        return canonical({"tenant": self._tenant, "subject_ref": subject_ref, "tier": tier})


class MemoryConsentLedger:
    """Chains in memory; sealed events arrive through MemoryLeadStore.commit."""

    def __init__(self, tables: MemoryTables, sealer: Sealer) -> None:
        self._tables = tables
        self._sealer = sealer

    def seal(self, events: Sequence[ConsentEvent]) -> tuple[SealedEvent, ...]:
        """Chain and encrypt events, each after the one before it of the same person.

        Raises:
            EvidenceDestroyed: the person's key is gone.
        """
        heads: dict[str, Mapping[str, Any]] = {}
        opened: dict[str, bytes] = {}
        sealed: list[SealedEvent] = []
        for event in events:
            ref, new_key = event.subject_ref, None
            if ref not in opened:
                heads[ref] = self.head(ref)
                opened[ref], new_key = self._key(ref, heads[ref])
            sealed.append(self._sealer.seal(event, opened[ref], heads[ref], new_key))
            heads[ref] = sealed[-1].head
        return tuple(sealed)

    def head(self, subject_ref: str) -> Mapping[str, Any]:
        """Where the person's chain stands."""
        with self._tables.lock:
            events = self._tables.ledger.get(subject_ref)
            return events[-1].head if events else EMPTY_HEAD

    def read(self, subject_ref: str, *, decrypt: bool = False) -> tuple[LedgerEntry, ...]:
        """All events of a person in order of seq."""
        with self._tables.lock:
            events = tuple(self._tables.ledger.get(subject_ref, ()))
            row = self._tables.data_keys.get((subject_ref, EVIDENCE_TIER))
        key = self._sealer.open_key(subject_ref, row["wrapped"]) if decrypt and row else None
        return tuple(entry_of(event.header, event.ciphertext, event.nonce, key) for event in events)

    def _key(self, ref: str, head: Mapping[str, Any]) -> tuple[bytes, Mapping[str, Any] | None]:
        with self._tables.lock:
            row = self._tables.data_keys.get((ref, EVIDENCE_TIER))
        if row:
            return self._sealer.open_key(ref, row["wrapped"]), None
        if head["seq"]:
            raise EvidenceDestroyed(f"subject {ref} has {head['seq']} events and no key")
        return self._sealer.new_key(ref)
