"""money.yaml: what is wrong with it is said at its line, and rates stay exact."""

from decimal import Decimal
from pathlib import Path

import pytest

from shared.policies.loader import RULES, load_directory
from tests.unit.policies.builders import FILES, errors_after, write_policies

M = "money.yaml"


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ("currency: EUR", "currency: USD", "rates.USD", "reporting currency"),
        ("currency: EUR", "currency: euro", "currency", "does not have the form"),
        ("[media, staff]", "[media, media]", "spend[1]", "twice"),
        ("[media, staff]", "[media, stuff]", "spend[1]", 'did you mean "staff"'),
        ("[media, staff]", "[]", "spend", "must not be empty"),
        ('"2026-01": "0.92"', "", "rates.USD", "has no rate"),
        ('"2026-01": "0.92"', '"2026-13": "0.92"', "rates.USD", "does not have the form"),
        ('"2026-01": "0.92"', '"2026-01": 0.92', "rates.USD.2026-01", "must be text"),
        ('"2026-01": "0.92"', '"2026-01": "0.00"', "rates.USD.2026-01", "more than nothing"),
        ("regular_content: 2", "regular_content: 0", "regular_content", "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(tmp_path: Path, old: str, new: str, field: str, said: str) -> None:
    errors = errors_after(tmp_path, M, old, new)

    assert {error.file for error in errors} == {M}
    assert any(error.field.startswith(field) and said in error.message for error in errors), errors


def test_rates_are_exact_and_in_order(tmp_path: Path) -> None:
    text = FILES[M].replace('{"2026-01": "0.92"}', '{"2026-03": "0.1", "2026-01": "0.3"}')

    money = load_directory(write_policies(tmp_path, money=text)).money

    assert money.rates.months["USD"] == (("2026-01", Decimal("0.3")), ("2026-03", Decimal("0.1")))


def test_the_shipped_policy_has_an_owner_and_counts_every_kind_of_cost() -> None:
    money = load_directory(RULES).money

    assert money.owner
    assert money.spend == {"media", "licence", "staff", "content", "other"}
