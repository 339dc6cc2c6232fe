"""The append-only ledger of consent events, one hash chain per subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.domain.consent.model import ConsentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEvent:
    """A ledger event ready to be written: full header with chain fields, ciphertext, nonce, wrapped-key row if new.

    ``head`` is the subject's head after this event: ``seq``, ``hash`` and per-purpose states.
    """

    subject_ref: str
    seq: int
    header: Mapping[str, Any]
    ciphertext: bytes
    nonce: bytes
    head: Mapping[str, Any]
    new_key: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A stored event: header, and the payload where its key still opens it (None after erasure or tampering).

    ``blind`` opens the commitment in the header: with it anybody can check the payload without a key.
    """

    header: Mapping[str, Any]
    ciphertext: bytes
    nonce: bytes
    payload: Mapping[str, Any] | None = None
    blind: bytes | None = None


class ConsentLedger(Protocol):
    """Seals events for the lead transaction and reads them back. It has no way to delete."""

    def seal(self, events: Sequence[ConsentEvent]) -> tuple[SealedEvent, ...]:
        """Chain and encrypt events; writes nothing. The write happens in the lead transaction, on condition of seq.

        Raises:
            shared.ports.failures.EvidenceDestroyed: the person's key is gone.
            shared.ports.failures.StoreUnavailable: the ledger or the key service does not answer.
        """

    def read(self, subject_ref: str, *, decrypt: bool = False) -> tuple[LedgerEntry, ...]:
        """All events of a subject in order of seq."""

    def head(self, subject_ref: str) -> Mapping[str, Any]:
        """Where the subject's chain stands: ``seq``, ``hash``, ``states`` (see shared.domain.consent.chain)."""
