"""The queue between pulls and reconciliation, on SQS. Messages are references: no personal data in any of them."""

import json
from typing import TYPE_CHECKING

from shared.adapters.failures import later
from shared.ports.sync import Changes

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsChangesQueue:
    """Sends pages; receiving is Lambda's."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, changes: Changes) -> None:
        """Hand a page over. Durable when it returns.

        Raises:
            StoreUnavailable: not now; the position must not move on.
        """
        with later("changes.send"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(changes.to_message()))
