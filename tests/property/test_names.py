"""People are found by their names: whatever the order, case and accents; by exactly the name that is shown."""

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.identity.model import ANONYMOUS, EMAIL, EXTERNAL, Evidence, Identifier
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide_unmerge
from shared.domain.lead.names import MAX_WORDS, name_words
from shared.domain.lead.rules import Rules
from tests.property.people import NOW, START, People, rules, signals

SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = ("Anna Kowalska", "Kowalska Anna", "anna nowak", "Łukasz", "Семён Щукин", "O’Brien-Smith", "", "J. R.")
WORDS = st.sampled_from(
    [
        "Anna",
        "Kowalska",
        "Zażółć",
        "Łukasz",
        "Ødegård",
        "Семён",
        "Йорданов",
        "O’Brien",
        "Straße",
        "İpek",
        "राम",
        "李小龙",
    ]
)


@pytest.fixture(scope="module")
def compiled() -> Rules:
    return rules()


@given(st.lists(WORDS, min_size=1, max_size=MAX_WORDS, unique=True), st.randoms(use_true_random=False))
def test_any_order_case_and_part_of_a_name_has_words_of_the_name(words: list[str], shuffle: random.Random) -> None:
    name = " ".join(words)
    asked = shuffle.sample(words, k=shuffle.randint(1, len(words)))

    for typed in (" ".join(asked), "  ".join(asked).upper(), "-".join(asked).lower(), ", ".join(asked).title()):
        assert set(name_words(typed)) <= set(name_words(name))


@given(st.lists(WORDS, min_size=1, max_size=3, unique=True), WORDS)
def test_a_word_that_is_not_in_a_name_is_not_among_its_words(words: list[str], other: str) -> None:
    found = set(name_words(other)) <= set(name_words(" ".join(words)))

    assert found is (other in words)


@given(st.text(max_size=60))
def test_folding_is_total_bounded_and_done_once(text: str) -> None:
    words = name_words(text)

    assert len(words) <= MAX_WORDS
    assert set(name_words(" ".join(words))) == set(words)


def named(draw_from: random.Random, given_signals: list[Signal]) -> list[Signal]:
    """The same signals with names, whole or in parts, some of them cleared."""
    told = []
    for signal in given_signals:
        profile = dict(signal.profile)
        if "name" in profile:
            whole = draw_from.choice(NAMES)
            first, _, last = whole.partition(" ")
            profile |= draw_from.choice([{"name": whole}, {"first_name": first}, {"last_name": last}, {"name": ""}])
        told.append(replace(signal, profile=profile))
    return told


def expected(people: People) -> dict[str, set[str]]:
    rows: dict[str, set[str]] = {}
    for view in people.views():
        for word in name_words(view.name or ""):
            rows.setdefault(word, set()).add(view.lead_id)
    return rows


def held(people: People) -> dict[str, set[str]]:
    return {word: set(leads) for word, leads in people.tables.names.items() if leads}


@SLOW
@given(signals(maximum=16), st.randoms(use_true_random=False))
def test_rows_of_names_are_those_of_the_names_shown_whatever_was_claimed_corrected_and_merged(
    compiled: Rules, given_signals: list[Signal], shuffle: random.Random
) -> None:
    people = People(compiled)
    waiting = named(shuffle, given_signals)
    while waiting:
        size = shuffle.randint(1, 4)
        people.decide(waiting[:size])
        waiting = waiting[size:]
        assert held(people) == expected(people)


def statement(number: int, *identifiers: Identifier, name: str, evidence: Evidence = Evidence.VERIFIED) -> Signal:
    at = START + number
    return Signal(
        signal_id=f"sig_{number}",
        kind="form_submitted",
        occurred_at=at,
        recorded_at=at,
        source="json",
        evidence=evidence,
        identifiers=identifiers,
        profile={"name": name} if name else {},
    )


ANNA, OTHER = Identifier(EMAIL, "anna@example.com"), Identifier(EMAIL, "a.nowak@example.com")
RECORD = Identifier(EXTERNAL, "salesforce:00Q1")


def test_a_decision_that_leaves_the_name_as_it_was_writes_no_row_of_names(compiled: Rules) -> None:
    people = People(compiled)
    (first,) = people.decide([statement(1, ANNA, name="Anna Kowalska")])
    (same,) = people.decide([statement(2, ANNA, name="KOWALSKA, Anna")])
    (none,) = people.decide([statement(3, ANNA, Identifier(ANONYMOUS, "a-1"), name="")])

    assert [change.words for change in first.names] == [("anna", "kowalska")]
    assert same.writes
    assert none.writes
    assert same.names == none.names == ()


def test_a_corrected_name_replaces_the_old_one(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([statement(1, ANNA, name="Anna Nowak")])
    people.decide([statement(2, ANNA, name="Anna Kowalska")])

    assert people.store.find_by_name(["nowak"]).lead_ids == ()
    assert len(people.store.find_by_name(["anna", "kowalska"]).lead_ids) == 1


def test_a_claim_does_not_change_by_which_name_a_verified_person_is_found(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([statement(1, ANNA, name="Anna Kowalska")])
    people.decide([statement(2, ANNA, name="Mallory", evidence=Evidence.CLAIMED)])

    assert held(people).keys() == {"anna", "kowalska"}


def test_merged_people_are_found_once_and_taken_apart_each_by_their_own_name(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([statement(1, ANNA, name="Anna Kowalska")])
    people.decide([statement(2, OTHER, name="Anna Nowak")])
    before = held(people)
    people.decide([statement(3, RECORD, ANNA, name="")])
    people.decide([statement(4, RECORD, OTHER, name="")])
    together = held(people)
    (root,) = [lead for lead in people.tables.heads.values() if lead.members]

    request = replace(statement(5, name=""), kind="identity_linked", source="operator")
    known = people.store.load([ANNA, OTHER, RECORD])
    people.store.commit(decide_unmerge(known, root.lead_id, root.members[0], request, compiled, NOW))

    assert {word: len(found) for word, found in together.items()} == {"anna": 1, "nowak": 1}
    assert held(people) == before
