"""The session of the sync user: log in by client credentials, keep the token, stop when the login is refused."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from shared.domain.instant import MINUTE, Instant
from shared.ports.clock import Clock
from shared.ports.sync import NotConfigured, RemoteRefused, RemoteUnavailable

DEFAULT_VERSION: Final = "62.0"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_CLOSED_MS: Final = 15 * MINUTE
"""So long a refused login is not tried again, unless the credentials changed: no login storm."""
_PASSING: Final = frozenset({"unknown_error", "server_error", "temporarily_unavailable", "rate_limit_exceeded"})
"""OAuth errors that say nothing about our credentials."""


class Access(NamedTuple):
    """What the secret says. ``currency`` is that of amounts in an org that has only one."""

    base_url: str
    client_id: str
    client_secret: str
    version: str
    currency: str


Post = Callable[[str, Mapping[str, str]], tuple[int, object]]
"""Send a form; returns the HTTP status and the JSON body. It raises RemoteUnavailable by itself."""


class Session:
    """Holds the token of one process."""

    def __init__(self, credentials: Callable[[], Mapping[str, str]], clock: Clock) -> None:
        self._credentials = credentials
        self._clock = clock
        self._token = ""
        self._token_of: Access | None = None
        self._refused: tuple[Access, Instant, RemoteRefused] | None = None

    def access(self) -> Access:
        """The credentials as they are now.

        Raises:
            NotConfigured: there are none.
            RemoteRefused: SALESFORCE.INSECURE_URL; they would travel in the clear.
        """
        given = self._credentials()
        if not all(given.get(name) for name in ("base_url", "client_id", "client_secret")):
            raise NotConfigured("salesforce")
        url = urlsplit(given["base_url"])
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
            raise RemoteRefused("SALESFORCE.INSECURE_URL", "base_url must begin with https://")
        return Access(
            base_url=f"{url.scheme}://{url.netloc}",
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            version=given.get("api_version", "").lstrip("v") or DEFAULT_VERSION,
            currency=given.get("currency", ""),
        )

    def token(self, access: Access, post: Post) -> str:
        """The token; logs in when there is none for these credentials: a token never goes to another host.

        Raises:
            RemoteRefused: SALESFORCE.LOGIN_REFUSED; kept without another call until the circuit closes again.
            RemoteUnavailable: the login server has trouble of its own.
        """
        if not self._token or self._token_of != access:
            self._check_circuit(access)
            self._token, self._token_of = self._log_in(access, post), access
        return self._token

    def drop(self) -> None:
        """The token is not good any more."""
        self._token = ""

    def _check_circuit(self, access: Access) -> None:
        if self._refused is None:
            return
        asked, at, refusal = self._refused
        if asked == access and self._clock.now() - at < _CLOSED_MS:
            raise refusal
        self._refused = None

    def _log_in(self, access: Access, post: Post) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": access.client_id,
            "client_secret": access.client_secret,
        }
        status, body = post("/services/oauth2/token", form)
        token = body.get("access_token") if isinstance(body, Mapping) else None
        if status == 200 and isinstance(token, str) and token:
            return token
        reason = str(body.get("error") or "") if isinstance(body, Mapping) else ""
        if reason in _PASSING:
            raise RemoteUnavailable(f"login: {reason}")
        refusal = RemoteRefused("SALESFORCE.LOGIN_REFUSED", f"The login of the connected app was refused: {reason}.")
        self._refused = (access, self._clock.now(), refusal)
        raise refusal
