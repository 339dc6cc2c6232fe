"""The queues in front of the writers, on SQS: per system one for what is urgent and one for the rest."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.failures import later
from shared.ports.failures import StoreUnavailable, UnknownQueue
from shared.ports.sync import Wish

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH: Final = 10
"""Messages of one call. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""


class SqsOutQueue:
    """Sends wishes; receiving is Lambda's."""

    def __init__(self, client: "SQSClient", urls: Mapping[tuple[str, bool], str]) -> None:
        """``urls``: address by (system, urgent)."""
        self._client = client
        self._urls = urls

    def send(self, system: str, wishes: Sequence[Wish]) -> None:
        """Ask for a person's records in a system to be brought up to date. Durable when it returns.

        Raises:
            UnknownQueue: no address is configured for that system and urgency; nothing was sent.
            StoreUnavailable: some were not taken; others may have been. Sending all again does no harm.
        """
        by_queue: dict[str, list[Wish]] = defaultdict(list)
        for wish in wishes:
            by_queue[self._url(system, urgent=wish.urgent)].append(wish)
        for url, asked in by_queue.items():
            for start in range(0, len(asked), BATCH):
                self._send_batch(url, asked[start : start + BATCH])

    def _url(self, system: str, *, urgent: bool) -> str:
        try:
            return self._urls[system, urgent]
        except KeyError:
            raise UnknownQueue(f"{system}-{'first' if urgent else 'out'}") from None

    def _send_batch(self, url: str, wishes: Sequence[Wish]) -> None:
        entries: Any = [{"Id": str(n), "MessageBody": json.dumps(message_of(wish))} for n, wish in enumerate(wishes)]
        with later("out.send"):
            answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
        if refused := answer.get("Failed"):
            codes = sorted({entry["Code"] for entry in refused})
            raise StoreUnavailable(f"out.send: {len(refused)} of {len(wishes)} not taken ({', '.join(codes)})")


def message_of(wish: Wish) -> dict[str, Any]:
    """The queue message of a wish: a reference and a reason, no personal data."""
    return {"lead_id": wish.lead_id, "reason": wish.reason, "urgent": wish.urgent}
