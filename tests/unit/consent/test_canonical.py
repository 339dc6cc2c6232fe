"""Canonical JSON, held against an independent implementation of RFC 8785."""

import unicodedata

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.consent.canonical import NotCanonical, canonical

texts = st.text(st.characters(exclude_categories=("Cs",))).map(lambda text: unicodedata.normalize("NFC", text))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=8))
def test_it_writes_what_the_reference_implementation_writes(document: dict[str, object]) -> None:
    assert canonical(document) == rfc8785.dumps(document)


def test_keys_are_sorted_by_utf_16_code_units_as_in_the_rfc() -> None:
    document = {"€": 1, "\r": 2, "｡": 3, "1": 4, "😀": 5, "\x80": 6, "ö": 7}

    # By code points the emoji (U+1F600) would come after U+FF61; by UTF-16 its first unit is U+D83D.
    assert canonical(document).decode() == '{"\\r":2,"1":4,"\x80":6,"ö":7,"€":1,"😀":5,"｡":3}'


def test_composed_and_decomposed_text_is_the_same_text() -> None:
    assert canonical({"ö": "é"}) == canonical({"o\u0308": "e\u0301"})


@pytest.mark.parametrize(
    "document",
    [
        {"n": 1.0},
        {"n": float("nan")},
        {"n": 2**53},
        {"n": -(2**53)},
        {"n": b"bytes"},
        {"n": {1, 2}},
        {1: "key"},
        {"o\u0308": 1, "ö": 2},
        {"half": "\ud800"},
        {"a": [{"b": [0.5]}]},
    ],
    ids=str,
)
def test_what_two_readers_could_write_differently_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(NotCanonical):
        canonical(document)


def test_a_refusal_names_the_place_and_never_the_value() -> None:
    with pytest.raises(NotCanonical) as refusal:
        canonical({"answers": [{"salary": 1234.5, "ada@example.com": 1}]})

    assert "$.answers[0].salary" in str(refusal.value)
    assert "1234" not in str(refusal.value)


def test_a_key_that_is_itself_personal_is_not_repeated_in_a_refusal() -> None:
    with pytest.raises(NotCanonical) as refusal:
        canonical({"ada@example.com": 0.5})

    assert "ada" not in str(refusal.value)
