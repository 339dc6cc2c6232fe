"""How a request proves its origin: a table of schemes over raw bytes. Knows no vendor's payload and no clock.

Every comparison takes constant time, works on bytes (so that a header outside ASCII is a mismatch and no error) and
fails closed: no secret, no header or an empty one never matches. Several secrets are valid while one is rotated.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from shared.domain.instant import SECOND, Instant

TOLERANCE: Final = 300 * SECOND
"""How far a signed timestamp may be from now, both ways (Standard Webhooks, Stripe)."""

TOKEN_HEADER: Final = "x-leadspine-token"  # noqa: S105 - the name of a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a signature may cover: lower-case headers, query parameters, the raw body, and now."""

    headers: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    body: bytes
    now: Instant


Check = Callable[[Proof, str], bool]


def proves(scheme: str, proof: Proof, secrets: Sequence[str]) -> bool:
    """Whether any of the secrets explains the request under this scheme. An unknown scheme proves nothing."""
    check = SCHEMES.get(scheme)
    return check is not None and any(check(proof, secret) for secret in secrets if secret)


def same(given: str, expected: str) -> bool:
    """Equality in constant time, for any text. Nothing equals an empty text."""
    return bool(given and expected) and hmac.compare_digest(_bytes(given), _bytes(expected))


def basic_user(headers: Mapping[str, str]) -> str:
    """The user of Basic authentication (Segment puts the write key there), or an empty text."""
    word, _, value = headers.get("authorization", "").partition(" ")
    if word.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def tokens(proof: Proof) -> Iterator[str]:
    """Tokens a request carries: as a bearer, in our own header, or as ``?token=`` (the first one)."""
    word, _, value = proof.headers.get("authorization", "").partition(" ")
    if word.lower() == "bearer":
        yield value.strip()
    yield proof.headers.get(TOKEN_HEADER, "").strip()
    yield (proof.query.get("token") or ("",))[0]


def body_mac(secret: str, body: bytes, *, algorithm: str, encoding: str) -> str:
    """The HMAC of a body as text."""
    digest = hmac.new(_bytes(secret), body, algorithm)
    return digest.hexdigest() if encoding == "hex" else base64.b64encode(digest.digest()).decode()


def _body_hmac(proof: Proof, secret: str, *, header: str, algorithm: str, encoding: str, prefix: str = "") -> bool:
    given = proof.headers.get(header, "").strip()
    if not given.startswith(prefix):
        return False
    value = given[len(prefix) :]
    value = value.lower() if encoding == "hex" else value
    return same(value, body_mac(secret, proof.body, algorithm=algorithm, encoding=encoding))


def _token(proof: Proof, secret: str) -> bool:
    return any([same(token, secret) for token in tokens(proof)])  # noqa: C419 - compares all, so that time tells nothing


def _standard_webhooks(proof: Proof, secret: str) -> bool:
    """HMAC over ``id.timestamp.body``; the header lists several ``v1,<base64>`` separated by spaces."""
    brand = "webhook" if "webhook-id" in proof.headers else "svix"
    message_id, stamp, listed = (proof.headers.get(f"{brand}-{part}", "") for part in ("id", "timestamp", "signature"))
    key = _whsec(secret)
    if not (message_id and key and _fresh(stamp, proof.now)):
        return False
    signed = b".".join((_bytes(message_id), _bytes(stamp), proof.body))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [value for version, _, value in (item.partition(",") for item in listed.split()) if version == "v1"]
    return any([same(value, expected) for value in given])  # noqa: C419 - compares all, so that time tells nothing


def _stripe(proof: Proof, secret: str) -> bool:
    """``t=…,v1=…``: HMAC over ``t.body``. Only v1 counts; v0 is for test mode and a way to downgrade."""
    pairs = [item.partition("=") for item in proof.headers.get("stripe-signature", "").split(",")]
    stamp = next((value for key, _, value in pairs if key.strip() == "t"), "")
    if not _fresh(stamp, proof.now):
        return False
    expected = hmac.new(_bytes(secret), _bytes(stamp) + b"." + proof.body, hashlib.sha256).hexdigest()
    return any([same(value, expected) for key, _, value in pairs if key.strip() == "v1"])  # noqa: C419 - compares all, so that time tells nothing


def _fresh(stamp: str, now: Instant) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    return abs(now // SECOND - int(stamp)) * SECOND <= TOLERANCE


def _whsec(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


SCHEMES: Final[Mapping[str, Check]] = {
    # https://www.typeform.com/developers/webhooks/secure-your-webhooks/
    "typeform": partial(
        _body_hmac, header="typeform-signature", algorithm="sha256", encoding="base64", prefix="sha256="
    ),
    # https://developers.facebook.com/docs/graph-api/webhooks/getting-started (validating payloads)
    "meta": partial(_body_hmac, header="x-hub-signature-256", algorithm="sha256", encoding="hex", prefix="sha256="),
    # https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks (Topic: Delivery/Payload)
    "woocommerce": partial(_body_hmac, header="x-wc-webhook-signature", algorithm="sha256", encoding="base64"),
    # https://segment.com/docs/connections/destinations/catalog/webhooks/ (batches: see the connector)
    "segment": partial(_body_hmac, header="x-signature", algorithm="sha1", encoding="hex"),
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    "standard_webhooks": _standard_webhooks,
    # https://docs.stripe.com/webhooks#verify-manually
    "stripe": _stripe,
    "bearer": _token,
    "query_token": _token,
}
"""How requests prove their origin, by name. A connector may bring a scheme of its own (``verify`` in its module)."""
