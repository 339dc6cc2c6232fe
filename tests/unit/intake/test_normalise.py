"""Submissions as signals: identity, evidence, ids that retries share, consent claims."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.intake import Source
from shared.domain.identity.model import ANONYMOUS, EMAIL, EXTERNAL, SIGNAL, USER, Evidence, Identifier
from tests.unit.intake.builders import NOW, SOURCES, one_signal, posted, signals

BODY: dict[str, Any] = {"id": "1", "email": "Anna@Example.com"}


def test_an_address_is_compared_in_lower_case_and_shown_as_written() -> None:
    signal = one_signal(posted("/in/json", BODY))

    assert signal.identifiers == (Identifier(EMAIL, "anna@example.com"),)
    assert signal.profile["email"] == "Anna@example.com"
    assert signal.company_domain == "example.com"


def test_the_strongest_identifier_comes_from_a_proven_sender_only() -> None:
    body = {**BODY, "external_id": "salesforce:00Q1", "user_id": "u", "anonymous_id": "a"}
    claimed = replace(SOURCES["json"], evidence="claimed")

    verified = one_signal(posted("/in/json", body))
    claim = one_signal(posted("/in/json", body), claimed)

    assert [i.kind for i in verified.identifiers] == [EXTERNAL, EMAIL, USER, ANONYMOUS]
    assert [i.kind for i in claim.identifiers] == [EMAIL, USER, ANONYMOUS]
    assert (verified.evidence, claim.evidence) == (Evidence.VERIFIED, Evidence.CLAIMED)


def test_a_public_write_key_makes_claims_whatever_the_source_says() -> None:
    source = Source(name="segment", vendor="segment", scheme="write_key", evidence="verified")

    signal = one_signal(posted("/v1/identify", {"userId": "u", "traits": {"email": "a@example.com"}}), source)

    assert signal.evidence is Evidence.CLAIMED


@pytest.mark.parametrize(("phone", "flags"), [("+48600100200", ()), ("tel. 600 100 200 after 5", ("phone:invalid",))])
def test_a_person_known_by_a_phone_only_is_known_by_this_signal(phone: str, flags: tuple[str, ...]) -> None:
    signal = one_signal(posted("/in/json", {"phone": phone}))

    assert signal.identifiers == (Identifier(SIGNAL, signal.signal_id),)
    assert signal.flags == flags


@pytest.mark.parametrize("body", [{"email": "a tag@example.com"}, {"phone": "n/a"}, {"email": "нет", "name": "Anna"}])
def test_what_names_nobody_is_rejected_to_be_parked(body: dict[str, Any]) -> None:
    found, rejected = signals(posted("/in/json", body))

    assert found == []
    assert [item.code for item in rejected] == ["INTAKE.NO_IDENTIFIER"]
    assert rejected[0].reference.startswith("sig_")
    assert not any(value in rejected[0].detail for value in body.values())


def test_an_alias_links_the_earlier_anonymous_id() -> None:
    signal = one_signal(posted("/v1/alias", {"userId": "u", "previousId": "anon"}), SOURCES["segment"])

    assert (signal.kind, signal.previous) == ("identity_linked", Identifier(ANONYMOUS, "anon"))


def test_every_retry_is_the_same_signal_however_late() -> None:
    first = one_signal(posted("/in/json", BODY))
    late = one_signal(posted("/in/json", BODY, at=NOW + 7 * 86_400_000))

    assert first.signal_id == late.signal_id
    assert first.signal_id.startswith("sig_")
    assert len(first.signal_id) == 30


def test_without_an_id_the_content_is_the_identity() -> None:
    body = {"email": "a@example.com", "answers": {"q": "1"}}

    one = one_signal(posted("/in/json", body))
    retry = one_signal(posted("/in/json", body, at=NOW + 1, headers={"User-Agent": "Mozilla/5.0 other"}))
    other = one_signal(posted("/in/json", {**body, "answers": {"q": "2"}}))

    assert one.signal_id == retry.signal_id != other.signal_id


def test_equal_events_without_ids_in_one_request_are_counted_apart_in_any_order() -> None:
    page = {"type": "page", "anonymousId": "a", "timestamp": "2026-01-01T00:00:00Z"}
    other = {**page, "name": "Other"}

    one, _ = signals(posted("/v1/batch", {"batch": [page, page, other]}), SOURCES["segment"])
    again, _ = signals(posted("/v1/batch", {"batch": [other, page, page]}), SOURCES["segment"])

    assert len({signal.signal_id for signal in one}) == 3
    assert {signal.signal_id for signal in one} == {signal.signal_id for signal in again}


def test_one_id_used_for_several_kinds_or_by_several_sources_names_different_signals() -> None:
    placed = one_signal(posted("/in/json", {**BODY, "kind": "order_placed"}))
    paid = one_signal(posted("/in/json", {**BODY, "kind": "order_paid"}))
    elsewhere = one_signal(posted("/in/json", {**BODY, "kind": "order_paid"}), replace(SOURCES["json"], name="other"))

    assert len({placed.signal_id, paid.signal_id, elsewhere.signal_id}) == 3


def test_attributes_never_hold_an_address_or_the_query_of_a_page() -> None:
    body = {
        **BODY,
        "page_url": "https://www.example.com/u/anna@example.com?email=anna@example.com",
        "form_name": "x@y.zz",
    }

    attributes = one_signal(posted("/in/json", body)).attributes

    assert attributes["host"] == "example.com"
    assert attributes["path"] == "/u/[address]"
    assert "@" not in str(attributes)


def test_numbers_too_large_for_other_peoples_json_travel_as_text() -> None:
    signal = one_signal(posted("/in/json", {**BODY, "value": 2**60}))

    assert signal.attributes["value"] == str(2**60)


def test_consent_is_claimed_per_purpose_with_the_text_that_was_shown() -> None:
    source = replace(SOURCES["form"], consents={"news": {"purpose": "ad.email", "text_id": "ad.email-en-1"}})
    body = "email=a%40example.com&news=on&consent.processing=no&consent_text=I+agree"
    body += "&page_url=https%3A%2F%2Fe.com%2Flp%3Fx%3D1"
    browser = {"User-Agent": "Mozilla/5.0 (X11)"}

    signal = one_signal(posted("/in/form", body, headers=browser), source)

    email, processing = signal.consents
    assert (email.purpose, email.given, email.text_id) == ("ad.email", True, "ad.email-en-1")
    assert (processing.purpose, processing.given) == ("processing", False)
    assert email.text_sha256 == hashlib.sha256(b"I agree").hexdigest()
    assert signal.evidence_details == {"ip": "203.0.113.7", "user_agent": "Mozilla/5.0 (X11)", "page": "e.com/lp"}


def test_where_nothing_was_said_about_consent_no_evidence_is_kept() -> None:
    signal = one_signal(posted("/in/json", BODY, headers={"User-Agent": "Mozilla/5.0"}))

    assert (signal.consents, signal.evidence_details) == ((), {})


@pytest.mark.parametrize("value", ["", "maybe", [], {}, None])
def test_silence_and_riddles_are_no_consent(value: Any) -> None:
    assert one_signal(posted("/in/json", {**BODY, "consents": {"ad.email": value}, "consent": value})).consents == ()


def test_a_tick_of_unknown_meaning_never_allows_advertising() -> None:
    purposes = {claim.purpose for claim in one_signal(posted("/in/json", {**BODY, "consent": "yes"})).consents}

    assert purposes == {"processing"}


def test_where_two_fields_speak_of_one_purpose_no_wins() -> None:
    bound = {"a": {"purpose": "ad.email"}, "b": {"purpose": "ad.email"}}
    source = replace(SOURCES["json"], consents=bound)

    (claim,) = one_signal(posted("/in/json", {**BODY, "a": True, "b": False}), source).consents

    assert not claim.given


def test_a_machine_is_told_from_a_person_and_a_server_from_a_robot() -> None:
    robot = one_signal(posted("/in/json", BODY, headers={"User-Agent": "Mozilla/5.0 HeadlessChrome/126"}))
    server = one_signal(posted("/in/json", BODY, headers={"User-Agent": "python-requests/2.32"}))

    assert (robot.human, server.human) == (False, True)


def test_a_region_in_the_address_tells_where_numbers_are_from() -> None:
    assert one_signal(posted("/in/json?region=ie", {"phone": "01 234 5678"})).phone == "+35312345678"
    assert one_signal(posted("/in/json?region=../", {"phone": "01 234 5678"})).phone is None


def test_channels_come_from_campaign_referrer_or_the_medium_itself() -> None:
    page = {
        "type": "page",
        "anonymousId": "a",
        "properties": {"url": "https://e.com/", "referrer": "https://www.google.com/"},
    }
    click = {"type": "track", "userId": "a", "event": "Email Clicked", "properties": {"url": "https://e.com/"}}

    found, _ = signals(posted("/v1/batch", {"batch": [page, click]}), SOURCES["segment"])

    assert [signal.channel for signal in found] == ["Organic Search", "Email"]


def test_long_answers_are_cut_so_that_a_head_stays_bounded() -> None:
    many = {f"q{n}": "ż" * 5_000 for n in range(200)}

    signal = one_signal(posted("/in/json", {**BODY, "answers": many}))

    assert len(signal.answers) == 50
    assert max(map(len, signal.answers.values())) == 500
    assert "text:truncated" in signal.flags


def test_lone_surrogates_anywhere_reach_no_store() -> None:
    fields = ("id", "name", "consent_text", "user_id", "anonymous_id", "page_url", "company", "title", "kind")
    lone = chr(0xD83D)
    nested = {"consents": {f"x{lone}": True}, "answers": {lone: lone}, "utm": {"source": lone}}
    values = dict.fromkeys(fields, f"https://e.com/{lone}")
    raw = json.dumps({"email": "a@example.com", **values, **nested}).encode()

    repr_of = str(one_signal(posted("/in/json", raw)))

    repr_of.encode("utf-8")
    assert lone not in repr_of
