"""Proof of origin: what matches, and everything that must not."""

import base64
import hashlib
import hmac

import pytest

from shared.connectors.segment import verify as verify_segment
from shared.domain.intake.signatures import SCHEMES, Proof, proves, same
from tests.unit.intake.builders import NOW, posted

BODY = b'{"test": 2432232314}'
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLISHED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
PUBLISHED_AT = 1_614_265_330


def proof(headers: dict[str, str], *, body: bytes = BODY, now: int = NOW, token: str | None = None) -> Proof:
    query = {"token": (token,)} if token is not None else {}
    return Proof(headers=headers, query=query, body=body, now=now)


def published(signature: str = PUBLISHED, *, seconds_later: int = 1, brand: str = "webhook") -> Proof:
    headers = {
        f"{brand}-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        f"{brand}-timestamp": str(PUBLISHED_AT),
        f"{brand}-signature": signature,
    }
    return proof(headers, now=(PUBLISHED_AT + seconds_later) * 1_000)


@pytest.mark.parametrize("brand", ["webhook", "svix"])
def test_the_published_vector_of_standard_webhooks_verifies_under_both_brands(brand: str) -> None:
    assert proves("standard_webhooks", published(brand=brand), [WHSEC])


@pytest.mark.parametrize(("seconds", "valid"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_standard_webhook_is_valid_for_five_minutes_both_ways(seconds: int, valid: bool) -> None:
    assert proves("standard_webhooks", published(seconds_later=seconds), [WHSEC]) is valid


@pytest.mark.parametrize(
    "signature",
    [
        PUBLISHED.replace("OE=", "OA="),
        PUBLISHED.replace("v1,", "v1a,"),
        PUBLISHED.removeprefix("v1,"),
        "",
        "v1,",
    ],
)
def test_a_standard_webhook_with_another_signature_is_refused(signature: str) -> None:
    assert not proves("standard_webhooks", published(signature), [WHSEC])


def test_one_of_several_signatures_and_one_of_several_secrets_is_enough_during_rotation() -> None:
    other = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="

    assert proves("standard_webhooks", published(f"{other} v1a,xx {PUBLISHED}"), ["whsec_AAAA", WHSEC])


@pytest.mark.parametrize("stamp", ["", "abc", "1e9", "٣", "1614265330.5", "-1614265330", "9" * 40])
def test_a_timestamp_that_is_no_number_of_seconds_is_refused(stamp: str) -> None:
    headers = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": PUBLISHED}

    assert not proves("standard_webhooks", proof(headers), [WHSEC])


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_ever_matches(scheme: str, secrets: list[str]) -> None:
    empty = hmac.new(b"", BODY, hashlib.sha256)
    headers = {
        "typeform-signature": "sha256=" + base64.b64encode(empty.digest()).decode(),
        "x-hub-signature-256": "sha256=" + empty.hexdigest(),
        "x-signature": hmac.new(b"", BODY, hashlib.sha1).hexdigest(),
        "authorization": "Bearer ",
    }

    assert not proves(scheme, proof(headers, token=""), secrets)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@pytest.mark.parametrize("value", [None, "", " ", "sha256=", "sha256=żółć", "v1,", "t=,v1=", "Bearer", "Bearer żółć"])
def test_a_missing_empty_or_strange_header_is_a_mismatch_and_no_error(scheme: str, value: str | None) -> None:
    names = ("typeform-signature", "x-hub-signature-256", "x-signature", "stripe-signature", "webhook-signature")
    headers = {} if value is None else dict.fromkeys((*names, "authorization", "webhook-id"), value)

    assert not proves(scheme, proof(headers), ["s"])


def test_an_unknown_scheme_proves_nothing() -> None:
    assert not proves("none", proof({}), ["s"])


def test_a_hexadecimal_digest_does_not_pass_where_base64_is_meant() -> None:
    digest = hmac.new(b"s", BODY, hashlib.sha256).hexdigest()

    assert not proves("typeform", proof({"typeform-signature": f"sha256={digest}"}), ["s"])


def test_only_the_exact_bytes_verify() -> None:
    digest = hmac.new(b"s", BODY, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={digest}"}

    assert proves("meta", proof(headers), ["s"])
    assert not proves("meta", proof(headers, body=BODY + b" "), ["s"])


def test_stripes_old_version_of_a_signature_is_no_way_in() -> None:
    stamp = NOW // 1_000
    digest = hmac.new(b"s", f"{stamp}.".encode() + BODY, hashlib.sha256).hexdigest()

    assert proves("stripe", proof({"stripe-signature": f"t={stamp},v1={digest},v0=x"}), ["s"])
    assert not proves("stripe", proof({"stripe-signature": f"t={stamp},v0={digest}"}), ["s"])


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"authorization": "Bearer s3cret"}, None),
        ({"authorization": "bearer  s3cret "}, None),
        ({"x-leadspine-token": "s3cret"}, None),
        ({}, "s3cret"),
    ],
)
def test_a_token_may_come_as_a_bearer_in_our_header_or_in_the_address(headers: dict[str, str], token: str) -> None:
    assert proves("bearer", proof(headers, token=token), ["old", "s3cret"])


def test_the_first_of_several_tokens_in_the_address_counts() -> None:
    several = Proof(headers={}, query={"token": ("wrong", "s3cret")}, body=b"", now=NOW)

    assert not proves("query_token", several, ["s3cret"])


def test_texts_outside_ascii_and_lone_surrogates_compare_without_an_error() -> None:
    assert same("żółć", "żółć")
    assert not same("\ud83d", "żółć")
    assert not same("", "")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"authorization": "Basic " + base64.b64encode(b"key:").decode()}, {}),
        ({"authorization": "Bearer key"}, {}),
        ({}, {"writeKey": "key", "batch": []}),
    ],
)
def test_a_write_key_is_found_wherever_clients_put_it(headers: dict[str, str], body: dict[str, object]) -> None:
    assert verify_segment(posted("/v1/batch", body, headers=headers), "write_key", ["key"])


@pytest.mark.parametrize("header", ["Basic !!!", "Basic a2V5", "Basic " + base64.b64encode(b"\xff:").decode(), "Basic"])
def test_broken_basic_authentication_is_a_wrong_key(header: str) -> None:
    request = posted("/v1/batch", {}, headers={"authorization": header})

    assert verify_segment(request, "write_key", ["kex"]) is False


def test_a_header_with_a_wrong_key_is_not_saved_by_the_body() -> None:
    wrong = {"authorization": "Basic " + base64.b64encode(b"other:").decode()}

    assert not verify_segment(posted("/v1/batch", {"writeKey": "key"}, headers=wrong), "write_key", ["key"])
