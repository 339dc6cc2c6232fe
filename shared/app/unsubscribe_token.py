"""Links that unsubscribe, and digests of addresses: opaque, versioned, hard to forge, without personal data.

Keys come from one secret: plain text, or JSON ``{"digest": "…", "current": "2", "keys": {"1": "…", "2": "…"}}`` once it
is rotated. A link must work for ever, so old keys stay in ``keys``; ``digest`` never changes, or no suppressed address
would be recognised (to rotate a plain secret, put it in as ``digest`` and as key ``0``).
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

VERSION: Final = b"\x01"
_MAC_BYTES: Final = 16
_DIGEST_CHARS: Final = 40
_FIRST_KEY: Final = "0"
_SEPARATOR: Final = "\0"
MAX_TOKEN: Final = 600


class Ticket(NamedTuple):
    """What a link says: whose message it came with, and what ends. ``address`` is a digest."""

    lead_id: str
    purpose: str
    address: str
    message_id: str


@dataclass(frozen=True, slots=True)
class _Keys:
    digest: bytes
    current: str
    links: Mapping[str, bytes]


class LinkKeys:
    """Signs and opens links, makes digests. ``secret`` is read when it is needed."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret
        self._read: tuple[bytes, _Keys] | None = None

    def digest(self, address: str) -> str:
        """The digest of a normalised address: what suppressions and messages know it by."""
        return hmac.digest(self._keys().digest, f"address/v1\0email\0{address}".encode(), "sha256").hex()[
            :_DIGEST_CHARS
        ]

    def id_of(self, prefix: str, *parts: str) -> str:
        """An id that is the same for the same parts and tells nothing about them."""
        message = _SEPARATOR.join(("id/v1", prefix, *parts)).encode("utf-8", "surrogatepass")
        return f"{prefix}_{hmac.digest(self._keys().digest, message, 'sha256').hex()[:32]}"

    def seal(self, ticket: Ticket) -> str:
        """The token of a link."""
        keys = self._keys()
        body = _SEPARATOR.join((keys.current, *ticket)).encode()
        return base64.urlsafe_b64encode(VERSION + _mac(keys.links[keys.current], body) + body).rstrip(b"=").decode()

    def open(self, token: str) -> Ticket | None:
        """What a token says; None for anything that we did not make."""
        if len(token) > MAX_TOKEN:
            return None
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError):
            return None
        version, mac, body = raw[:1], raw[1 : 1 + _MAC_BYTES], raw[1 + _MAC_BYTES :]
        name = body.partition(b"\0")[0].decode("ascii", "replace")
        # An unknown key is tried like a known one, so that the time taken says nothing.
        key = self._keys().links.get(name, b"unknown")
        genuine = hmac.compare_digest(mac, _mac(key, body)) and key != b"unknown" and version == VERSION
        parts = body.decode("utf-8", "replace").split(_SEPARATOR)
        return Ticket(*parts[1:]) if genuine and len(parts) == 1 + len(Ticket._fields) else None

    def _keys(self) -> _Keys:
        secret = self._secret()
        if self._read is None or self._read[0] != secret:
            self._read = (secret, _keys_in(secret))
        return self._read[1]


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, VERSION + body, "sha256")[:_MAC_BYTES]


def _keys_in(secret: bytes) -> _Keys:
    """Each use has a key of its own, derived from the secret and the name of the use."""
    if secret.startswith(b"{"):
        stored = json.loads(secret)
        links = {str(name): _derived(str(value).encode(), "unsubscribe") for name, value in stored["keys"].items()}
        return _Keys(_derived(str(stored["digest"]).encode(), "address"), str(stored["current"]), links)
    return _Keys(_derived(secret, "address"), _FIRST_KEY, {_FIRST_KEY: _derived(secret, "unsubscribe")})


def _derived(secret: bytes, use: str) -> bytes:
    return hmac.digest(secret, f"leadspine/{use}/v1".encode(), "sha256")
