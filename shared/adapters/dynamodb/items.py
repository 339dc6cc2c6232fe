"""Rows as DynamoDB wants them, with a version each. Old rows are brought up to date when they are read."""

import json
import zlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from shared.adapters.dynamodb.keys import Key

Item = dict[str, Any]
"""A row in the low-level format: ``{"pk": {"S": "…"}, …}``."""

Attributes = dict[str, Any]
"""A row in plain Python values, without keys."""

Upcast = Callable[[Attributes], Attributes]

COMPRESSION: Final = 1
"""zlib level. Measured on heads of 0.3-2.2 KB of JSON (0.2-0.7 KB stored): level 6 saves 3 % of the bytes, which saves
no write unit, and takes a quarter more time."""

MAX_ITEM_BYTES: Final = 400_000
MAX_TRANSACTION_BYTES: Final = 4_000_000
MAX_TRANSACTION_ITEMS: Final = 100

VERSIONS: Final[Mapping[str, int]] = {
    "head": 1,
    "pointer": 1,
    "phone": 1,
    "name": 1,
    "member": 1,
    "seen": 1,
    "history": 1,
    "outbox": 1,
    "timer": 1,
    "ledger_event": 1,
    "ledger_head": 1,
    "data_key": 1,
    "parked": 1,
    "segment": 1,
    "segment_revision": 1,
    "link": 1,
    "verdicts": 1,
    "verdict_month": 1,
    "cycle": 1,
    "pause": 1,
    "lease": 1,
    "wish": 1,
    "claim": 1,
    "turn": 1,
    "owner": 1,
    "owner_name": 1,
    "permit": 1,
    "suppression": 1,
    "message": 1,
    "message_listed": 1,
    "cadence": 1,
}
"""The current version of every kind of row. Raise one and add the upcast from the version before to UPCASTS."""

UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = {}
"""``(kind, version)`` → the attributes of the next version."""


class RowTooNew(Exception):
    """A row was written by newer code than this. Roll forward; reading it as if it were older would lose data."""


def to_item(kind: str, key: Key, **attributes: str | int | bytes) -> Item:
    """A row of a kind, with ``_v``."""
    item: Item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "_v": {"N": str(VERSIONS[kind])}}
    for name, value in attributes.items():
        item[name] = _attribute(value)
    return item


def from_item(
    kind: str,
    item: Mapping[str, Any],
    *,
    versions: Mapping[str, int] = VERSIONS,
    upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS,
) -> Attributes:
    """The attributes of a row in today's shape, whatever version wrote it.

    Raises:
        RowTooNew: the row is newer than this code.
    """
    attributes = {name: _value(value) for name, value in item.items() if name not in ("pk", "sk", "_v")}
    version = int(item["_v"]["N"])
    if version > versions[kind]:
        raise RowTooNew(f"{kind} row of version {version}, this code knows {versions[kind]}")
    while version < versions[kind]:
        attributes = upcasts[kind, version](attributes)
        version += 1
    return attributes


def sort_key(item: Mapping[str, Any]) -> str:
    """The sort key of a row."""
    return str(item["sk"]["S"])


def key_of(item: Mapping[str, Any]) -> Key:
    """The key of a row."""
    return Key(item["pk"]["S"], item["sk"]["S"])


def key_item(key: Key) -> Item:
    """A key in the low-level format."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def pack(document: Any) -> bytes:
    """A JSON document, compressed: write units are counted in whole kilobytes."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=dict)
    return zlib.compress(text.encode(), COMPRESSION)


def unpack(body: bytes) -> Any:
    """The document in a compressed body."""
    return json.loads(zlib.decompress(body))


def item_bytes(item: Mapping[str, Any]) -> int:
    """The size of a row as DynamoDB counts it, rounded up for numbers."""
    return sum(len(name) + _attribute_bytes(value) for name, value in item.items())


def _attribute_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S" and not content.isascii():
        return len(content.encode())
    return len(content)


def _attribute(value: str | int | bytes) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    return {"N": str(value)}


def _value(attribute: Mapping[str, Any]) -> str | int | bytes:
    ((kind, content),) = attribute.items()
    if kind == "N":
        return int(Decimal(content))
    return bytes(content) if kind == "B" else str(content)
