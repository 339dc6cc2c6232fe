"""A user pool with pages, as the console meets it: codes that work once, PKCE, ID tokens of keys made here."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.adapters.cognito.hosted_pages import HostedPages
from shared.adapters.cognito.tokens import CognitoTokens
from shared.ports.clock import Clock
from shared.runtime.console.login_account import BACK
from shared.runtime.console.web import LOGIN

CLIENT = "client-of-the-console"
ANN = "3f0c8c1e-ann"


@cache
def key_named(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class UserPool:
    """``here`` is the pool's address, ``console`` that of the console it knows. ``claims`` replaces claims (None: left
    out), ``answer`` what the token endpoint says."""

    console: str
    clock: Clock
    here: str = "https://pool.example"
    groups: tuple[str, ...] = ("marketer", "admins")
    claims: dict[str, Any] = field(default_factory=dict)
    key: str = "k1"
    answer: tuple[int, bytes] | Exception | None = None
    keys: bytes | None = None
    asked: list[Mapping[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def pages(self, **other: Any) -> HostedPages:
        """The real adapter, talking to this pool."""
        tokens = CognitoTokens(self.here, CLIENT, self.clock, self.fetch)
        back, out = f"{self.console}{BACK}", f"{self.console}{LOGIN}"
        return HostedPages(self.here, CLIENT, tokens, back_url=back, out_url=out, **{"post": self.post, **other})

    def authorize(self, url: str) -> str:
        """Ann logs in at the page behind an address; returns where she is sent."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == f"{self.console}{BACK}"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def post(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """The token endpoint."""
        assert url == f"{self.here}/oauth2/token"
        self.asked.append(form)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        given = self.codes.pop(form["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if given is None or given["code_challenge"] != proof or given["redirect_uri"] != form["redirect_uri"]:
            return 400, b'{"error":"invalid_grant"}'
        made = {"id_token": self.id_token(given["nonce"]), "access_token": "a", "refresh_token": "r"}
        return 200, json.dumps({**made, "token_type": "Bearer", "expires_in": 300}).encode()

    def id_token(self, nonce: str) -> str:
        now = self.clock.now() // 1000
        claims = {
            "iss": self.here, "sub": ANN, "aud": CLIENT, "token_use": "id", "nonce": nonce,
            "iat": now, "exp": now + 300, "email": "ann@acme.example", "cognito:groups": list(self.groups),
            **self.claims,
        }  # fmt: skip
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(told, key_named(self.key), algorithm="RS256", headers={"kid": "k1"})

    def fetch(self, url: str) -> bytes:
        """The key endpoint."""
        assert url == f"{self.here}/.well-known/jwks.json"
        if self.keys is not None:
            return self.keys
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_named("k1").public_key()))
        return json.dumps({"keys": [{**public, "kid": "k1", "alg": "RS256", "use": "sig"}]}).encode()


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
