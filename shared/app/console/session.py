"""Who is logged in to the console: a signed cookie without personal data, and the token that proves a form is ours.

A session holds a subject, roles and an end. Nothing about it is stored; changing the secret ends all of them.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.domain.instant import HOUR, Instant

LIFE: Final = 8 * HOUR
"""A working day. Then the login is asked for again."""

MAX_COOKIE: Final = 1024
_MAC_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``subject`` is empty before the login. ``nonce`` makes two sessions of one person differ."""

    subject: str
    roles: frozenset[str]
    until: Instant
    nonce: str

    @property
    def known(self) -> bool:
        """Whether somebody is logged in."""
        return bool(self.subject)


class SessionKeys:
    """Signs sessions and form tokens. ``secret`` is read when it is needed; each use has a key of its own."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    def seal(self, session: Session) -> str:
        """The cookie's value."""
        body = json.dumps(
            [session.subject, sorted(session.roles), session.until, session.nonce], separators=(",", ":")
        ).encode()
        return base64.urlsafe_b64encode(self._mac("session", body) + body).rstrip(b"=").decode()

    def open(self, cookie: str, now: Instant) -> Session | None:
        """The session in a cookie; None for anything that we did not make, and for what has ended."""
        if not cookie or len(cookie) > MAX_COOKIE:
            return None
        try:
            raw = base64.b64decode(cookie.encode("ascii") + b"=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError):
            return None
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac("session", body)):
            return None
        subject, roles, until, nonce = json.loads(body)
        session = Session(subject=subject, roles=frozenset(roles), until=until, nonce=nonce)
        return session if now < until else None

    def form_token(self, session: Session) -> str:
        """What every form of this session carries. Nobody can make it who cannot read our pages."""
        return self._mac("form", f"{session.subject}\0{session.nonce}".encode()).hex()

    def is_ours(self, session: Session, token: str) -> bool:
        """Whether a form came from a page of this session."""
        return hmac.compare_digest(token.encode(), self.form_token(session).encode())

    def _mac(self, use: str, message: bytes) -> bytes:
        key = hmac.digest(self._secret(), f"leadspine/console-{use}/v1".encode(), "sha256")
        return hmac.digest(key, message, "sha256")
