"""Segments in table ``ops``: one row each, and a row that counts changes, written together."""

from typing import Any

from botocore.exceptions import ClientError

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import Item, from_item, key_item, pack, sort_key, to_item, unpack
from shared.adapters.dynamodb.table import Table
from shared.adapters.failures import error_code, later
from shared.contracts.api import LeadFilters
from shared.ports.segments import KeptSegments, Segment, SegmentsChanged


class DynamoSegments:
    """All rows are in one partition: there are at most some hundred."""

    def __init__(self, ops: Table) -> None:
        self._ops = ops

    def read(self) -> KeptSegments:
        """All of them. The count is read first: what is written in between fails the condition of a change."""
        held = self._ops.get(keys.segment_revision())
        rows = self._ops.query(keys.segment("").pk)
        segments = tuple(_segment(row) for row in rows)
        return KeptSegments(int(from_item("segment_revision", held)["revision"]) if held else 0, segments)

    def get(self, segment_id: str) -> Segment | None:
        """One segment."""
        row = self._ops.get(keys.segment(segment_id))
        return _segment(row) if row else None

    def put(self, segment: Segment, revision: int) -> None:
        """Keep a segment, if ``revision`` still holds."""
        body = {
            "name": segment.name,
            "filter": segment.filter.given(),
            "created_at": segment.created_at,
            "updated_at": segment.updated_at,
        }
        item = to_item("segment", keys.segment(segment.segment_id), body=pack(body))
        self._change({"Put": {"TableName": self._ops.name, "Item": item}}, revision)

    def remove(self, segment_id: str, revision: int) -> None:
        """Forget a segment, if ``revision`` still holds."""
        self._change({"Delete": {"TableName": self._ops.name, "Key": key_item(keys.segment(segment_id))}}, revision)

    def _change(self, change: dict[str, Any], revision: int) -> None:
        count = to_item("segment_revision", keys.segment_revision(), revision=revision + 1)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if revision:
            values = {":held": {"N": str(revision)}}
            condition = {"ConditionExpression": "revision = :held", "ExpressionAttributeValues": values}
        items: Any = [change, {"Put": {"TableName": self._ops.name, "Item": count, **condition}}]
        try:
            with later("write segment"):
                self._ops.client.transact_write_items(TransactItems=items)
        except ClientError as error:
            if error_code(error) == "TransactionCanceledException":
                raise SegmentsChanged from None
            raise


def _segment(row: Item) -> Segment:
    body = unpack(from_item("segment", row)["body"])
    return Segment(
        segment_id=sort_key(row),
        name=body["name"],
        filter=LeadFilters.model_validate(body["filter"]),
        created_at=body["created_at"],
        updated_at=body["updated_at"],
    )
