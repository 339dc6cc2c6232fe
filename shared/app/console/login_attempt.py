"""A login that is under way elsewhere: what a browser has to bring back for us to believe that it began here.

The browser keeps the state, signed. The verifier of the code (RFC 7636) and the nonce of the ID token are made of the
state and our secret whenever they are needed, so they are stored nowhere and never leave us before their time.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from shared.app.console.signing import Signer
from shared.domain.instant import MINUTE, Instant

ATTEMPT_LIFE: Final = 10 * MINUTE
"""Long enough to find the phone with the second factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """``state`` names the login; it is good until ``until`` and leads to the page ``goal``."""

    state: str
    until: Instant
    goal: str

    def is_about(self, state: str) -> bool:
        """Whether the login page answers this attempt and no other."""
        return hmac.compare_digest(self.state.encode(), state.encode(errors="replace"))


class AttemptKeys:
    """Signs attempts and makes their secrets; ``secret`` is that of the sessions, under other keys."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._signer = Signer(secret)

    def seal(self, attempt: Attempt) -> str:
        """The cookie's value."""
        return self._signer.seal("login-attempt", json.dumps(asdict(attempt), separators=(",", ":")).encode())

    def open(self, cookie: str) -> Attempt | None:
        """The attempt in a cookie, over or not; None for anything that we did not make."""
        body = self._signer.open("login-attempt", cookie)
        if body is None:
            return None
        return Attempt(**json.loads(body))

    def verifier(self, attempt: Attempt) -> str:
        """What redeems the code: 43 characters, told to the token endpoint only."""
        return _text(self._signer.mac("login-verifier", attempt.state.encode()))

    def nonce(self, attempt: Attempt) -> str:
        """What the ID token of this login has to repeat."""
        return _text(self._signer.mac("login-nonce", attempt.state.encode()))


def challenge(verifier: str) -> str:
    """What the login page is told of a verifier (S256)."""
    return _text(hashlib.sha256(verifier.encode("ascii")).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
