"""The EventBridge bus. Packs facts into as few calls as its limits allow and says which ones it refused."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.failures import later
from shared.contracts.envelope import PRODUCER, wire_text
from shared.ports.failures import StoreUnavailable
from shared.ports.outbox import MAX_FACT_BYTES

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

MAX_ENTRIES: Final = 10

Entry = tuple[int, dict[str, Any], int]
"""Position among the facts, PutEvents entry, its size."""


class EventBridgeFactBus:
    """The bus ``leadspine``."""

    def __init__(self, client: "EventBridgeClient", bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, envelopes: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
        """Publish facts; returns the positions that are not on the bus: refused, throttled or too large.

        Raises:
            botocore.exceptions.ClientError: the bus refuses us altogether (no right, no such bus).
        """
        entries = [self._entry(position, envelope) for position, envelope in enumerate(envelopes)]
        failed = [position for position, _, size in entries if size > MAX_FACT_BYTES]
        for chunk in _chunks([entry for entry in entries if entry[2] <= MAX_FACT_BYTES]):
            failed += self._put(chunk)
        return tuple(sorted(failed))

    def _put(self, chunk: Sequence[Entry]) -> list[int]:
        try:
            with later("publish facts"):
                answer = self._client.put_events(Entries=[entry for _, entry, _ in chunk])  # type: ignore[misc]
        except StoreUnavailable:
            return [position for position, _, _ in chunk]
        results = answer["Entries"]
        return [chunk[n][0] for n, result in enumerate(results) if result.get("ErrorCode")]

    def _entry(self, position: int, envelope: Mapping[str, Any]) -> Entry:
        detail, name = wire_text(envelope), str(envelope["name"])
        entry = {"EventBusName": self._bus_name, "Source": PRODUCER, "DetailType": name, "Detail": detail}
        return position, entry, len(detail.encode()) + len(PRODUCER) + len(name)


def _chunks(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    chunk: list[Entry] = []
    size = 0
    for entry in entries:
        if chunk and (len(chunk) == MAX_ENTRIES or size + entry[2] > MAX_FACT_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += entry[2]
    if chunk:
        yield chunk
