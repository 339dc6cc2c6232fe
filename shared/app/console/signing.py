"""What we hand to browsers and want back unchanged: signed, not secret, with a key of its own for each use."""

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Final

MAX_SEALED: Final = 1024
"""Characters of what may come back; what we seal is a fraction of it."""

_MAC_BYTES: Final = 32


class Signer:
    """Signs with one secret, which is read when it is needed. Changing it makes everything sealed before worthless."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    def seal(self, use: str, body: bytes) -> str:
        """The body with its proof, in characters that a cookie may have."""
        return base64.urlsafe_b64encode(self.mac(use, body) + body).rstrip(b"=").decode()

    def open(self, use: str, sealed: str) -> bytes | None:
        """The body; None for anything that we did not seal for this use."""
        if not sealed or len(sealed) > MAX_SEALED:
            return None
        try:
            raw = base64.b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError):
            return None
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        return body if hmac.compare_digest(mac, self.mac(use, body)) else None

    def mac(self, use: str, message: bytes) -> bytes:
        """What only we can make of a message: 32 bytes that tell nothing about it."""
        key = hmac.digest(self._secret(), f"leadspine/console-{use}/v1".encode(), "sha256")
        return hmac.digest(key, message, "sha256")
