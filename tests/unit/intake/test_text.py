"""What people typed, made fit to keep without changing what can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.intake.text import clean_text, fold, mixed_scripts, read_name, suspicious


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Anna \t\r\n Maria  ", "Anna Maria"),
        ("An\0na", "Anna"),
        ("👩‍👩‍👧 Anna\u202egpj.exe\u200b", "👩‍👩‍👧 Annagpj.exe"),
        ("Zaz\u0307o\u0301\u0142c\u0301", "Zażółć"),
        ("\ufeffAnna\u00a0B", "Anna B"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_invisible_and_control_characters_go_and_the_rest_stays(raw: str, clean: str) -> None:
    assert clean_text(raw) == (clean, ())


def test_what_is_no_text_at_all_is_dropped_and_flagged() -> None:
    assert clean_text("\ud83d Anna") == ("Anna", ("text:invalid",))
    assert clean_text("\ufffd\ufffd Anna") == ("Anna", ("text:invalid",))


def test_long_text_is_cut_and_flagged() -> None:
    assert clean_text("ż" * 10, limit=4) == ("żżżż", ("text:truncated",))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("O'Brien, Siobhán", ("Siobhán O'Brien", "Siobhán", "O'Brien")),
        ("Kowalska-Nowak, Anna Maria", ("Anna Maria Kowalska-Nowak", "Anna Maria", "Kowalska-Nowak")),
        ("Jimmy Pesto, Sr.", ("Jimmy Pesto, Sr.", None, None)),
        ("Петров Иван Сергеевич", ("Петров Иван Сергеевич", None, None)),
        ("Smith, 42", ("Smith, 42", None, None)),
        ("a, b, c", ("a, b, c", None, None)),
        ("anna@example.com", (None, None, None)),
        ("Anna Bcc: victim@example.com", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_only_a_last_name_before_a_comma_is_turned_round(raw: str, expected: tuple[str | None, ...]) -> None:
    assert read_name(raw) == expected


@pytest.mark.parametrize(
    "key", ["E-mail Address", "email_address", "EMAIL ADDRESS", "Émail.Address", "e_mail[address]"]
)
def test_one_name_of_a_field_however_it_is_written(key: str) -> None:
    assert fold(key) == "emailaddress"


@pytest.mark.parametrize(("text", "mixed"), [("раyрal@example.org", True), ("Кася Wójcik", False), ("paypal", False)])
def test_look_alikes_inside_one_word_are_noticed(text: str, mixed: bool) -> None:
    assert mixed_scripts(text) is mixed


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("<img src=x onerror=alert(1)>", ("content:markup",)),
        ('=HYPERLINK("x")', ("content:formula",)),
        ("@SUM(1)", ("content:formula",)),
        ("-cmd", ("content:formula",)),
        ("+48600100200", ()),
        ("-5", ()),
        ("a < b", ()),
    ],
)
def test_content_that_must_be_escaped_where_it_is_shown_is_flagged(text: str, flags: tuple[str, ...]) -> None:
    assert suspicious(text) == flags


@given(st.text(st.characters(max_codepoint=0x7F), max_size=40))
def test_plain_ascii_is_cleaned_like_any_other_text(raw: str) -> None:
    beside_a_letter_of_another_alphabet, _ = clean_text(f"ж {raw}")

    assert clean_text(raw) == (beside_a_letter_of_another_alphabet.removeprefix("ж").strip(), ())
