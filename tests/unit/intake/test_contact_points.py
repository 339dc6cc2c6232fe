"""Addresses, numbers and company domains, against the reference tables and the traps beside them."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.app.contact_points import corporate_domain, read_address, read_number

TABLES = Path(__file__).parents[2] / "fixtures" / "webhooks" / "_tables"

FORM_ONLY = (" anna@example.org ", "mailto:anna@example.org", "<anna@example.org>")
"""Rows that the library refuses for their wrapping, which we take off first."""

BETTER = {
    "+48 600 100 200 (Anna)": "+48600100200",  # letters in brackets are a remark, not digits to dial
}


def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((TABLES / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    return found


@pytest.mark.parametrize("row", rows("emails"), ids=lambda row: row["raw"])
def test_addresses_are_valid_and_shown_as_the_reference_says(row: dict[str, Any]) -> None:
    found = read_address(row["raw"])

    expected = "anna@example.org" if row["raw"] in FORM_ONLY else row["normalized"]
    assert (found.shown if found else None) == expected
    if found and row["normalized"]:
        assert found.domain == row["domain_ascii"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IVAN@ПРИМЕР.РФ", "ivan@xn--e1afmkfd.xn--p1ai"),
        ("info@münchen.de", "INFO@xn--mnchen-3ya.de"),
        ("Anna.K@Example.com", "anna.k@EXAMPLE.COM"),
    ],
)
def test_spellings_of_one_address_are_one_identity(one: str, other: str) -> None:
    first, second = read_address(one), read_address(other)

    assert first
    assert second
    assert first.key == second.key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal@example.org", "раyрal@example.org"),
        ("john.doe@gmail.com", "johndoe@gmail.com"),
        ("john+promo@gmail.com", "john@gmail.com"),
        ("İPEK@example.com.tr", "ipek@example.com.tr"),
        ("USER@example.org", "ＵＳＥＲ@example.org"),
    ],
)
def test_addresses_that_only_look_alike_are_different_people(one: str, other: str) -> None:
    first, second = read_address(one), read_address(other)

    assert first
    assert second
    assert first.key != second.key


def test_a_look_alike_is_flagged() -> None:
    found = read_address("раyрal@example.org")

    assert found
    assert found.mixed_script


@pytest.mark.parametrize("row", rows("phones"), ids=lambda row: f"{row['raw']}|{row['region']}")
def test_numbers_are_read_as_the_reference_says(row: dict[str, Any]) -> None:
    found = read_number(row["raw"], row["region"])

    if row["raw"] in BETTER:
        assert found == (BETTER[row["raw"]], True)
    elif row.get("valid"):
        assert found == (row["e164"], True)
    else:
        assert found is None or not found.valid


@pytest.mark.parametrize(
    ("raw", "region", "numeric", "expected"),
    [
        ("+7 (555) 555-55-55", None, False, "+75555555555"),
        ("+910123456789", None, False, None),
        ("+11111111", None, False, None),
        (" 48600100200", None, False, None),
        ("48600100200", None, True, "+48600100200"),
        ("89161234567", "RU", True, "+79161234567"),
        ("0048 600-100-200", None, False, "+48600100200"),
        ("600100200", None, False, None),
        ("+" + "9" * 80, None, False, None),
    ],
)
def test_a_number_is_kept_only_when_nothing_had_to_be_invented(
    raw: str, region: str | None, numeric: bool, expected: str | None
) -> None:
    found = read_number(raw, region, numeric=numeric)

    assert (found.e164 if found else None) == expected


@pytest.mark.parametrize(
    ("domain", "company"),
    [
        ("acme.com", "acme.com"),
        ("mail.acme.co.uk", "acme.co.uk"),
        ("a.b.acme.com.ua", "acme.com.ua"),
        ("gmail.com", None),
        ("mail.ru", None),
        ("wp.pl", None),
        ("mailinator.com", None),
        ("x.mailinator.com", None),
        ("corp.example", "corp.example"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_a_company_is_the_registrable_domain_of_a_mailbox_that_is_not_everybodys(domain: str, company: str) -> None:
    assert corporate_domain(domain) == company
