"""The hash chain: what it shows, and what it honestly cannot show."""

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.consent.chain import (
    EMPTY_HEAD,
    Broken,
    Intact,
    associated_data,
    chained,
    closed,
    commitment,
    event_hash,
    genesis,
    next_head,
    replay,
    verify_chain,
)

AT = 1_700_000_000_000


@dataclass(frozen=True)
class Stored:
    header: dict[str, Any]
    ciphertext: bytes


def said(given_: bool, at: int, *, purpose: str = "ad.email", evidence: str = "verified") -> dict[str, Any]:
    return {
        "event_id": f"event_{at}_{given_}_{purpose}",
        "type": "given" if given_ else "withdrawn",
        "state_after": "ConsentGiven" if given_ else "ConsentWithdrawn",
        "purpose_id": purpose,
        "contact_point_ref": "contact_1",
        "evidence": evidence,
        "occurred_at": at,
        "cause": f"signal_{at}",
    }


def chain(*events: dict[str, Any], tenant: str = "acme", subject: str = "subject_1") -> list[Stored]:
    head: Any = EMPTY_HEAD
    stored = []
    for event in events:
        ciphertext = f"sealed {event['event_id']}".encode()
        header = closed(chained(event, tenant=tenant, subject_ref=subject, after=head), ciphertext)
        head = next_head(head, header)
        stored.append(Stored(header, ciphertext))
    return stored


def verify(stored: list[Stored], **more: Any) -> Intact | Broken:
    return verify_chain(stored, tenant="acme", subject_ref="subject_1", **more)


THREE = chain(said(True, AT), said(False, AT + 1), said(True, AT + 2))


def test_the_hash_is_the_published_construction() -> None:
    header = THREE[0].header
    bare = {name: value for name, value in header.items() if name != "hash"}

    assert header["hash"] == hashlib.sha256(b"ledger-event/v1\0" + rfc8785.dumps(bare)).hexdigest()
    assert header["ct_sha256"] == hashlib.sha256(THREE[0].ciphertext).hexdigest()
    assert header["prev"] == genesis("acme") != genesis("other")
    assert THREE[1].header["prev"] == header["hash"]


def test_the_commitment_is_the_published_construction() -> None:
    payload = {"contact_point": "email:ada@example.com", "text": "Żółć"}

    expected = hmac.new(b"b" * 32, b"consent-event/v1\0" + rfc8785.dumps(payload), hashlib.sha256).hexdigest()
    assert commitment(b"b" * 32, payload) == expected


def test_the_cipher_is_bound_to_the_header_as_it_was_before_the_ciphertext_existed() -> None:
    header = THREE[0].header

    assert set(json.loads(associated_data(header))) == set(header) - {"hash", "ct_sha256"}


def test_an_untouched_chain_is_intact() -> None:
    assert verify(THREE) == Intact(3, THREE[-1].header["hash"])
    assert verify([]) == Intact(0, genesis("acme"))


@given(st.integers(0, 2), st.sampled_from(sorted(set(THREE[0].header) - {"hash"})))
def test_an_edit_of_any_field_of_any_event_is_found_at_that_event(position: int, name: str) -> None:
    edited = list(THREE)
    header = {**THREE[position].header, name: "edited"}
    edited[position] = replace(THREE[position], header=header)

    outcome = verify(edited)

    assert isinstance(outcome, Broken)
    assert outcome.seq == position + 1


def test_an_edit_with_a_new_hash_breaks_the_next_link() -> None:
    header = {**THREE[0].header, "type": "withdrawn"}
    header["hash"] = event_hash(header)

    outcome = verify([replace(THREE[0], header=header), *THREE[1:]])

    assert outcome == Broken(2, THREE[1].header["event_id"], "PREV")


def test_a_removed_withdrawal_is_found() -> None:
    assert verify([THREE[0], THREE[2]]) == Broken(2, THREE[2].header["event_id"], "SEQ")


def test_swapped_events_are_found() -> None:
    for order in permutations(THREE):
        assert isinstance(verify(list(order)), Intact) is (list(order) == THREE)


def test_a_swapped_ciphertext_is_found() -> None:
    swapped = [replace(THREE[0], ciphertext=THREE[1].ciphertext), *THREE[1:]]

    assert verify(swapped) == Broken(1, THREE[0].header["event_id"], "CIPHERTEXT")


@pytest.mark.parametrize("other", [{"tenant": "other"}, {"subject": "subject_2"}], ids=str)
def test_the_chain_of_somebody_else_is_not_accepted(other: dict[str, str]) -> None:
    outcome = verify(chain(said(True, AT), **other))

    assert isinstance(outcome, Broken)
    assert outcome.reason == "SUBJECT"


def test_a_cut_off_tail_passes_the_chain_and_fails_against_the_head() -> None:
    head = replay(entry.header for entry in THREE)

    assert isinstance(verify(THREE[:2]), Intact)
    assert verify(THREE[:2], head=head) == Broken(2, THREE[1].header["event_id"], "HEAD")
    assert isinstance(verify(THREE, head=head), Intact)


@pytest.mark.parametrize(
    "damage", [{"seq": None}, {"amount": 0.5}, {"prev": None}, {"hash": None}, {"purpose_id": ["x"]}], ids=str
)
def test_damage_is_a_result_and_never_an_exception(damage: dict[str, Any]) -> None:
    damaged = replace(THREE[0], header={**THREE[0].header, **damage})

    assert isinstance(verify([damaged, *THREE[1:]]), Broken)
    assert isinstance(verify([Stored({}, b"")]), Broken)
    assert isinstance(verify(THREE, head={"seq": 3, "hash": "x", "states": {"a": {"rank": []}}}), Broken)


def test_a_forged_chain_of_nonsense_headers_against_a_head_is_a_result_too() -> None:
    bare = {"seq": 1, "tenant": "acme", "subject_ref": "subject_1", "prev": genesis("acme"), "purpose_id": "x"}
    forged = Stored(closed(bare, b""), b"")

    assert verify([forged], head=EMPTY_HEAD) == Broken(1, "", "HEAD")


def state_of(*events: dict[str, Any]) -> str:
    states = replay(entry.header for entry in chain(*events))["states"]
    return str(states["contact_1 ad.email"]["state"])


def test_a_withdrawal_wins_a_tie_in_any_order() -> None:
    assert state_of(said(True, AT), said(False, AT)) == "ConsentWithdrawn"
    assert state_of(said(False, AT), said(True, AT)) == "ConsentWithdrawn"


def test_a_late_consent_does_not_undo_a_newer_withdrawal() -> None:
    assert state_of(said(False, AT + 9), said(True, AT)) == "ConsentWithdrawn"
    assert state_of(said(False, AT), said(True, AT + 9)) == "ConsentGiven"


def test_a_claim_changes_nothing_that_was_verified() -> None:
    assert state_of(said(True, AT), said(False, AT + 9, evidence="claimed")) == "ConsentGiven"


@given(st.lists(st.tuples(st.booleans(), st.integers(AT, AT + 3), st.sampled_from(["ad.email", "ad.sms"])), max_size=5))
def test_what_holds_does_not_depend_on_the_order_of_arrival(events: list[tuple[bool, int, str]]) -> None:
    def held(order: Any) -> dict[str, tuple[str, int]]:
        states = replay(e.header for e in chain(*(said(g, at, purpose=p) for g, at, p in order)))["states"]
        return {key: (value["state"], value["since"]) for key, value in states.items()}

    assert held(events) == held(events[::-1]) == held(sorted(events))


def test_purposes_and_contact_points_are_kept_apart() -> None:
    other = {**said(False, AT), "contact_point_ref": "contact_2"}

    states = replay(e.header for e in chain(said(True, AT), said(False, AT, purpose="ad.sms"), other))["states"]

    assert {key: value["state"] for key, value in states.items()} == {
        "contact_1 ad.email": "ConsentGiven",
        "contact_1 ad.sms": "ConsentWithdrawn",
        "contact_2 ad.email": "ConsentWithdrawn",
    }
