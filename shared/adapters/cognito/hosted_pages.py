"""The login pages of a Cognito user pool: addresses to send browsers to, and codes exchanged for who somebody is.

The app client has no secret: PKCE binds a code to whoever began the login, and a secret in our hands would add a place
to leak it from. Of the tokens that a code brings only the ID token is looked at, once; none of them is kept.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

import requests

from shared.adapters.cognito.tokens import CognitoTokens, KeysUnreachable, TokenRefused
from shared.ports.login import LoginRefused, LoginUnavailable

SCOPES: Final = "openid email"
"""With ``openid`` alone an ID token holds every attribute of a person; with a second scope, those of that scope."""

MAX_CODE: Final = 2_048
_TIMEOUT_S: Final = (3, 5)
_TOLD: Final = frozenset({"invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type"})

Post = Callable[[str, Mapping[str, str]], tuple[int, bytes]]
"""(url, form) → status and body."""


def post_form(url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
    """Send a form and take the answer as it is; it may redirect us nowhere."""
    response = requests.post(url, data=dict(form), timeout=_TIMEOUT_S, allow_redirects=False)
    return response.status_code, response.content


class HostedPages:
    """One app client at the pages of its pool.

    ``url`` is their base address, ``back_url`` and ``out_url`` are where they lead back to after login and logout: both
    exactly as they are registered with the app client.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        tokens: CognitoTokens,
        *,
        back_url: str,
        out_url: str,
        post: Post = post_form,
    ) -> None:
        self._url, self._client_id, self._tokens = url.rstrip("/"), client_id, tokens
        self._back_url, self._out_url, self._post = back_url, out_url, post

    def login_url(self, *, state: str, nonce: str, challenge: str) -> str:
        """Where to send a browser that wants to log in."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._back_url,
            "scope": SCOPES,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._url}/oauth2/authorize?{urlencode(asked)}"

    def logout_url(self) -> str:
        """Where to send a browser for the pages to forget who it was."""
        return f"{self._url}/logout?{urlencode({'client_id': self._client_id, 'logout_uri': self._out_url})}"

    def person(self, code: str, *, verifier: str, nonce: str) -> tuple[str, tuple[str, ...]]:
        """Subject and groups of whom a code was given for. A code works once.

        Raises:
            LoginRefused: the code or what it was exchanged for is not good for this login.
            LoginUnavailable: nobody answered, or in a way that says nothing about the person.
        """
        try:
            return self._tokens.login(self._id_token(code, verifier), nonce)
        except KeysUnreachable as error:
            raise LoginUnavailable(str(error)) from None
        except TokenRefused as error:
            raise LoginRefused("token", str(error)) from None

    def _id_token(self, code: str, verifier: str) -> str:
        if len(code) > MAX_CODE or not code.isascii():
            raise LoginRefused("code", "none that a pool gives out")
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "code": code,
            "redirect_uri": self._back_url,
            "code_verifier": verifier,
        }
        try:
            status, body = self._post(f"{self._url}/oauth2/token", form)
        except requests.RequestException as error:
            # Its text quotes the request; its type is enough.
            raise LoginUnavailable(f"no answer: {type(error).__name__}") from None
        answer = _json(body)
        if status == 400 and answer.get("error") == "invalid_grant":
            raise LoginRefused("code", "used, too old, or not ours")
        if status != 200:
            named = str(answer.get("error") or "")
            raise LoginUnavailable(f"answered {status} {named if named in _TOLD else ''}".strip())
        token = answer.get("id_token")
        if not isinstance(token, str) or not token:
            raise LoginUnavailable("answered without an ID token")
        return token


def _json(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
