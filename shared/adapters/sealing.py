"""Sealing of consent events: chain, commitment, encryption (facts 6.4). Stores nothing; both ledgers use it."""

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.domain.consent.canonical import NotCanonical, canonical
from shared.domain.consent.chain import associated_data, chained, closed, commitment, next_head
from shared.domain.consent.model import ConsentEvent
from shared.ports.consent_ledger import LedgerEntry, SealedEvent
from shared.ports.key_ring import EVIDENCE_TIER, KeyRing

BLIND_BYTES: Final = 32
NONCE_BYTES: Final = 12


class Sealer:
    """Seals events of one tenant with keys of a key ring."""

    def __init__(
        self, keys: KeyRing, *, tenant: str, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._keys = keys
        self._random = random_bytes
        self.tenant = tenant

    def new_key(self, subject_ref: str) -> tuple[bytes, Mapping[str, Any]]:
        """A new key for a person: plain, and the row that keeps it wrapped."""
        plain, wrapped = self._keys.generate(subject_ref, EVIDENCE_TIER)
        return plain, {"subject_ref": subject_ref, "tier": EVIDENCE_TIER, "wrapped": wrapped}

    def open_key(self, subject_ref: str, wrapped: bytes) -> bytes:
        """A person's key."""
        return self._keys.unwrap(wrapped, subject_ref, EVIDENCE_TIER)

    def seal(
        self,
        event: ConsentEvent,
        key: bytes,
        after: Mapping[str, Any],
        new_key: Mapping[str, Any] | None = None,
    ) -> SealedEvent:
        """The event that follows the head ``after``, encrypted.

        Raises:
            shared.domain.consent.canonical.NotCanonical: header or payload cannot be hashed reliably.
        """
        blind, nonce = self._random(BLIND_BYTES), self._random(NONCE_BYTES)
        header = chained(event.header, tenant=self.tenant, subject_ref=event.subject_ref, after=after)
        header |= {"key_tier": EVIDENCE_TIER, "commit": commitment(blind, event.payload)}
        ciphertext = AESGCM(key).encrypt(nonce, blind + canonical(event.payload), associated_data(header))
        full = closed(header, ciphertext)
        return SealedEvent(
            subject_ref=event.subject_ref,
            seq=full["seq"],
            header=full,
            ciphertext=ciphertext,
            nonce=nonce,
            head=next_head(after, full),
            new_key=new_key,
        )


def entry_of(header: Mapping[str, Any], ciphertext: bytes, nonce: bytes, key: bytes | None) -> LedgerEntry:
    """A stored event, with its payload and the blind of its commitment where the key opens it.

    What was tampered with has no payload; ``verify_chain`` names the event and says what is wrong with it.
    """
    payload: dict[str, Any] | None = None
    blind: bytes | None = None
    if key is not None:
        try:
            plain = AESGCM(key).decrypt(nonce, ciphertext, associated_data(header))
            payload, blind = json.loads(plain[BLIND_BYTES:]), plain[:BLIND_BYTES]
        except (InvalidTag, NotCanonical):
            pass
    return LedgerEntry(header=header, ciphertext=ciphertext, nonce=nonce, payload=payload, blind=blind)
