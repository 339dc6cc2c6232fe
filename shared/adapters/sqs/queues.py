"""Our queues by their catalog names, for sending parked messages again."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.adapters.failures import later
from shared.ports.failures import UnknownQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsQueues:
    """Queues whose addresses are known here."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, queue: str, body: Mapping[str, Any]) -> None:
        """Send a message to a queue; durable when it returns.

        Raises:
            UnknownQueue: no address is configured for that name.
        """
        if queue not in self._urls:
            raise UnknownQueue(queue)
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        with later("send message"):
            self._client.send_message(QueueUrl=self._urls[queue], MessageBody=text)
