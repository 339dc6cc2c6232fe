"""The twin of the bus, and of our queues."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.contracts.envelope import wire_bytes
from shared.ports.failures import UnknownQueue
from shared.ports.outbox import MAX_FACT_BYTES


class MemoryFactBus:
    """Keeps what was published, in order. ``refuse`` decides which facts are refused right now."""

    def __init__(self, refuse: Callable[[Mapping[str, Any]], bool] = lambda _: False) -> None:
        self.published: list[Mapping[str, Any]] = []
        self.refuse = refuse
        self._lock = threading.Lock()

    def publish(self, envelopes: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
        """Publish facts; returns the positions that are not out."""
        failed: list[int] = []
        for position, envelope in enumerate(envelopes):
            if wire_bytes(envelope) > MAX_FACT_BYTES or self.refuse(envelope):
                failed.append(position)
                continue
            with self._lock:
                self.published.append(envelope)
        return tuple(failed)


class MemoryQueues:
    """Keeps what was sent, per queue."""

    def __init__(self, *names: str) -> None:
        self.sent: dict[str, list[Mapping[str, Any]]] = {name: [] for name in names}

    def send(self, queue: str, body: Mapping[str, Any]) -> None:
        """Send a message.

        Raises:
            UnknownQueue: there is none of that name.
        """
        if queue not in self.sent:
            raise UnknownQueue(queue)
        self.sent[queue].append(body)
