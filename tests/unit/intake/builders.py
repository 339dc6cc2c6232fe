"""Requests, sources and doors for tests of the intake."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.adapters.memory.intake import MemoryRawArchive, MemorySignalQueue, MemorySourceSecrets
from shared.app.normalise import signals_of
from shared.app.receive_delivery import Doorway
from shared.connectors.registry import connector_of
from shared.contracts.intake import InboundRequest, Rejected, Source, Submission
from shared.domain.intake.signal import Signal

NOW = 1_767_268_800_000
"""2026-01-01T12:00:00Z"""

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

SOURCES = {
    name: Source(name=name, vendor=vendor, scheme=scheme)
    for name, vendor, scheme in (
        ("typeform", "typeform", "typeform"),
        ("tilda", "tilda", "query_token"),
        ("meta", "meta", "meta"),
        ("standard-webhooks", "standard_webhooks", "standard_webhooks"),
        ("json", "json_post", "bearer"),
        ("form", "form_post", "query_token"),
        ("segment", "segment", "write_key"),
    )
}


def posted(
    path: str,
    body: object = b"",
    *,
    headers: Mapping[str, str] | None = None,
    content_type: str | None = None,
    method: str = "POST",
    at: int = NOW,
) -> InboundRequest:
    """A request as the doors see it; text and bytes go as they are, anything else as JSON."""
    url = urlsplit(path)
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    declared = content_type or (FORM if isinstance(body, str) else JSON)
    named = {"content-type": declared, **{name.lower(): value for name, value in (headers or {}).items()}}
    query = {name: tuple(values) for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    source = url.path.rpartition("/")[2]
    return InboundRequest(
        method=method,
        path=url.path,
        source=source,
        query=query,
        headers=named,
        body=raw,
        received_at=at,
        ip="203.0.113.7",
    )


def parsed(request: InboundRequest, vendor: str | None = None, **options: Any) -> list[Submission | Rejected]:
    """What the connector of the request's source reads."""
    name = vendor or SOURCES[request.source].vendor
    return connector_of(name).parse(request, options)


def submitted(request: InboundRequest, vendor: str | None = None, **options: Any) -> Submission:
    """The one submission in a request."""
    (found,) = parsed(request, vendor, **options)
    assert isinstance(found, Submission), found
    return found


def signals(request: InboundRequest, source: Source | None = None) -> tuple[list[Signal], list[Rejected]]:
    """What process_signals gets of a request."""
    known = source or SOURCES[request.source]
    parse = connector_of(known.vendor).parse
    return signals_of(request, known, parse=parse, archive_key="requests/1", correlation_id="cor_1")


def one_signal(request: InboundRequest, source: Source | None = None) -> Signal:
    """The one signal in a request."""
    (found,), rejected = signals(request, source)
    assert not rejected
    return found


def typeform_signature(body: bytes, secret: str = SECRET) -> str:
    """As Typeform signs."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class CountedIds:
    """Ids in order."""

    def __init__(self) -> None:
        self.count = 0

    def seed(self) -> str:
        self.count += 1
        return f"{self.count:032x}"


@dataclass
class House:
    """A door with everything behind it in memory."""

    sources: dict[str, Source] = field(default_factory=lambda: dict(SOURCES))
    archive: MemoryRawArchive = field(default_factory=MemoryRawArchive)
    queue: MemorySignalQueue = field(default_factory=MemorySignalQueue)
    secrets: MemorySourceSecrets = field(
        default_factory=lambda: MemorySourceSecrets({name: [SECRET] for name in SOURCES})
    )
    ids: CountedIds = field(default_factory=CountedIds)

    def door(self, **changes: Any) -> Doorway:
        """The door, with parts exchanged."""
        parts: dict[str, Any] = {
            "sources": self.sources,
            "secrets": self.secrets,
            "connector_of": connector_of,
            "archives": {"local": self.archive},
            "queue": self.queue,
            "ids": self.ids,
        }
        return Doorway(**{**parts, **changes})

    def queued_signals(self) -> list[Signal]:
        """Every signal in every queued delivery, as the processor reads them from the archive."""
        found = []
        for delivery in self.queue.sent:
            request = self.archive.get(delivery.archive_key)
            found += signals(request, self.sources[delivery.source])[0]
        return found
