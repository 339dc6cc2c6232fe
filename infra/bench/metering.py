"""Counts what DynamoDB would charge: requests and capacity units, by the published rules, from the real items.

Rules (DynamoDB developer guide, "Read and write operations" and "Item sizes and formats"): a write costs one unit per
started KB of the larger of the old and the new item, twice that inside a transaction, conditions on other items
included; a strongly consistent read costs
one unit per started 4 KB of each item (BatchGetItem) or of the sum (Query), and one where there is nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

WRITE_UNIT: Final = 1024
READ_UNIT: Final = 4096


@dataclass(slots=True)
class Usage:
    """What was used. Adds up."""

    read_requests: int = 0
    write_requests: int = 0
    read_units: int = 0
    write_units: int = 0
    rows_written: int = 0
    bytes_written: int = 0
    rows_deleted: int = 0

    @property
    def requests(self) -> int:
        """All calls."""
        return self.read_requests + self.write_requests

    def since(self, earlier: "Usage") -> "Usage":
        """What was used after an earlier reading of the same meter."""
        return Usage(**{f.name: getattr(self, f.name) - getattr(earlier, f.name) for f in fields(self)})

    def copy(self) -> "Usage":
        """A reading."""
        return self.since(Usage())


class MeteredClient:
    """A DynamoDB client that counts the calls our adapters make. Any other call is an error: it would go uncounted."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.usage = Usage()

    @property
    def exceptions(self) -> Any:
        """The client's exceptions."""
        return self._client.exceptions

    def get_item(self, **request: Any) -> Any:
        """Counted."""
        answer = self._client.get_item(**request)
        self._read([answer["Item"]] if "Item" in answer else [], 1)
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        """Counted per item."""
        answer = self._client.batch_get_item(**request)
        asked = sum(len(wanted["Keys"]) for wanted in request["RequestItems"].values())
        self._read([item for items in answer["Responses"].values() for item in items], asked)
        return answer

    def query(self, **request: Any) -> Any:
        """Counted by the sum of its items."""
        answer = self._client.query(**request)
        self.usage.read_requests += 1
        self.usage.read_units += max(1, math.ceil(sum(map(item_bytes, answer["Items"])) / READ_UNIT))
        return answer

    def transact_write_items(self, **request: Any) -> Any:
        """Counted per put and per condition, twice: prepare and commit."""
        puts = [entry["Put"] for entry in request["TransactItems"] if "Put" in entry]
        checks = [entry["ConditionCheck"] for entry in request["TransactItems"] if "Put" not in entry]
        before = [self._stored(put["TableName"], put["Item"]) for put in puts]
        answer = self._client.transact_write_items(**request)
        self.usage.write_requests += 1
        for put, old in zip(puts, before, strict=True):
            self._wrote(item_bytes(put["Item"]), old, times=2)
        for check in checks:
            self.usage.write_units += 2 * _write_units(self._stored(check["TableName"], check["Key"]))
        return answer

    def put_item(self, **request: Any) -> Any:
        """Counted."""
        old = self._stored(request["TableName"], request["Item"])
        answer = self._client.put_item(**request)
        self.usage.write_requests += 1
        self._wrote(item_bytes(request["Item"]), old)
        return answer

    def update_item(self, **request: Any) -> Any:
        """Counted by the whole row, whatever part of it is updated."""
        old = self._stored(request["TableName"], request["Key"])
        answer = self._client.update_item(**request)
        self.usage.write_requests += 1
        self._wrote(self._stored(request["TableName"], request["Key"]), old)
        return answer

    def delete_item(self, **request: Any) -> Any:
        """Counted."""
        size = self._stored(request["TableName"], request["Key"])
        answer = self._client.delete_item(**request)
        self.usage.write_requests += 1
        self.usage.write_units += _write_units(size)
        self.usage.rows_deleted += 1
        return answer

    def batch_write_item(self, **request: Any) -> Any:
        """Counted per delete."""
        deletes = [
            (table, entry["DeleteRequest"]["Key"])
            for table, entries in request["RequestItems"].items()
            for entry in entries
        ]
        before = [self._stored(table, key) for table, key in deletes]
        answer = self._client.batch_write_item(**request)
        self.usage.write_requests += 1
        self.usage.write_units += sum(map(_write_units, before))
        self.usage.rows_deleted += len(deletes)
        return answer

    def _wrote(self, size: int, old: int, *, times: int = 1) -> None:
        self.usage.write_units += times * _write_units(max(size, old))
        self.usage.rows_written += 1
        self.usage.bytes_written += size

    def _read(self, items: Sequence[Mapping[str, Any]], asked: int) -> None:
        self.usage.read_requests += 1
        self.usage.read_units += sum(math.ceil(item_bytes(item) / READ_UNIT) for item in items) + asked - len(items)

    def _stored(self, table: str, item: Mapping[str, Any]) -> int:
        key = {name: item[name] for name in ("pk", "sk")}
        found = self._client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return item_bytes(found) if found else 0


def _write_units(size: int) -> int:
    return max(1, math.ceil(size / WRITE_UNIT))


def item_bytes(item: Mapping[str, Any]) -> int:
    """The size of an item: names and values in UTF-8, raw bytes, and numbers by their significant digits."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(str(content).encode())
    if kind == "N":
        negative = str(content).startswith("-")
        digits = str(content).lstrip("-").strip("0") or "0"
        return math.ceil(len(digits) / 2) + 1 + negative
    if kind == "B":
        return len(bytes(content))
    raise ValueError(f"no row of ours has an attribute of type {kind}")
