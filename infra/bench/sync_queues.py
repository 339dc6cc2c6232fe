"""Queues and bus of the synchronisation that is measured: what they hand over at once is what the catalog says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from infra.catalog import CATALOG
from infra.catalog_types import BusRule, QueueTrigger
from shared.adapters.memory.bus import MemoryFactBus
from shared.adapters.memory.sync_queues import MemoryChangesQueue, MemoryOutQueue
from shared.domain.sync.model import SYSTEMS
from shared.ports.sync import Changes, Wish

T = TypeVar("T")

BATCH: Final = {
    trigger.queue: trigger.batch_size
    for function in CATALOG.functions
    for trigger in function.triggers
    if isinstance(trigger, QueueTrigger)
}
"""Messages that a function gets at once, by queue."""


class Queues:
    """Pages to reconcile, wishes per system, and the bus in front of the wishes."""

    def __init__(self) -> None:
        self.changes = MemoryChangesQueue()
        self.out = MemoryOutQueue()
        self.bus = MemoryFactBus()
        self._routed = 0

    def pages(self) -> Iterator[list[Changes]]:
        """All pages that wait, in batches."""
        return _batches(self.changes.sent, BATCH["remote-changes"])

    def wishes(self, system: str) -> Iterator[list[Wish]]:
        """All wishes for a system that wait, in batches; urgent ones do not go first, as all are due."""
        return _batches(self.out.sent[system], BATCH[f"{system}-out"])

    def route(self) -> None:
        """Facts that are new on the bus go where its rules send them."""
        for fact in self.bus.published[self._routed :]:
            for rule in CATALOG.rules:
                system = rule.target.partition("-")[0]
                if system in SYSTEMS and _matches(rule, fact):
                    self.out.send(system, [Wish(lead_id=fact["lead_id"], reason=fact["name"])])
        self._routed = len(self.bus.published)

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self.changes.sent and not any(self.out.sent.values())


def numbered(messages: Sequence[T]) -> list[tuple[str, T]]:
    """Messages with their ids."""
    return [(str(n), message) for n, message in enumerate(messages)]


def _batches(queue: list[T], most: int) -> Iterator[list[T]]:
    """What comes meanwhile, or comes again, waits for the next time."""
    waiting = list(queue)
    queue.clear()
    for start in range(0, len(waiting), most):
        yield waiting[start : start + most]


def _matches(rule: BusRule, fact: Mapping[str, Any]) -> bool:
    if rule.facts and fact["name"] not in rule.facts:
        return False
    return all(fact["data"].get(name) in values for name, values in rule.where)
