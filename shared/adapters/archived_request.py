"""How an archived request looks: one line of JSON about it, then its body byte for byte. And what is left out of it."""

import json
from typing import Final

from shared.contracts.intake import InboundRequest

VERSION: Final = 1

_SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-leadspine-token", "x-api-key", "x-make-apikey"}
)
_SECRET_PARAMETERS: Final = frozenset({"token", "hub.verify_token", "writekey", "key"})
_UNDONE_HEADERS: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""They describe the body as it travelled, not as it is kept."""


def key_of(received_at: int, delivery_id: str) -> str:
    """A key that sorts by time of receipt, whatever the source."""
    return f"{prefix_of(received_at)}-{delivery_id}"


def prefix_of(received_at: int) -> str:
    """The part of a key that is the time of receipt."""
    return f"requests/{received_at:013d}"


def pack(request: InboundRequest) -> bytes:
    """A request as an object. Credentials were checked and are not needed again: they are not kept."""
    hidden = _SECRET_HEADERS | _UNDONE_HEADERS
    about = {
        "_v": VERSION,
        "method": request.method,
        "path": request.path,
        "source": request.source,
        "query": {
            name: list(values) for name, values in request.query.items() if name.lower() not in _SECRET_PARAMETERS
        },
        "headers": {name: value for name, value in request.headers.items() if name not in hidden},
        "received_at": request.received_at,
        "ip": request.ip,
    }
    return json.dumps(about).encode("ascii") + b"\n" + request.body


def unpack(stored: bytes) -> InboundRequest:
    """The request in an object."""
    line, _, body = stored.partition(b"\n")
    about = json.loads(line)
    return InboundRequest(
        method=about["method"],
        path=about["path"],
        source=about["source"],
        query={name: tuple(values) for name, values in about["query"].items()},
        headers=about["headers"],
        body=body,
        received_at=about["received_at"],
        ip=about.get("ip"),
    )
