"""Tokens of a Cognito user pool: RS256, this pool, this client, not expired, meant for an API. Anything else is nobody.

Keys are fetched at first use, kept for an hour, and fetched again early for an unknown key id, but at most every five
minutes: a made-up key id must not make us call the pool.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt
import requests

from shared.ports.clock import Clock

KEYS_KEPT_MS: Final = 3_600_000
KEYS_AGAIN_MS: Final = 300_000
LEEWAY_MS: Final = 30_000
MAX_TOKEN: Final = 8_192
_TIMEOUT_S: Final = 3
_CLAIMS: Final = ["exp", "iat", "iss", "sub", "token_use"]

FetchKeys = Callable[[str], bytes]


class TokenRefused(Exception):
    """The token proves nothing. The text says why in our own words and never repeats the token."""


class KeysUnreachable(TokenRefused):
    """Nothing is known against the token, but the keys that could prove it cannot be had."""


def fetch_keys(url: str) -> bytes:
    """The pool's public keys, from the pool."""
    response = requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
    response.raise_for_status()
    return response.content


class CognitoTokens:
    """Verifies access and id tokens of one app client of one user pool."""

    def __init__(self, issuer: str, client_id: str, clock: Clock, fetch: FetchKeys = fetch_keys) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._clock = clock
        self._fetch = fetch
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: int | None = None

    def verify(self, token: str) -> tuple[str, tuple[str, ...]]:
        """Subject and groups of a valid token.

        Raises:
            TokenRefused: the token is not one of this pool and client, or not valid now.
        """
        return _caller(self._valid(token))

    def login(self, token: str, nonce: str) -> tuple[str, tuple[str, ...]]:
        """Subject and groups of an ID token that was made for the login with this nonce.

        Raises:
            TokenRefused: the token is not one of this pool and client, not valid now, or not of this login.
        """
        claims = self._valid(token)
        use, told = claims["token_use"], claims.get("nonce")
        if use != "id":
            raise TokenRefused("no ID token")
        if not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
            raise TokenRefused("of another login")
        return _caller(claims)

    def _valid(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN:
            raise TokenRefused("too long")
        try:
            claims = self._claims(token)
        except jwt.PyJWTError as error:
            raise TokenRefused(type(error).__name__) from None
        self._check_time(claims)
        self._check_use(claims)
        return claims

    def _claims(self, token: str) -> dict[str, Any]:
        """Signature, algorithm and issuer; times are checked against our own clock afterwards."""
        header = jwt.get_unverified_header(token)
        if header.get("alg") != "RS256":
            raise TokenRefused("not RS256")
        key = self._key(str(header.get("kid") or ""))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=self._issuer,
            options={
                "require": _CLAIMS,
                "verify_aud": False,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        return claims

    def _check_time(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now()
        for name in ("exp", "iat", "nbf"):
            if name in claims and (isinstance(claims[name], bool) or not isinstance(claims[name], int | float)):
                raise TokenRefused(f"{name} is no time")
        if claims["exp"] * 1000 <= now - LEEWAY_MS:
            raise TokenRefused("expired")
        if max(claims["iat"], claims.get("nbf", 0)) * 1000 > now + LEEWAY_MS:
            raise TokenRefused("not valid yet")

    def _check_use(self, claims: Mapping[str, Any]) -> None:
        """An access token names its client in ``client_id``, an id token in ``aud``; no other use is a login."""
        client = {"access": claims.get("client_id"), "id": claims.get("aud")}.get(str(claims["token_use"]))
        if not isinstance(client, str) or client != self._client_id:
            raise TokenRefused("meant for something else")

    def _key(self, key_id: str) -> jwt.PyJWK:
        now = self._clock.now()
        age = None if self._fetched_at is None else now - self._fetched_at
        if age is None or age >= KEYS_KEPT_MS or (key_id not in self._keys and age >= KEYS_AGAIN_MS):
            self._read_keys(now)
        if key_id not in self._keys:
            raise TokenRefused("unknown key")
        return self._keys[key_id]

    def _read_keys(self, now: int) -> None:
        """An unreachable pool leaves the keys we have; those of an hour ago are better than no login at all."""
        try:
            body = self._fetch(f"{self._issuer}/.well-known/jwks.json")
            keys = jwt.PyJWKSet.from_dict(json.loads(body)).keys
        except (requests.RequestException, jwt.PyJWTError, ValueError, TypeError) as error:
            if self._fetched_at is None:
                raise KeysUnreachable("keys of the pool are not reachable") from error
            return
        self._keys = {str(key.key_id): key for key in keys if key.key_type == "RSA"}
        self._fetched_at = now


def _caller(claims: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    groups = claims.get("cognito:groups") or ()
    if not isinstance(groups, list | tuple) or not all(isinstance(group, str) for group in groups):
        raise TokenRefused("groups are no list of names")
    if not claims["sub"]:
        raise TokenRefused("about nobody")
    return str(claims["sub"]), tuple(groups)


def issuer_of(region: str, user_pool_id: str) -> str:
    """The issuer that a pool writes into its tokens."""
    return f"https://cognito-idp.{region}.amazonaws.com/{user_pool_id}"
