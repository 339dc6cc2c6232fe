"""Per-person data keys."""

from typing import Final, Protocol

EVIDENCE_TIER: Final = "C"
"""Consent evidence; outlives the profile tier ``P`` (facts 6.6)."""


class WrongContext(Exception):
    """A wrapped key was presented for another tenant, person or tier than the one it was made for."""


class KeyRing(Protocol):
    """Makes and opens data keys, each bound to tenant, person and tier."""

    def generate(self, subject_ref: str, tier: str) -> tuple[bytes, bytes]:
        """A new key: plain and wrapped."""

    def unwrap(self, wrapped: bytes, subject_ref: str, tier: str) -> bytes:
        """The plain key.

        Raises:
            WrongContext: the key belongs to somebody else.
            shared.ports.failures.StoreUnavailable: the key service does not answer.
        """
