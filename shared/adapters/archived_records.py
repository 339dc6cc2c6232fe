"""How an archived page of records looks: compressed JSON. Field names here are the stored format: never rename one."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from shared.domain.sync.model import RemoteRecord

VERSION: Final = 1
PREFIX: Final = "records/"
"""Apart from ``requests/``: whoever lists requests to send them again never meets a record."""

_COMPRESSION: Final = 6
_DEFAULTS: Final[Mapping[str, Any]] = {
    "created_at": 0,
    "values": {},
    "changed_at": {},
    "references": {},
    "deleted": False,
    "merged_into": None,
}
_NAMES: Final = tuple(field.name for field in fields(RemoteRecord))


def key_of(now: int, name: str) -> str:
    """A key that sorts by time and says nothing of the records."""
    return f"{PREFIX}{now:013d}-{name}"


def pack(records: Iterable[RemoteRecord]) -> bytes:
    """A page as an object; the same records give the same bytes."""
    page = {"_v": VERSION, "records": [_document(record) for record in records]}
    text = json.dumps(page, ensure_ascii=False, separators=(",", ":"), default=dict)
    return gzip.compress(text.encode(), _COMPRESSION, mtime=0)


def unpack(stored: bytes) -> tuple[RemoteRecord, ...]:
    """The page in an object. Names this code does not know are left alone."""
    page = json.loads(gzip.decompress(stored))
    return tuple(RemoteRecord(**{name: row[name] for name in _NAMES if name in row}) for row in page["records"])


def _document(record: RemoteRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in _NAMES}
    return {name: value for name, value in values.items() if name not in _DEFAULTS or value != _DEFAULTS[name]}
