"""The hash chain of one person's consent events. Pure: keys, ciphers and storage are elsewhere.

A chain shows edits, removals in the middle and swaps. It cannot show a cut-off tail or a wholesale forgery: those need
the stored head and, later, anchors outside the account (facts 6.5).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared.domain.consent.canonical import NotCanonical, canonical
from shared.domain.consent.model import GIVEN, STATE_AFTER

HEADER_VERSION: Final = 1
_EVENT: Final = b"ledger-event/v1\0"
_PAYLOAD: Final = b"consent-event/v1\0"
_GENESIS: Final = b"ledger-genesis/v1\0"
_EVIDENCE_RANK: Final = {"claimed": 0, "verified": 1}

EMPTY_HEAD: Final[Mapping[str, Any]] = {"seq": 0, "hash": "", "states": {}}
"""The head of a person about whom nothing was written yet."""


class ChainLink(Protocol):
    """What the chain reads of a stored event."""

    @property
    def header(self) -> Mapping[str, Any]:
        """The full header, with ``prev``, ``ct_sha256`` and ``hash``."""

    @property
    def ciphertext(self) -> bytes:
        """The encrypted payload as stored."""


@dataclass(frozen=True, slots=True)
class Intact:
    """The chain holds: ``count`` events, the last with ``head_hash`` (the genesis when there are none)."""

    count: int
    head_hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first event that does not fit, and why: SEQ, SUBJECT, PREV, HASH, CIPHERTEXT, CANONICAL or HEAD."""

    seq: int
    event_id: str
    reason: str


def genesis(tenant: str) -> str:
    """What the first event of every person of a tenant points back to."""
    return hashlib.sha256(_GENESIS + tenant.encode()).hexdigest()


def event_hash(header: Mapping[str, Any]) -> str:
    """The hash of a header (without its own ``hash``)."""
    bare = {name: value for name, value in header.items() if name != "hash"}
    return hashlib.sha256(_EVENT + canonical(bare)).hexdigest()


def commitment(blind: bytes, payload: Mapping[str, Any]) -> str:
    """A commitment to the payload that reveals nothing without the 32 random bytes of ``blind``."""
    return hmac.digest(blind, _PAYLOAD + canonical(payload), "sha256").hex()


def associated_data(header: Mapping[str, Any]) -> bytes:
    """What the cipher binds the payload to: the header as it is before the ciphertext exists."""
    return canonical({name: value for name, value in header.items() if name not in ("ct_sha256", "hash")})


def chained(header: Mapping[str, Any], *, tenant: str, subject_ref: str, after: Mapping[str, Any]) -> dict[str, Any]:
    """A header with its place in the chain: the event after the head ``after``."""
    seq = int(after["seq"]) + 1
    place = {"v": HEADER_VERSION, "tenant": tenant, "subject_ref": subject_ref, "seq": seq}
    return {**header, **place, "prev": after["hash"] or genesis(tenant)}


def closed(header: Mapping[str, Any], ciphertext: bytes) -> dict[str, Any]:
    """A chained header, bound to its ciphertext and hashed: as it is stored."""
    bound = {**header, "ct_sha256": hashlib.sha256(ciphertext).hexdigest()}
    return {**bound, "hash": event_hash(bound)}


def next_head(head: Mapping[str, Any], header: Mapping[str, Any]) -> dict[str, Any]:
    """The head after an event.

    Per contact point and purpose the statement with precedence holds, as in the lead: evidence, then time, then
    withdrawal over consent, then the signal's id. A late event therefore changes nothing newer.
    """
    states = dict(head["states"])
    if header.get("purpose_id"):
        key = f"{header.get('contact_point_ref') or ''} {header['purpose_id']}"
        rank = _rank(header)
        held = states.get(key)
        if held is None or rank > list(held["rank"]):
            state = STATE_AFTER.get(str(header["type"]), header.get("state_after"))
            states[key] = {"state": state, "since": header["occurred_at"], "seq": header["seq"], "rank": rank}
    return {"seq": header["seq"], "hash": header["hash"], "states": states}


def replay(headers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The head that these events lead to."""
    head: dict[str, Any] = dict(EMPTY_HEAD)
    for header in headers:
        head = next_head(head, header)
    return head


def verify_chain(
    entries: Iterable[ChainLink], *, tenant: str, subject_ref: str, head: Mapping[str, Any] | None = None
) -> Intact | Broken:
    """Check every event of a person in order of seq; with ``head``, also that the stored head is where they lead.

    Total: damaged data is a result, never an exception.
    """
    previous = genesis(tenant)
    count = 0
    headers: list[Mapping[str, Any]] = []
    for count, entry in enumerate(entries, start=1):
        reason = _fault(entry, seq=count, previous=previous, tenant=tenant, subject_ref=subject_ref)
        if reason:
            return Broken(count, str(entry.header.get("event_id", "")), reason)
        previous = str(entry.header["hash"])
        headers.append(entry.header)
    if head is not None and not _leads_to(headers, head):
        return Broken(count, str(headers[-1].get("event_id", "")) if headers else "", "HEAD")
    return Intact(count, previous)


def _leads_to(headers: Iterable[Mapping[str, Any]], head: Mapping[str, Any]) -> bool:
    try:
        return replay(headers) == _plain(head)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _fault(entry: ChainLink, *, seq: int, previous: str, tenant: str, subject_ref: str) -> str:
    header = entry.header
    try:
        if header.get("seq") != seq:
            return "SEQ"
        if header.get("subject_ref") != subject_ref or header.get("tenant") != tenant:
            return "SUBJECT"
        if header.get("prev") != previous:
            return "PREV"
        if header.get("hash") != event_hash(header):
            return "HASH"
    except NotCanonical:
        return "CANONICAL"
    return "" if header.get("ct_sha256") == hashlib.sha256(entry.ciphertext).hexdigest() else "CIPHERTEXT"


def _rank(header: Mapping[str, Any]) -> list[Any]:
    evidence = _EVIDENCE_RANK.get(str(header.get("evidence", "verified")), 0)
    withdrawn = 0 if header["type"] == GIVEN else 1
    return [evidence, header["occurred_at"], withdrawn, str(header.get("cause") or header.get("event_id", ""))]


def _plain(head: Mapping[str, Any]) -> dict[str, Any]:
    """A stored head in the shape of ``replay``."""
    states = {key: {**value, "rank": list(value["rank"])} for key, value in head["states"].items()}
    return {"seq": head["seq"], "hash": head["hash"], "states": states}
