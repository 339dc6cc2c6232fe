"""A file of orders: what is read, what is refused with which code, and that a row means the same every time."""

from typing import Any

import pytest

from infra.cli.orders import item_of
from shared.domain.money.order_file import OrderRow, read_file

HEAD = "order;date;email;amount;refunded;currency;state;paid_on;closed_on;updated\n"


def rows(*lines: str) -> list[OrderRow]:
    file = read_file(HEAD + "\n".join(lines))
    assert file.refused == ()
    return [row for _, row in file.orders]


def codes(line: str) -> set[tuple[str, str]]:
    return {(refusal.field, refusal.code) for refusal in read_file(HEAD + line).refused}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1;2026-03-01;a@b.de;10;;EUR;;;;", ("open", "10.00", "2026-03-01", "", "2026-03-01")),
        ("1;01.03.2026;a@b.de;10,50;;EUR;;05.03.2026;;", ("won", "10.50", "2026-03-01", "2026-03-05", "2026-03-05")),
        ("1;;a@b.de;10;;EUR;;05.03.2026;;", ("won", "10.00", "", "2026-03-05", "2026-03-05")),
        ("1;2026-03-01;a@b.de;10;;EUR;Оплачен;;;", ("won", "10.00", "2026-03-01", "2026-03-01", "2026-03-01")),
        ("1;2026-03-01;a@b.de;10;4;EUR;paid;2026-03-02;;", ("won", "6.00", "2026-03-01", "2026-03-02", "2026-03-02")),
        ("1;2026-03-01;a@b.de;10;10;EUR;paid;2026-03-02;2026-03-09;",
         ("lost", "10.00", "2026-03-01", "2026-03-09", "2026-03-09")),
        ("1;2026-03-01;a@b.de;10;;EUR;anulowane;;2026-03-04;",
         ("lost", "10.00", "2026-03-01", "2026-03-04", "2026-03-04")),
        ("1;2026-03-01;a@b.de;;;;;;;2026-03-09T14:30:00Z", ("open", "", "2026-03-01", "", "2026-03-09T14:30:00Z")),
    ],
)  # fmt: skip
def test_a_row_is_read_as_it_was_meant(line: str, expected: tuple[str, ...]) -> None:
    (row,) = rows(line)

    assert (row.state, row.amount, row.placed_on, row.closed_on, row.at) == expected


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (";2026-03-01;a@b.de;10;;EUR;;;;", "order", "ORDERS.NO_ORDER"),
        ("1;2026-03-01;;10;;EUR;;;;", "email", "ORDERS.NO_CUSTOMER"),
        ("1;;a@b.de;10;;EUR;;;;", "date", "ORDERS.NO_DATE"),
        ("1;03/04/2026;a@b.de;10;;EUR;;;;", "date", "ORDERS.BAD_DATE"),
        ("1;2026-03-01;a@b.de;1,234;;EUR;;;;", "amount", "ORDERS.AMBIGUOUS_AMOUNT"),
        ("1;2026-03-01;a@b.de;-10;;EUR;;;;", "amount", "ORDERS.BAD_AMOUNT"),
        ("1;2026-03-01;a@b.de;10;11;EUR;;;;", "amount", "ORDERS.BAD_AMOUNT"),
        ("1;2026-03-01;a@b.de;10;;;;;;", "currency", "ORDERS.BAD_CURRENCY"),
        ("1;2026-03-01;a@b.de;10;;EUR;perhaps;;;", "state", "ORDERS.BAD_STATE"),
        ("=1+1;2026-03-01;a@b.de;10;;EUR;;;;", "order", "ORDERS.FORMULA"),
        ("1;2026-03-01;a@b.de;10;;EUR;;;;T25", "updated", "ORDERS.BAD_DATE"),
        ("1;2026-03-01;a@b.de;10;;EUR;;;;;more", "", "ORDERS.WRONG_WIDTH"),
    ],
)
def test_a_wrong_row_is_refused_with_a_code(line: str, field: str, code: str) -> None:
    assert (field, code) in codes(line)


def test_what_the_command_sends_is_what_it_read() -> None:
    lines: list[Any] = [
        "1;2026-03-01;a@b.de;10;4;EUR;paid;2026-03-02;;",
        "2;2026-03-01;a@b.de;10;10;EUR;paid;2026-03-02;2026-03-09;",
        "3;;a@b.de;10;;EUR;;05.03.2026;;",
        "4;2026-03-01;a@b.de;;;;;;;2026-03-09T14:30:00Z",
        "5;2026-03-01;a@b.de;10;;EUR;cancelled;;;",
    ]
    for row in rows(*lines):
        (sent,) = read_file(f"[{item_of(row).decode()}]").orders
        assert sent[1] == row
