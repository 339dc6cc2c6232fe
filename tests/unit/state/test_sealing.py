"""Sealing: what is bound to what, and what tampering does."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.adapters.memory.consent_ledger import MemoryKeyRing
from shared.adapters.sealing import Sealer, entry_of
from shared.domain.consent.canonical import NotCanonical, canonical
from shared.domain.consent.chain import EMPTY_HEAD, Broken, associated_data, commitment, verify_chain
from shared.ports.consent_ledger import SealedEvent
from tests.conformance.builders import a_consent

RING = MemoryKeyRing(tenant="acme")
SEALER = Sealer(RING, tenant="acme", random_bytes=lambda n: bytes(range(n)))
KEY, NEW_KEY = SEALER.new_key("subject_1")
SEALED = SEALER.seal(a_consent(), KEY, EMPTY_HEAD, NEW_KEY)


def test_the_ciphertext_is_the_published_construction() -> None:
    payload, blind = a_consent().payload, bytes(range(32))

    expected = AESGCM(KEY).encrypt(bytes(range(12)), blind + canonical(payload), associated_data(SEALED.header))

    assert SEALED.ciphertext == expected
    assert SEALED.header["commit"] == commitment(blind, payload)
    assert SEALED.header["ct_sha256"] == hashlib.sha256(expected).hexdigest()


def test_the_header_says_where_it_belongs_and_nothing_personal() -> None:
    header = SEALED.header

    assert (header["v"], header["tenant"], header["subject_ref"], header["seq"]) == (1, "acme", "subject_1", 1)
    assert header["key_tier"] == "C"
    assert all(isinstance(value, str | int | None) for value in header.values())
    for secret in ("ada@example.com", "192.0.2.7", "gerne"):
        assert secret not in repr(SEALED.header)
        assert secret.encode() not in SEALED.ciphertext


def opened(sealed: SealedEvent, key: bytes | None = KEY) -> Any:
    return entry_of(sealed.header, sealed.ciphertext, sealed.nonce, key)


def test_what_was_sealed_opens_with_its_key_only() -> None:
    other, _ = SEALER.new_key("subject_2")

    assert opened(SEALED).payload == a_consent().payload
    assert opened(SEALED).blind == bytes(range(32))
    assert opened(SEALED, other).payload is None
    assert opened(SEALED, None).payload is None


@pytest.mark.parametrize(
    "tampered",
    [
        replace(SEALED, ciphertext=SEALED.ciphertext[:-1] + b"\0"),
        replace(SEALED, header={**SEALED.header, "type": "withdrawn"}),
        replace(SEALED, header={**SEALED.header, "occurred_at": 0.5}),
        replace(SEALED, nonce=bytes(12)),
    ],
    ids=["ciphertext", "header", "uncanonical header", "nonce"],
)
def test_what_was_tampered_with_has_no_payload(tampered: SealedEvent) -> None:
    assert opened(tampered).payload is None


def test_the_verifier_says_what_was_tampered_with() -> None:
    tampered = opened(replace(SEALED, ciphertext=SEALED.ciphertext[:-1] + b"\0"))

    outcome = verify_chain([tampered], tenant="acme", subject_ref="subject_1")

    assert outcome == Broken(1, SEALED.header["event_id"], "CIPHERTEXT")


def test_the_same_statement_sealed_twice_looks_different_every_time() -> None:
    sealer = Sealer(RING, tenant="acme")

    one, two = (sealer.seal(a_consent(), KEY, EMPTY_HEAD) for _ in range(2))

    assert one.ciphertext != two.ciphertext
    assert one.header["commit"] != two.header["commit"]


def test_a_header_cannot_smuggle_in_its_own_place_in_the_chain() -> None:
    forged = a_consent(seq=99, prev="x", tenant="other", v=7)

    header = SEALER.seal(forged, KEY, EMPTY_HEAD).header

    assert (header["seq"], header["tenant"], header["v"]) == (1, "acme", 1)
    assert header["subject_ref"] == "subject_1"
    assert header["prev"] != "x"


def test_what_cannot_be_hashed_reliably_is_not_sealed() -> None:
    with pytest.raises(NotCanonical):
        SEALER.seal(replace(a_consent(), payload={"amount": 0.5}), KEY, EMPTY_HEAD)
