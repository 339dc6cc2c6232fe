"""The few calls that DynamoDB gets from us: consistent reads, all pages, one transaction. Knows no key and no row."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.dynamodb.items import Item, key_item, key_of, sort_key
from shared.adapters.dynamodb.keys import Key
from shared.adapters.failures import later
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_GET_KEYS: Final = 100
BATCH_WRITE_KEYS: Final = 25
ATTEMPTS: Final = 6
PAUSE_S: Final = 0.05


class Table:
    """One table."""

    def __init__(self, client: "DynamoDBClient", name: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self.client = client
        self.name = name
        self._pause = pause

    def get(self, key: Key) -> Item | None:
        """One row, strongly consistent."""
        with later("read row"):
            answer = self.client.get_item(TableName=self.name, Key=key_item(key), ConsistentRead=True)
        return answer.get("Item")

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The rows that exist, strongly consistent.

        Raises:
            StoreUnavailable: some keys stayed unprocessed.
        """
        found: dict[Key, Item] = {}
        unique = list(dict.fromkeys(keys))
        for start in range(0, len(unique), BATCH_GET_KEYS):
            self._get_batch(unique[start : start + BATCH_GET_KEYS], found)
        return found

    def _get_batch(self, keys: Sequence[Key], found: dict[Key, Item]) -> None:
        wanted: Any = {self.name: {"Keys": [key_item(key) for key in keys], "ConsistentRead": True}}
        for attempt in range(ATTEMPTS):
            with later("read rows"):
                answer = self.client.batch_get_item(RequestItems=wanted)
            for item in answer["Responses"].get(self.name, ()):
                found[key_of(item)] = item
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                return
            self._pause(PAUSE_S * 2**attempt)
        raise StoreUnavailable("read rows: keys stayed unprocessed")

    def page(
        self, pk: str, *, after: str | None, limit: int, where: str, **values: str
    ) -> tuple[list[Item], str | None]:
        """One request's worth of a partition, strongly consistent: rows for which ``where`` holds, out of ``limit``.

        Also the sort key after which the next page begins, None at the end.
        """
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk",
            "FilterExpression": where,
            "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in {"pk": pk, **values}.items()},
            "ConsistentRead": True,
            "Limit": limit,
        }
        if after is not None:
            request["ExclusiveStartKey"] = key_item(Key(pk, after))
        with later("query rows"):
            answer = self.client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return answer["Items"], sort_key(last) if last else None

    def query(self, pk: str, condition: str = "", *, limit: int | None = None, **values: str) -> Iterator[Item]:
        """Rows of a partition in order of their sort key, all pages, strongly consistent.

        ``condition`` is about ``sk`` (``begins_with(sk, :prefix)``), its values are keyword arguments.
        """
        return self._pages(pk, condition, values, limit=limit, forward=True)

    def query_newest(self, pk: str, condition: str = "", *, limit: int | None = None, **values: str) -> Iterator[Item]:
        """The same from the end."""
        return self._pages(pk, condition, values, limit=limit, forward=False)

    def _pages(
        self, pk: str, condition: str, values: dict[str, str], *, limit: int | None, forward: bool
    ) -> Iterator[Item]:
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk" + (f" AND {condition}" if condition else ""),
            "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in {"pk": pk, **values}.items()},
            "ConsistentRead": True,
            "ScanIndexForward": forward,
        }
        left = limit
        while True:
            if left is not None:
                request["Limit"] = left
            with later("query rows"):
                answer = self.client.query(**request)
            yield from answer["Items"]
            if left is not None:
                left -= len(answer["Items"])
            if "LastEvaluatedKey" not in answer or left == 0:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def delete_many(self, keys: Sequence[Key]) -> None:
        """Delete rows; those that are gone already are no error.

        Raises:
            StoreUnavailable: some keys stayed unprocessed.
        """
        for start in range(0, len(keys), BATCH_WRITE_KEYS):
            requests = [{"DeleteRequest": {"Key": key_item(key)}} for key in keys[start : start + BATCH_WRITE_KEYS]]
            self._write_batch({self.name: requests})

    def _write_batch(self, wanted: Any) -> None:
        for attempt in range(ATTEMPTS):
            with later("delete rows"):
                wanted = self.client.batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                return
            self._pause(PAUSE_S * 2**attempt)
        raise StoreUnavailable("delete rows: keys stayed unprocessed")
