"""Parked records in table ``ops``: the record, and while it is open a row that lists it, in one transaction."""

from dataclasses import replace
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.adapters.dynamodb import keys
from shared.adapters.dynamodb.items import Item, from_item, key_item, pack, sort_key, to_item, unpack
from shared.adapters.dynamodb.keys import Key
from shared.adapters.dynamodb.table import Table
from shared.adapters.failures import error_code, later
from shared.domain.instant import DAY, SECOND
from shared.ports.failures import StoreUnavailable
from shared.ports.operations import ParkedRecord

KEPT_AFTER_REDRIVE: Final = 90 * DAY
OPEN: Final = "parked"
REDRIVEN: Final = "redriven"
_ATTEMPTS: Final = 8


class DynamoParkedRecords:
    """No Scan: open records are listed, whole, in a partition of their own. Parking never deletes; closing does."""

    def __init__(self, ops: Table) -> None:
        self._ops = ops

    def park(self, record: ParkedRecord) -> None:
        """Keep a record. Parking it again counts an attempt; a closed one is opened again, as of now.

        Raises:
            StoreUnavailable: too many others park the same record right now.
        """
        for _ in range(_ATTEMPTS):
            held = self._row(record.parked_id)
            if self._write(parked_again(record, _record(held) if held else None), held):
                return
        raise StoreUnavailable("park record: lost every race")

    def get(self, parked_id: str) -> ParkedRecord | None:
        """One record."""
        row = self._row(parked_id)
        return _record(row) if row else None

    def list(self, *, cursor: str | None = None, limit: int = 50) -> tuple[tuple[ParkedRecord, ...], str | None]:
        """Open records, newest first, and the next cursor."""
        pk, condition = keys.parked_list(0, "").pk, ""
        values: dict[str, str] = {}
        if cursor:
            condition, values = "sk < :position", {"position": keys.parked_position(cursor).sk}
        rows = list(self._ops.query_newest(pk, condition, limit=limit + 1, **values))
        records = tuple(_record(row) for row in rows[:limit])
        return records, keys.parked_cursor(sort_key(rows[limit - 1])) if len(rows) > limit else None

    def mark_redriven(self, parked_id: str, at: int) -> None:
        """Close a record because it was sent again. It stays readable for 90 days."""
        for _ in range(_ATTEMPTS):
            held = self._row(parked_id)
            if not held or _record(held).state == REDRIVEN:
                return
            if self._write(replace(_record(held), state=REDRIVEN, redriven_at=at), held):
                return
        raise StoreUnavailable("close record: lost every race")

    def _row(self, parked_id: str) -> Item | None:
        return self._ops.get(keys.parked(parked_id))

    def _write(self, record: ParkedRecord, held: Item | None) -> bool:
        """Write a record and its list row, on condition that nobody changed it since it was read."""
        revision = int(from_item("parked", held)["revision"]) if held else 0
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if held:
            values = {":held": {"N": str(revision)}}
            condition = {"ConditionExpression": "revision = :held", "ExpressionAttributeValues": values}
        own = _item(keys.parked(record.parked_id), record, revision + 1)
        listed = keys.parked_list(record.parked_at, record.parked_id)
        items = [{"Put": {"TableName": self._ops.name, "Item": own, **condition}}]
        if record.state == OPEN:
            items.append({"Put": {"TableName": self._ops.name, "Item": _item(listed, record, revision + 1)}})
        else:
            items.append({"Delete": {"TableName": self._ops.name, "Key": key_item(listed)}})
        return self._transact(items)

    def _transact(self, items: Any) -> bool:
        try:
            with later("write parked record"):
                self._ops.client.transact_write_items(TransactItems=items)
        except ClientError as error:
            if error_code(error) == "TransactionCanceledException":
                return False
            raise
        return True


def parked_again(record: ParkedRecord, held: ParkedRecord | None) -> ParkedRecord:
    """What to keep of a record that may be parked already. An open one keeps its place in the list."""
    if held is None:
        return replace(record, state=OPEN, redriven_at=None, attempts=1)
    parked_at = held.parked_at if held.state == OPEN else record.parked_at
    return replace(record, state=OPEN, redriven_at=None, attempts=held.attempts + 1, parked_at=parked_at)


def _item(key: Key, record: ParkedRecord, revision: int) -> Item:
    body = {
        "code": record.code,
        "reason": record.reason,
        "source": record.source,
        "parked_at": record.parked_at,
        "redrive": dict(record.redrive),
        "details": dict(record.details),
        "redriven_at": record.redriven_at,
        "attempts": record.attempts,
    }
    expiry: dict[str, int] = {}
    if record.redriven_at is not None:
        expiry["expires_at"] = (record.redriven_at + KEPT_AFTER_REDRIVE) // SECOND
    return to_item("parked", key, id=record.parked_id, state=record.state, revision=revision, body=pack(body), **expiry)


def _record(item: Item) -> ParkedRecord:
    attributes = from_item("parked", item)
    return ParkedRecord(parked_id=attributes["id"], state=attributes["state"], **unpack(attributes["body"]))
