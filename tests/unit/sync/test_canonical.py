"""What counts as the same value, type by type."""

import pytest

from shared.domain.sync.canonical import canonical, same

SAME = [
    ("text", " CEO \r\nof all ", "CEO \nof all"),
    ("email", "Anna@X.io ", "anna@x.io"),
    ("phone", "+48 (123) 456-789", "+48123456789"),
    ("flag", "", "false"),
    ("flag", "True", "true"),
    ("flag", "1", "true"),
    ("number", "1.0", "1"),
    ("number", "1e3", "1000"),
    ("number", "-0.00", "0"),
    ("number", "12500.50", "12500.5"),
    ("date", "2026-11-21T23:30:00-05:00", "2026-11-21"),
    ("instant", "2026-01-31T10:20:30.000+0000", "2026-01-31T10:20:30Z"),
    ("instant", "2026-01-31T12:20:30+02:00", "2026-01-31T10:20:30Z"),
    ("multi", "b; a;;b", "a;b"),
    ("id", "001D000000IRFma", "001D000000IRFmaIAH"),
    ("id", "003RO0000035WQg", "003RO0000035WQgYAM"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), SAME)
def test_spellings_of_one_value_are_one(kind: str, value: str, expected: str) -> None:
    assert canonical(kind, value) == expected
    assert same(kind, value, expected)


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        ("text", "ceo", "CEO"),
        ("phone", "+48123", "48123"),
        ("number", "0.1", "0.10000000000000001"),
        ("id", "001D000000IRFma", "001D000000IRFmA"),
        ("date", "2026-11-21", "2026-11-22"),
    ],
)
def test_different_values_stay_different(kind: str, a: str, b: str) -> None:
    assert not same(kind, a, b)


@pytest.mark.parametrize(
    ("kind", "value"), [("number", "1e999999"), ("number", "many"), ("date", "2026-13-01"), ("instant", "soon")]
)
def test_what_is_not_of_its_type_stays_as_it_is(kind: str, value: str) -> None:
    assert canonical(kind, value) == value
