"""In-memory twins of the intake's ports. To let them fail, wrap them (see faults.py)."""

from collections.abc import Iterator, Mapping, Sequence

from shared.adapters.archived_request import key_of, pack, prefix_of, unpack
from shared.contracts.intake import Delivery, InboundRequest


class MemoryRawArchive:
    """Objects in a dictionary, packed as in S3, so that what is not kept there is not kept here."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, request: InboundRequest, delivery_id: str) -> str:
        """Store a request; returns its key."""
        key = key_of(request.received_at, delivery_id)
        self.objects[key] = pack(request)
        return key

    def get(self, key: str) -> InboundRequest:
        """Read a request back. Raises KeyError when it is gone."""
        return unpack(self.objects[key])

    def keys_since(self, received_at: int) -> Iterator[str]:
        """Keys of requests received at or after an instant, oldest first."""
        start = prefix_of(received_at)
        yield from (key for key in sorted(self.objects) if key > start)


class MemorySignalQueue:
    """Messages in a list, in the order of sending."""

    def __init__(self) -> None:
        self.sent: list[Delivery] = []

    def send(self, delivery: Delivery) -> None:
        """Hand over a delivery."""
        self.sent.append(Delivery.of_message(delivery.to_message()))


class MemorySourceSecrets:
    """Secrets from a mapping."""

    def __init__(self, secrets: Mapping[str, Sequence[str]]) -> None:
        self.secrets = dict(secrets)

    def secrets_of(self, source: str) -> tuple[str, ...]:
        """The secrets that are valid now."""
        return tuple(secret for secret in self.secrets.get(source, ()) if secret)
