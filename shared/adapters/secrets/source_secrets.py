"""Secrets of sources: one JSON in Secrets Manager, ``{"<source>": ["current", "previous"]}``, kept five minutes."""

import json
from typing import TYPE_CHECKING, Final

from shared.adapters.failures import later
from shared.domain.instant import MINUTE, Instant
from shared.ports.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_FOR: Final = 5 * MINUTE
"""So long a removed secret is still accepted, and a new one not yet: rotate with both in the list."""


class AwsSourceSecrets:
    """Reads all secrets at first use. What is not there, or is empty, is no secret: nothing can match it."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str, clock: Clock) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._known: dict[str, tuple[str, ...]] = {}
        self._read_at: Instant | None = None

    def secrets_of(self, source: str) -> tuple[str, ...]:
        """The secrets that are valid now; empty means that nothing can be accepted."""
        now = self._clock.now()
        if self._read_at is None or not 0 <= now - self._read_at < KEPT_FOR:
            with later("secrets.get"):
                stored = self._client.get_secret_value(SecretId=self._secret_id)["SecretString"]
            self._known = {name: _texts(value) for name, value in json.loads(stored or "{}").items()}
            self._read_at = now
        return self._known.get(source, ())


def _texts(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(text for text in listed if isinstance(text, str) and text)
