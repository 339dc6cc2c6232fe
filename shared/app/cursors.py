"""Where a list continues: opaque, and worthless anywhere but in the list it came from."""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Final

from shared.domain.intake.problem import Problem

_MAC_BYTES: Final = 16


class Cursors:
    """Signs positions. ``scope`` names the list (route, lead, question), so that a cursor fits no other one.

    ``secret`` is read when it is needed; its use here is set apart from all others by a prefix.
    """

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    def seal(self, scope: str, position: Sequence[str | int] | None) -> str | None:
        """A cursor for a position; None stays None."""
        if position is None:
            return None
        body = json.dumps(list(position), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(scope, body) + body).rstrip(b"=").decode()

    def open(self, scope: str, cursor: str | None) -> list[str | int] | None:
        """The position in a cursor.

        Raises:
            Problem: API.BAD_CURSOR, the cursor was not given out for this list.
        """
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError):
            raw = b""
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(scope, body)):
            raise Problem("API.BAD_CURSOR", status=400, detail="Start again without a cursor.")
        position: list[str | int] = json.loads(body)
        return position

    def _mac(self, scope: str, body: bytes) -> bytes:
        message = b"cursor/v1\0" + scope.encode() + b"\0" + body
        return hmac.digest(self._secret(), message, "sha256")[:_MAC_BYTES]
