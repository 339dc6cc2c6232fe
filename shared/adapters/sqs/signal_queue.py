"""The queue between the doors and the decisions, on SQS. Messages are references: no personal data in any of them."""

import json
from typing import TYPE_CHECKING

from shared.adapters.failures import later
from shared.contracts.intake import Delivery

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsSignalQueue:
    """Sends deliveries; receiving is Lambda's."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, delivery: Delivery) -> None:
        """Hand over a delivery. Durable when it returns.

        Raises:
            StoreUnavailable: not now; the delivery is not accepted.
        """
        with later("signals.send"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(delivery.to_message()))
