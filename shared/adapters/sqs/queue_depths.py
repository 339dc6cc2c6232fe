"""How much waits in our queues, as SQS tells it."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from shared.adapters.failures import later
from shared.ports.operations import QueueDepth

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

AT_ONCE: Final = 8
"""Calls at the same time: SQS tells of one queue per call."""

_ATTRIBUTES: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "RedrivePolicy",
)


class SqsQueueDepths:
    """Asks every queue. ``names`` maps physical to catalog names; ``beside`` is the URL of any one of them."""

    def __init__(self, client: "SQSClient", names: Mapping[str, str], *, beside: str) -> None:
        self._client, self._names = client, dict(names)
        self._base = beside.rpartition("/")[0]

    def depths(self) -> tuple[QueueDepth, ...]:
        """Every queue of this installation, in the order of the catalog.

        Raises:
            StoreUnavailable: not now.
        """
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            return tuple(pool.map(self._depth, self._names))

    def _depth(self, physical: str) -> QueueDepth:
        with later("ask queue"):
            answer = self._client.get_queue_attributes(
                QueueUrl=f"{self._base}/{physical}", AttributeNames=list(_ATTRIBUTES)
            )
        told = answer.get("Attributes", {})
        waiting, in_flight, delayed = (int(told.get(name, 0)) for name in _ATTRIBUTES[:3])
        dead = str(json.loads(told.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", "")).rpartition(":")[2]
        return QueueDepth(
            name=self._names[physical],
            waiting=waiting,
            in_flight=in_flight,
            delayed=delayed,
            dead_letters_to=self._names.get(dead, dead),
        )
