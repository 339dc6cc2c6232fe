"""How to reach another system: one JSON object of texts in Secrets Manager, kept five minutes."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.failures import later
from shared.domain.instant import MINUTE, Instant
from shared.ports.clock import Clock
from shared.ports.sync import RemoteRefused

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_FOR: Final = 5 * MINUTE
UNREADABLE: Final = "SYNC.CREDENTIALS_UNREADABLE"


def vendor_credentials(client: "SecretsManagerClient", secret_id: str, clock: Clock) -> Callable[[], Mapping[str, str]]:
    """Read the secret at first use and again after five minutes. Nothing in it, or ``{}``, gives an empty mapping.

    Raises (when called):
        shared.ports.sync.RemoteRefused: the secret is no JSON object of texts; nothing of it is quoted.
        shared.ports.failures.StoreUnavailable: not now.
    """
    held: list[tuple[Instant, Mapping[str, str]]] = []

    def read() -> Mapping[str, str]:
        now = clock.now()
        if held and 0 <= now - held[0][0] < KEPT_FOR:
            return held[0][1]
        with later("credentials.get"):
            stored = client.get_secret_value(SecretId=secret_id)["SecretString"]
        held[:] = [(now, _texts(stored))]
        return held[0][1]

    return read


def _texts(stored: str) -> Mapping[str, str]:
    try:
        document: Any = json.loads(stored.strip() or "{}")
    except ValueError:
        raise RemoteRefused(UNREADABLE, "the secret is not JSON") from None
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise RemoteRefused(UNREADABLE, "the secret is not a JSON object of texts")
    return document
