"""The key that turns identifiers into row keys, so that no key of any table holds an e-mail address or a number."""

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from shared.adapters.failures import later
from shared.domain.identity.model import STRONG, Identifier
from shared.ports.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_MS: Final = 300_000
_DIGEST_CHARS: Final = 40
"""160 bits: enough that no two identifiers ever meet, and shorter keys cost fewer bytes per row."""


class IdentityKey:
    """Keyed digests of identifiers. Changing the key orphans every pointer, so it is made once per installation."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    @classmethod
    def fixed(cls, secret: bytes) -> "IdentityKey":
        """A key that is already at hand."""
        return cls(lambda: secret)

    def pointer(self, identifier: Identifier) -> str:
        """The digest in the pointer row of a strong identifier."""
        return self._digest("identifier/v1", identifier.kind, identifier.value)

    def phone(self, number: str) -> str:
        """The digest in the rows of a phone number."""
        return self._digest("phone/v1", "phone", number)

    def name_word(self, word: str) -> str:
        """The digest in the rows of a word of a name."""
        return self._digest("name/v1", "word", word)

    def weak_lead_id(self, identifier: Identifier) -> str:
        """The id of the lead that a weak identifier owns: derived, so that it needs no pointer row."""
        return "lead_" + self._digest("weak-lead/v1", identifier.kind, identifier.value)[:32]

    def _digest(self, purpose: str, kind: str, value: str) -> str:
        message = f"{purpose}\0{kind}\0{value}".encode()
        return hmac.digest(self._secret(), message, "sha256").hex()[:_DIGEST_CHARS]


def is_strong(identifier: Identifier) -> bool:
    """True when the identifier owns a pointer row; all others own the lead derived from them."""
    return identifier.kind in STRONG


def secret_bytes(client: "SecretsManagerClient", secret_id: str, clock: Clock) -> Callable[[], bytes]:
    """Read a secret at first use and again after five minutes.

    Raises (when called):
        shared.ports.failures.StoreUnavailable: Secrets Manager does not answer and nothing was read before.
    """
    held: list[tuple[int, bytes]] = []

    def read() -> bytes:
        now = clock.now()
        if held and now - held[0][0] < KEPT_MS:
            return held[0][1]
        with later("read identity secret"):
            value = client.get_secret_value(SecretId=secret_id)["SecretString"].encode()
        held[:] = [(now, value)]
        return value

    return read
