from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.local.simulators.salesforce.oauth import JWT_GRANT
from tests.unit.simulators.salesforce.world import HOST, START, World, error_of


def test_a_token_answer_has_all_that_clients_read(world: World) -> None:
    answer = world.token().json()
    assert answer["instance_url"] == HOST
    assert answer["issued_at"] == str(int(START.timestamp() * 1000))
    assert {"access_token", "id", "token_type", "signature", "scope", "api_instance_url"} <= set(answer)


def test_client_credentials_may_come_as_basic(world: World) -> None:
    answer = world.session.post(
        f"{HOST}/services/oauth2/token", data={"grant_type": "client_credentials"}, auth=("cid", "secret")
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "other"}, "invalid_client"),
        ({"client_id": "other"}, "invalid_client_id"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "sync@acme.test", "password": "x"}, "invalid_grant"),
        ({"grant_type": "password", "username": "nobody@acme.test", "password": "pw"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": JWT_GRANT, "assertion": "x"}, "invalid_grant"),
    ],
)
def test_refusals_are_oauth_objects(world: World, form: dict[str, str], error: str) -> None:
    answer = world.token(**form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "password", "username": "sync@acme.test", "password": "pw"},
        {"grant_type": "password", "username": "sync@acme.test", "password": "pwTOKEN"},
        {"grant_type": "refresh_token", "refresh_token": "refresh"},
    ],
)
def test_other_flows_give_tokens_too(world: World, form: dict[str, str]) -> None:
    assert world.token(**form).status_code == 200


def test_the_jwt_flow_needs_the_key_that_was_registered(world: World) -> None:
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
    public = (
        keys[0].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    claims = {"iss": "cid", "sub": "sync@acme.test", "aud": HOST, "exp": START + timedelta(minutes=3)}
    good, forged = (jwt.encode(claims, key, "RS256") for key in keys)

    assert (
        world.token(grant_type=JWT_GRANT, assertion=good).json()["error_description"].startswith("user hasn't approved")
    )
    world.act("apps", client_id="cid", secret="secret", public_key=public.decode())
    assert world.token(grant_type=JWT_GRANT, assertion=good).status_code == 200
    as_text = jwt.encode({**claims, "exp": str(int(claims["exp"].timestamp()))}, keys[0], "RS256")  # type: ignore[attr-defined]
    assert world.token(grant_type=JWT_GRANT, assertion=as_text).status_code == 200
    endless = jwt.encode({"iss": "cid", "sub": "sync@acme.test"}, keys[0], "RS256")
    assert world.token(grant_type=JWT_GRANT, assertion=endless).status_code == 400
    assert world.token(grant_type=JWT_GRANT, assertion=forged).json()["error_description"] == "invalid assertion"


def test_a_session_lives_by_being_used_and_ends_after_two_idle_hours(world: World) -> None:
    for _ in range(3):
        world.time.advance(hours=1, minutes=50)
        assert world.call("GET", "limits").status_code == 200
    world.time.advance(hours=2, seconds=1)
    assert error_of(world.call("GET", "limits")) == (401, "INVALID_SESSION_ID")


def test_an_administrator_and_revoking_end_sessions(world: World) -> None:
    token = world.session.headers["Authorization"].removeprefix("Bearer ")  # type: ignore[union-attr,arg-type]
    assert world.session.post(f"{HOST}/services/oauth2/revoke", data={"token": token}).status_code == 200
    assert error_of(world.call("GET", "limits"))[1] == "INVALID_SESSION_ID"
    world.log_in()
    world.act("end-sessions")
    assert error_of(world.call("GET", "limits"))[1] == "INVALID_SESSION_ID"


def test_userinfo_tells_who_we_are(world: World) -> None:
    answer = world.call("GET", "/services/oauth2/userinfo").json()
    assert answer["preferred_username"] == "sync@acme.test"
    assert world.get("Lead", world.lead())["CreatedById"] == answer["user_id"]


def test_versions_and_resources(world: World) -> None:
    versions = world.session.get(f"{HOST}/services/data/").json()
    assert {"label": "Winter '24", "url": "/services/data/v59.0", "version": "59.0"} in versions
    assert versions[-1]["label"] == "Winter '27"
    assert world.call("GET", "/services/data/v59.0/").json()["limits"] == "/services/data/v59.0/limits"
    assert error_of(world.call("GET", "/services/data/v99.0/limits")) == (404, "NOT_FOUND")
    assert error_of(world.call("GET", "nothing")) == (404, "NOT_FOUND")


def test_the_day_rolls_and_over_the_limit_calls_are_refused(world: World) -> None:
    world.act("settings", daily_limit=3)
    used = [world.call("GET", "limits") for _ in range(4)]
    assert used[2].headers["Sforce-Limit-Info"] == "api-usage=3/3"
    assert used[2].json()["DailyApiRequests"] == {"Max": 3, "Remaining": 0}
    assert error_of(used[3]) == (403, "REQUEST_LIMIT_EXCEEDED")
    world.time.advance(hours=25)
    world.log_in()
    assert world.call("GET", "limits").status_code == 200
