"""How full the queues are, and which page of the runbooks helps."""

from dataclasses import dataclass
from typing import Final

from shared.contracts.operations_api import QueueList, QueueView
from shared.ports.operations import QueueDepth, QueueDepths

OUT_QUEUES: Final = {system: (f"{system}-first", f"{system}-out") for system in ("salesforce", "marketo")}
"""Queues in front of the writer of a system: opt-outs and hand-overs first, then everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDesk:
    """What an operator can see of queues."""

    depths: QueueDepths

    def queues(self) -> QueueList:
        """Every queue.

        Raises:
            StoreUnavailable: not now.
        """
        depths = self.depths.depths()
        held = {depth.name: depth.held for depth in depths}
        return QueueList(items=[_view(depth, held) for depth in depths], cursor=None)


def _view(depth: QueueDepth, held: dict[str, int]) -> QueueView:
    return QueueView(
        name=depth.name,
        waiting=depth.waiting,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        dead_letters_to=depth.dead_letters_to,
        dead_letters=held.get(depth.dead_letters_to, 0),
        runbook=f"{depth.name}-{'backlog' if depth.dead_letters_to else 'not-drained'}",
    )


def backlog_of(system: str, queues: QueueList) -> int | None:
    """How many wishes wait for the writer of a system; None when its queues are not known."""
    names = OUT_QUEUES.get(system, ())
    found = [queue.waiting + queue.in_flight + queue.delayed for queue in queues.items if queue.name in names]
    return sum(found) if found else None
