"""Amounts are read exactly or not at all, and converted to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money.amounts import AmbiguousAmount, NotAnAmount, Rates, cents, exact, plain, read_amount

AMOUNTS = st.decimals("-999999999", "999999999", places=2, allow_nan=False, allow_infinity=False)
RATES = Rates(
    currency="EUR",
    months={
        "USD": (("2026-01", Decimal("0.9")), ("2026-03", Decimal("0.85"))),
        "JPY": (("2026-01", Decimal("0.0055")),),
    },
)


@given(AMOUNTS, st.sampled_from([(" ", ","), ("\u00a0", ","), ("", "."), (",", "."), (".", ","), ("'", ".")]))
def test_an_amount_reads_the_same_however_it_is_written(amount: Decimal, marks: tuple[str, str]) -> None:
    thousands, decimal = marks
    text = f"{amount:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)

    assert read_amount(text) == amount


@given(AMOUNTS)
def test_writing_and_reading_changes_nothing(amount: Decimal) -> None:
    assert exact(plain(amount)) == amount


@given(st.text(alphabet="0123456789.,- +eE=", max_size=14))
def test_any_text_is_an_exact_amount_or_refused(text: str) -> None:
    try:
        value = read_amount(text)
    except NotAnAmount:
        return
    assert value == exact(f"{value:f}")


@pytest.mark.parametrize("text", ["1,234", "1.234", "12,500", "-999.000"])
def test_thousands_or_decimals_is_not_guessed(text: str) -> None:
    with pytest.raises(AmbiguousAmount):
        read_amount(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.125", "0.125"),
        ("1234.567", "1234.567"),
        ("1,234,567", "1234567"),
        ("1.234,5", "1234.5"),
        ("\u221220", "-20"),
    ],
)
def test_what_has_one_reading_is_read(text: str, value: str) -> None:
    assert read_amount(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "-", "1e5", "NaN", "12.", ".5", "1,23,456.00", "1.2.3", "=1", "9" * 13, "\u0661"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        read_amount(text)


def test_a_rate_holds_for_its_month_and_until_the_next_one() -> None:
    assert RATES.convert(Decimal(100), "USD", "2026-01-31") == Decimal("90.00")
    assert RATES.convert(Decimal(100), "USD", "2026-02-15") == Decimal("90.00")
    assert RATES.convert(Decimal(100), "USD", "2026-03-01") == Decimal("85.00")
    assert RATES.convert(Decimal(100), "USD", "2025-12-31") is None
    assert RATES.convert(Decimal(100), "GBP", "2026-03-01") is None


@given(AMOUNTS, st.dates())
def test_the_reporting_currency_is_worth_itself_on_any_day(amount: Decimal, day: object) -> None:
    assert RATES.convert(amount, "EUR", str(day)) == amount


@given(AMOUNTS)
def test_conversion_is_odd_and_never_off_by_more_than_half_a_cent(amount: Decimal) -> None:
    # Given/When: what is refunded is worth what was paid
    there = RATES.convert(amount, "JPY", "2026-05-01")
    back = RATES.convert(-amount, "JPY", "2026-05-01")
    # Then
    assert there is not None
    assert back == -there
    assert abs(there - amount * Decimal("0.0055")) <= Decimal("0.005")


def test_halves_go_away_from_zero() -> None:
    assert [cents(Decimal(text)) for text in ("0.125", "-0.125", "0.115")] == [
        Decimal("0.13"),
        Decimal("-0.13"),
        Decimal("0.12"),
    ]
