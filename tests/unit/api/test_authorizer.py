"""Who may call the API: the service token, a login of the pool, and nobody else."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.adapters.cognito.tokens import CognitoTokens, TokenRefused, issuer_of
from shared.adapters.memory.clock import MemoryClock
from shared.runtime.bootstrap.authorize_request import Authorizer

ISSUER = issuer_of("eu-central-1", "eu-central-1_Pool")
CLIENT = "client-1"
NOW = 1_767_225_600
TOKEN = "service-token-0123456789"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwks(**keys: rsa.RSAPrivateKey) -> bytes:
    made = []
    for key_id, key in keys.items():
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        made.append({**public, "kid": key_id, "alg": "RS256", "use": "sig"})
    return json.dumps({"keys": made}).encode()


class Pool:
    """The pool's key endpoint, counting who asks."""

    def __init__(self, body: bytes | None = None) -> None:
        self.body = jwks(k1=KEY) if body is None else body
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        return self.body


def claims(**other: Any) -> dict[str, Any]:
    made = {
        "iss": ISSUER, "sub": "person-1", "token_use": "access", "client_id": CLIENT,
        "iat": NOW - 10, "exp": NOW + 3600,
        "cognito:groups": ["marketer", "admins"], **other,
    }  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def signed(key: Any = KEY, key_id: str = "k1", algorithm: str = "RS256", **other: Any) -> str:
    return jwt.encode(claims(**other), key, algorithm=algorithm, headers={"kid": key_id})


def tokens(pool: Pool | None = None, clock: MemoryClock | None = None) -> CognitoTokens:
    return CognitoTokens(ISSUER, CLIENT, clock or MemoryClock(NOW * 1000), pool or Pool())


def authorizer(secret: Callable[[], bytes] | None = None) -> Authorizer:
    held = json.dumps({"token": TOKEN, "roles": ["operator", "sales", "root"]}).encode()
    verifier = tokens()
    return Authorizer(secret or (lambda: held), lambda: verifier)


def event(header: str | None) -> dict[str, Any]:
    return {"version": "2.0", "type": "REQUEST", "headers": {} if header is None else {"authorization": header}}


def test_the_service_token_has_the_roles_of_its_secret_and_no_invented_ones() -> None:
    answer = authorizer()(event(f"Bearer {TOKEN}"))

    assert answer == {"isAuthorized": True, "context": {"sub": "service", "roles": "sales,operator"}}


@pytest.mark.parametrize("use", [{"token_use": "access"}, {"token_use": "id", "client_id": None, "aud": CLIENT}])
def test_a_login_has_the_groups_of_the_pool_that_are_roles(use: dict[str, Any]) -> None:
    answer = authorizer()(event(f"bearer {signed(**use)}"))

    assert answer == {"isAuthorized": True, "context": {"sub": "person-1", "roles": "marketer"}}


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}",
        "Bearer a.b.c", "Bearer ..", "Bearer ∑.∑.∑", "Bearer " + "a" * 9000 + ".b.c", f"Bearer {TOKEN} {TOKEN}",
    ],
)  # fmt: skip
def test_anything_else_is_nobody(header: str | None) -> None:
    assert authorizer()(event(header)) == {"isAuthorized": False}


@pytest.mark.parametrize("odd", [{}, {"headers": None}, {"headers": {"authorization": None}}, {"headers": []}])
def test_an_odd_event_is_nobody(odd: dict[str, Any]) -> None:
    assert authorizer()(odd) == {"isAuthorized": False}


@pytest.mark.parametrize("secret", [{"token": "", "roles": ["operator"]}, {}, {"token": None}])
def test_an_empty_service_token_is_off(secret: dict[str, Any]) -> None:
    verify = authorizer(lambda: json.dumps(secret).encode())

    assert verify(event("Bearer ")) == {"isAuthorized": False}
    assert verify(event(f"Bearer {TOKEN}")) == {"isAuthorized": False}


def test_an_unreadable_secret_is_a_no_for_programs_and_no_matter_for_people() -> None:
    def unreadable() -> bytes:
        raise OSError(TOKEN)

    verify = authorizer(unreadable)

    assert verify(event(f"Bearer {TOKEN}")) == {"isAuthorized": False}
    assert verify(event(f"Bearer {signed()}"))["isAuthorized"]


FORGED = {
    "another key": signed(OTHER),
    "an unknown key id": signed(key_id="k9"),
    "another pool": signed(iss=issuer_of("eu-central-1", "eu-central-1_Evil")),
    "another client": signed(client_id="client-2"),
    "an id token of another client": signed(token_use="id", aud="client-2"),
    "an id token with a list of clients": signed(token_use="id", aud=[CLIENT, "client-2"]),
    "another use": signed(token_use="refresh"),
    "no use": signed(token_use=None),
    "expired": signed(exp=NOW - 31),
    "no expiry": signed(exp=None),
    "an expiry that is no time": signed(exp="never"),
    "an expiry that is true": signed(exp=True),
    "from the future": signed(iat=NOW + 31),
    "not yet valid": signed(nbf=NOW + 31),
    "no subject": signed(sub=None),
    "groups that are no list": signed(**{"cognito:groups": "operator"}),
    "no signature": jwt.encode(claims(), None, algorithm="none", headers={"kid": "k1"}),  # type: ignore[arg-type]
    "a shared secret": jwt.encode(claims(), "k" * 64, algorithm="HS256", headers={"kid": "k1"}),
    "another algorithm of the same key": signed(algorithm="RS512"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_or_misused_token_is_refused(name: str) -> None:
    with pytest.raises(TokenRefused):
        tokens().verify(FORGED[name])


def test_keys_are_fetched_once_and_again_for_a_new_key_but_not_for_every_made_up_one() -> None:
    pool, clock = Pool(), MemoryClock(NOW * 1000)
    verifier = tokens(pool, clock)
    for _ in range(3):
        verifier.verify(signed())
    for _ in range(3):
        with pytest.raises(TokenRefused):
            verifier.verify(signed(OTHER, key_id="k2"))
    assert pool.asked == [f"{ISSUER}/.well-known/jwks.json"]

    pool.body = jwks(k1=KEY, k2=OTHER)
    clock.advance(300_000)

    assert verifier.verify(signed(OTHER, key_id="k2"))[0] == "person-1"
    assert len(pool.asked) == 2


def test_a_pool_that_is_down_does_not_lock_out_people_whose_keys_are_known() -> None:
    pool, clock = Pool(), MemoryClock(NOW * 1000)
    verifier = tokens(pool, clock)
    verifier.verify(signed(exp=NOW + 90_000))
    pool.body = b"<html>gateway timeout</html>"
    clock.advance(3_600_000)

    assert verifier.verify(signed(exp=NOW + 90_000))[0] == "person-1"
    with pytest.raises(TokenRefused):
        tokens(Pool(b"nonsense")).verify(signed())


def test_our_clock_decides_not_that_of_the_machine() -> None:
    with pytest.raises(TokenRefused):
        tokens(clock=MemoryClock((NOW + 4000) * 1000)).verify(signed())
