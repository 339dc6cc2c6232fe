"""The doors: prove, place, read, keep, queue; then answer 2xx. Accepted means durable. Decides nothing about people.

Order matters. Nothing is stored before the sender is proven and the place of storage is settled; nothing is accepted
before both the archive and the queue have it. A door that dies between the two has not answered: the sender retries,
and every retry of an event becomes the same signal.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from shared.contracts.intake import Delivery, InboundRequest, Rejected, Reply, Source
from shared.domain.intake.bodies import inflate
from shared.domain.intake.problem import Problem
from shared.domain.privacy.residency import store_for
from shared.ports.clock import IdFactory
from shared.ports.intake import Connector, RawArchive, SignalQueue, SourceSecrets

WEBHOOK_LIMIT: Final = 1024 * 1024
COLLECT_LIMIT: Final = 5 * 1024 * 1024
"""RudderStack clients send batches of up to 4 MB."""

KEYS: Final = frozenset({"write_key", "server_key"})
"""Schemes of the Segment protocol: a key that is in every visitor's browser, and one that only servers have."""
CALLS: Final = ("identify", "track", "page", "screen", "group", "alias", "batch", "import")
"""Calls of the Segment protocol. Written out: the module that reads them is loaded with the first request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorway:
    """What a door works with. ``archives`` are the stores that may take a first write, by residency."""

    sources: Mapping[str, Source]
    secrets: SourceSecrets
    connector_of: Callable[[str], Connector]
    archives: Mapping[str, RawArchive]
    queue: SignalQueue
    ids: IdFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a door answers and what became of the request: ``accepted``, ``ignored`` or ``greeted``."""

    reply: Reply
    outcome: str
    delivery: Delivery | None = None


def receive_webhook(request: InboundRequest, door: Doorway) -> Received:
    """POST /in/{source}: one delivery of a vendor. GET and HEAD answer a vendor's subscription check.

    Raises:
        Problem: refused; nothing was kept. The sender sees its code and status.
    """
    source = door.sources.get(request.source)
    if source is None:
        raise Problem("INTAKE.UNKNOWN_SOURCE", status=404, detail="There is no source of that name.")
    connector = door.connector_of(source.vendor)
    if request.method != "POST":
        return _greet(request, source, connector, door)
    plain = replace(request, body=inflate(request.body, _encoding(request), limit=WEBHOOK_LIMIT))
    if not _proven(plain, request.body, source, connector, door.secrets.secrets_of(source.name)):
        _refuse_signature()
    archive = door.archives[store_for(source.residency, door.archives.keys())]
    items = connector.parse(plain, source.parser_options)
    if not items:
        return Received(reply=_answer({"status": "ignored"}), outcome="ignored")
    if connector.strict and all(isinstance(item, Rejected) for item in items):
        _refuse_all(items[0])
    delivery = _keep(plain, door, archive)
    body = {"status": "accepted", "delivery_id": delivery.delivery_id, "events": len(items)}
    return Received(reply=_answer(body), outcome="accepted", delivery=delivery)


def collect_events(request: InboundRequest, door: Doorway) -> Received:
    """POST /v1/{call}: the Segment protocol.

    A batch with bad events is taken whole and the bad ones are parked later: clients drop or hammer a refused batch.

    Raises:
        Problem: refused; nothing was kept.
    """
    call = request.path.rstrip("/").rpartition("/")[2]
    if call not in CALLS:
        raise Problem("INTAKE.UNKNOWN_CALL", status=404, detail=f"/v1/ takes {', '.join(CALLS)}.")
    if request.method != "POST":
        _refuse_method()
    plain = replace(request, body=inflate(request.body, _encoding(request), limit=COLLECT_LIMIT))
    source = _source_of_key(plain, door)
    archive = door.archives[store_for(source.residency, door.archives.keys())]
    plain = replace(plain, source=source.name)
    success = Reply(status=200, body='{"success":true}')
    if not door.connector_of(source.vendor).parse(plain, source.parser_options):
        return Received(reply=success, outcome="ignored")
    return Received(reply=success, outcome="accepted", delivery=_keep(plain, door, archive))


def _greet(request: InboundRequest, source: Source, connector: Connector, door: Doorway) -> Received:
    """A subscription check: HEAD only asks whether somebody is here; GET is the vendor's own ritual."""
    if request.method == "HEAD":
        return Received(reply=Reply(status=200), outcome="greeted")
    reply = None
    if request.method == "GET" and connector.handshake is not None:
        reply = connector.handshake(request, door.secrets.secrets_of(source.name))
    if reply is None:
        _refuse_method()
    return Received(reply=reply, outcome="greeted")


def _proven(plain: InboundRequest, wire: bytes, source: Source, connector: Connector, secrets: tuple[str, ...]) -> bool:
    """Whether a signature covers the body, or the compressed bytes as sent: vendors differ in when they compress."""
    usable = tuple(secret for secret in secrets if secret)
    if not usable:
        return False
    if connector.verify(plain, source.scheme, usable):
        return True
    return wire != plain.body and connector.verify(replace(plain, body=wire), source.scheme, usable)


def _source_of_key(request: InboundRequest, door: Doorway) -> Source:
    for source in door.sources.values():
        if source.scheme in KEYS:
            secrets = door.secrets.secrets_of(source.name)
            if _proven(request, request.body, source, door.connector_of(source.vendor), secrets):
                return source
    return _refuse_signature()


def _keep(request: InboundRequest, door: Doorway, archive: RawArchive) -> Delivery:
    """Archive, then queue. The order makes the archive complete: whatever was ever queued can be replayed from it."""
    seed = door.ids.seed()
    delivery_id = f"dlv_{seed[:26]}"
    delivery = Delivery(
        delivery_id=delivery_id,
        source=request.source,
        archive_key=archive.put(request, delivery_id),
        received_at=request.received_at,
        correlation_id=f"cor_{hashlib.sha256(seed.encode()).hexdigest()[:26]}",
    )
    door.queue.send(delivery)
    return delivery


def _encoding(request: InboundRequest) -> str:
    return request.headers.get("content-encoding", "")


def _answer(body: Mapping[str, object]) -> Reply:
    return Reply(status=200, body=json.dumps(body))


def _refuse_signature() -> NoReturn:
    detail = "The request does not prove that it comes from this source: signature, token or key is missing or wrong."
    raise Problem("INTAKE.BAD_SIGNATURE", status=401, detail=detail)


def _refuse_method() -> NoReturn:
    raise Problem("INTAKE.METHOD_NOT_ALLOWED", status=405, detail="Send a POST request.")


def _refuse_all(item: object) -> NoReturn:
    """Nothing in the request can become a signal: the sender learns it at once, instead of an operator later."""
    if not isinstance(item, Rejected):
        raise TypeError(item)
    raise Problem(item.code, status=400, detail=item.detail)
