"""Conditional writes to table ``sync``: single where one row is written, a transaction where several are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.adapters.dynamodb.items import VERSIONS, Attributes, Item, from_item, key_item
from shared.adapters.dynamodb.keys import Key
from shared.adapters.dynamodb.table import Table
from shared.adapters.failures import error_code, later
from shared.ports.failures import StoreUnavailable

ABSENT: Final = "attribute_not_exists(pk)"

Write = dict[str, Any]
"""One element of TransactWriteItems."""

_LOST: Final = frozenset(
    {"ConditionalCheckFailed", "ConditionalCheckFailedException", "TransactionConflict", "TransactionConflictException"}
)
"""The condition is false, or somebody's transaction has the row in its hands: either way somebody was quicker."""


class SyncRows:
    """Writes that happen, or lose against somebody who was quicker. Numbers of expressions are keyword arguments."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, item: Item, condition: str = "", **numbers: int) -> Write:
        """A put, on a condition."""
        return {"Put": {"TableName": self._table.name, "Item": item, **_condition(condition, numbers)}}

    def check(self, key: Key, condition: str, **numbers: int) -> Write:
        """A condition about a row that is not written."""
        request = {"TableName": self._table.name, "Key": key_item(key), **_condition(condition, numbers)}
        return {"ConditionCheck": request}

    def write(self, what: str, writes: Sequence[Write]) -> bool:
        """Write all of it or nothing; False: somebody was quicker.

        Raises:
            StoreUnavailable: not now. After a timeout it may have been written.
        """
        client = self._table.client
        try:
            with later(what):
                if len(writes) == 1:
                    client.put_item(**writes[0]["Put"])
                else:
                    client.transact_write_items(TransactItems=list(writes))  # type: ignore[arg-type]
        except ClientError as error:
            _only_lost(what, error)
            return False
        return True

    def update(
        self, kind: str, key: Key, *, put: str = "", add: str = "", condition: str = "", **numbers: int
    ) -> Attributes:
        """Set and add attributes of one row; returns the row after it, or nothing when somebody was quicker.

        Raises:
            StoreUnavailable: not now. After a timeout it may have been written.
        """
        expression = "SET #row_version = :row_version" + (f", {put}" if put else "") + (f" ADD {add}" if add else "")
        try:
            with later(f"update {kind}"):
                answer = self._table.client.update_item(
                    TableName=self._table.name,
                    Key=key_item(key),
                    UpdateExpression=expression,
                    ExpressionAttributeNames={"#row_version": "_v"},
                    ReturnValues="ALL_NEW",
                    **_condition(condition, {**numbers, "row_version": VERSIONS[kind]}),
                )
        except ClientError as error:
            _only_lost(f"update {kind}", error)
            return {}
        return from_item(kind, answer["Attributes"])

    def delete(self, what: str, key: Key, condition: str = "", **numbers: int) -> None:
        """Delete a row, on a condition; one that is gone already, or was changed by somebody quicker, is no error."""
        request = _condition(condition, numbers)
        try:
            with later(what):
                self._table.client.delete_item(TableName=self._table.name, Key=key_item(key), **request)
        except ClientError as error:
            _only_lost(what, error)


def _condition(condition: str, numbers: Mapping[str, int]) -> dict[str, Any]:
    request: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    if numbers:
        request["ExpressionAttributeValues"] = {f":{name}": {"N": str(value)} for name, value in numbers.items()}
    return request


def _only_lost(what: str, error: ClientError) -> None:
    """Return when the write was lost to somebody who was quicker; everything else is raised.

    A cancelled transaction gives a reason per element; throttling is one of them and says nothing about conditions.
    """
    if error_code(error) in _LOST:
        return
    if error_code(error) != "TransactionCanceledException":
        raise error
    reasons: Any = error.response.get("CancellationReasons", ())
    codes = {str(reason.get("Code", "None")) for reason in reasons} - {"None"}
    if codes & _LOST:
        return
    if "ValidationError" in codes:
        raise error
    raise StoreUnavailable(f"{what}: {', '.join(sorted(codes)) or 'cancelled'}")
