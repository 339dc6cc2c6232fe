"""Who is logged in to the console: a signed cookie without personal data, and the token that proves a form is ours.

A session holds a subject, roles and an end. Nothing about it is stored; changing the secret ends all of them.
"""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.app.console.signing import Signer
from shared.domain.instant import HOUR, Instant

LIFE: Final = 8 * HOUR
"""A working day. Then the login is asked for again, and with it the roles."""

SERVICE: Final = "service"
"""The subject of whoever logged in with the service token. People of the user pool have ids of the pool."""


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

    @property
    def of_the_pool(self) -> bool:
        """Whether it began at the login page of the user pool, which then remembers the person, too."""
        return self.known and self.subject != SERVICE


class SessionKeys:
    """Signs sessions and form tokens. ``secret`` is read when it is needed; each use has a key of its own."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._signer = Signer(secret)

    def seal(self, session: Session) -> str:
        """The cookie's value."""
        told = [session.subject, sorted(session.roles), session.until, session.nonce]
        return self._signer.seal("session", json.dumps(told, separators=(",", ":")).encode())

    def open(self, cookie: str, now: Instant) -> Session | None:
        """The session in a cookie; None for anything that we did not make, and for what has ended."""
        body = self._signer.open("session", cookie)
        if body is None:
            return None
        subject, roles, until, nonce = json.loads(body)
        session = Session(subject=subject, roles=frozenset(roles), until=until, nonce=nonce)
        return session if now < until else None

    def form_token(self, session: Session) -> str:
        """What every form of this session carries. Nobody can make it who cannot read our pages."""
        return self._signer.mac("form", f"{session.subject}\0{session.nonce}".encode()).hex()

    def is_ours(self, session: Session, token: str) -> bool:
        """Whether a form came from a page of this session."""
        return hmac.compare_digest(token.encode(), self.form_token(session).encode())
