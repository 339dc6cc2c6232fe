"""Facts on their way to the bus."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

MAX_FACT_BYTES: Final = 256 * 1024
"""What one call of the bus takes, name and source included; a larger fact can never be published."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """All facts of one decision, in order, as envelopes (see shared.contracts.facts)."""

    key: str
    written_at: int
    envelopes: tuple[Mapping[str, Any], ...]


class Outbox(Protocol):
    """Rows written with the decision, removed when every fact of them has been published."""

    def pending(self, *, before: int, limit: int = 100) -> Iterable[OutboxRow]:
        """Rows written before an instant that are still there: what the stream did not relay."""

    def remove(self, keys: Sequence[str]) -> None:
        """Forget rows whose facts are all published."""


class FactBus(Protocol):
    """The EventBridge bus ``leadspine``."""

    def publish(self, envelopes: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
        """Publish facts; returns the positions that failed (empty: all are out). Never raises for single failures.

        A fact larger than MAX_FACT_BYTES always fails.
        """
