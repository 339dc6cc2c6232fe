"""Who calls the API: the service token or a login of the user pool."""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from shared.adapters.secrets.identity_key import secret_bytes
from shared.runtime.clients import client
from shared.runtime.clock import SystemClock
from shared.runtime.observability import logger
from shared.runtime.roles import ROLES

if TYPE_CHECKING:
    from shared.adapters.cognito.tokens import CognitoTokens

NOBODY: Final = {"isAuthorized": False}

Caller = tuple[str, tuple[str, ...]]
"""Subject and what it calls its roles or groups."""


class Settings(Protocol):
    """What the function has to know."""

    @property
    def api_token_secret_arn(self) -> str:
        """Secret with the service token and its roles."""

    @property
    def user_pool_id(self) -> str:
        """The user pool; empty: no logins of people."""

    @property
    def user_pool_client_id(self) -> str:
        """The app client that tokens are made for."""

    @property
    def aws_region(self) -> str:
        """Where the pool is."""


class Authorizer:
    """Tries the service token, then a login. ``logins`` is a function: verifying JWTs loads a crypto library."""

    def __init__(self, service_token: Callable[[], bytes], logins: Callable[[], "CognitoTokens | None"]) -> None:
        self._service_token = service_token
        self._logins = logins

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The simple response of payload 2.0."""
        caller = next((found for check in (self._service, self._person) if (found := _asked(check, event))), None)
        if caller is None:
            return dict(NOBODY)
        subject, named = caller
        roles = ",".join(role for role in ROLES if role in named)
        return {"isAuthorized": True, "context": {"sub": subject, "roles": roles}}

    def _service(self, token: str) -> Caller | None:
        held = json.loads(self._service_token())
        expected = held.get("token") or ""
        same = hmac.compare_digest(token.encode(), expected.encode())
        return ("service", tuple(held.get("roles") or ())) if expected and same else None

    def _person(self, token: str) -> Caller | None:
        """Only what has the three parts of a JWT is worth loading the library for."""
        logins = self._logins() if token.count(".") == 2 else None
        return logins.verify(token) if logins else None


def _asked(check: Callable[[str], Caller | None], event: Mapping[str, Any]) -> Caller | None:
    """What one check says of the token. A check that fails says no, and must not keep the other from saying yes."""
    try:
        token = _bearer(event)
        return check(token) if token else None
    except Exception as error:
        logger.warning("API.LOGIN_REFUSED", extra={"error": type(error).__name__})
        return None


def authorizer(settings: Settings) -> Authorizer:
    """The authorizer, with its secret and its pool read at first use."""
    clock = SystemClock()
    pools: list[CognitoTokens] = []

    def logins() -> "CognitoTokens | None":
        if not settings.user_pool_id or not settings.user_pool_client_id:
            return None
        if not pools:
            from shared.adapters.cognito.tokens import CognitoTokens, issuer_of

            issuer = issuer_of(settings.aws_region, settings.user_pool_id)
            pools.append(CognitoTokens(issuer, settings.user_pool_client_id, clock))
        return pools[0]

    return Authorizer(secret_bytes(client("secretsmanager"), settings.api_token_secret_arn, clock), logins)


def _bearer(event: Mapping[str, Any]) -> str:
    """The token in the header; payload 2.0 has header names in lower case, but nothing is lost by not relying on it."""
    headers = event.get("headers") or {}
    header = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = str(header).strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
