"""The Segment HTTP protocol: SDKs that post to /v1 with a key, and Segment's own signed webhooks.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ . One bad event never costs a batch:
clients drop or hammer whole batches on an error, so each event is read or rejected on its own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.contracts.intake import InboundRequest, Rejected, Submission
from shared.domain.intake.bodies import decode_text
from shared.domain.intake.payload import Payload, read_payload
from shared.domain.intake.problem import Problem
from shared.domain.intake.signatures import Proof, basic_user, proves, same, tokens
from shared.domain.intake.track import KINDS, read_track_event

MAX_EVENT_BYTES: Final = 32 * 1024

CLAIMED: Final = "claimed"
_KEYS: Final = ("write_key", "server_key")


def verify(request: InboundRequest, scheme: str, secrets: Sequence[str]) -> bool:
    """A key (Basic user, bearer or ``writeKey`` in the body), or the SHA-1 signature of Segment's webhooks.

    A write key is public, so what comes with it is claimed. A server key never leaves servers: its events are verified.
    """
    proof = Proof(headers=request.headers, query=request.query, body=request.body, now=request.received_at)
    if scheme in _KEYS:
        return _has_key(request, proof, secrets)
    if scheme not in ("segment", "segment_batch"):
        return proves(scheme, proof, secrets)
    if proves("segment", proof, secrets):
        return True
    first = _first_event(request.body)
    return first is not None and proves("segment", replace(proof, body=first), secrets)


def _has_key(request: InboundRequest, proof: Proof, secrets: Sequence[str]) -> bool:
    given = [basic_user(request.headers), *tokens(proof)]
    if not any(given):
        body = read_payload(request.body, request.headers).value
        given.append(str(body.get("writeKey") or "") if isinstance(body, dict) else "")
    return any([same(key, secret) for key in given for secret in secrets if secret])  # noqa: C419 - compares all, so that time tells nothing


def _first_event(body: bytes) -> bytes | None:
    """The bytes of the first event of a batch: all that Segment signs of it."""
    text, _ = decode_text(body, None)
    text = text.lstrip()
    if not text.startswith("["):
        return None
    start = len(text) - len(text[1:].lstrip())
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return text[start:end].encode("utf-8", "surrogatepass")


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:
    """Every event of a batch, a list or a single call, in order."""
    payload = read_payload(request.body, request.headers)
    events, sent_at = _events(payload)
    weigh = len(request.body) > MAX_EVENT_BYTES
    trusted = options.get("scheme") in ("segment", "segment_batch") and "x-signature" in request.headers
    return [
        *_read(events, request, sent_at=sent_at, weigh=weigh, first_only=trusted and isinstance(payload.value, list))
    ]


def _events(payload: Payload) -> tuple[list[Any], Any]:
    if isinstance(payload.value, list):
        return payload.value, None
    batch = payload.value.get("batch")
    if batch is None:
        return [payload.value], payload.value.get("sentAt")
    if not isinstance(batch, list):
        raise Problem("INTAKE.MALFORMED_EVENT", status=400, detail="batch is a list of events.")
    return batch, payload.value.get("sentAt")


def _read(
    events: list[Any], request: InboundRequest, *, sent_at: object, weigh: bool, first_only: bool
) -> Iterator[Submission | Rejected]:
    call = request.path.rstrip("/").rpartition("/")[2]
    kind = call if call in KINDS else None
    for index, event in enumerate(events):
        try:
            if weigh:
                _weigh(event)
            found = read_track_event(event, kind=kind, received_at=request.received_at, sent_at=sent_at)
            evidence = CLAIMED if first_only and index else None
            yield Submission(**found, evidence=evidence)
        except Problem as problem:
            yield Rejected(code=problem.code, detail=problem.detail, index=index, reference=_reference(event))


def _weigh(event: object) -> None:
    if len(json.dumps(event, ensure_ascii=False, separators=(",", ":"))) > MAX_EVENT_BYTES:
        raise Problem("INTAKE.EVENT_TOO_LARGE", status=413, detail="An event may have 32 KB.")


def _reference(event: object) -> str:
    message_id = event.get("messageId") if isinstance(event, Mapping) else None
    return message_id if isinstance(message_id, str) else ""
