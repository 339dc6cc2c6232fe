"""A file of costs: what is read, what is refused with which code, and that a row means the same every time."""

import csv
import io
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.money.cost_file import CostFile, read_file
from shared.domain.money.policy_model import KINDS
from shared.domain.money.spreadsheet import harmless, runs
from shared.domain.money.table_file import BadFile
from tests.unit.money.cost_files import HEAD, POLICY, cost


def read(text: str) -> CostFile:
    return read_file(text, POLICY)


def codes(text: str) -> list[tuple[int, str, str]]:
    return [(refusal.line, refusal.field, refusal.code) for refusal in read(text).refused]


def test_a_row_is_read_as_it_was_meant() -> None:
    file = read(HEAD + "2026-03-09,media,Paid Search,spring,1250.50,eur,inv-1\n")

    assert file.costs == (cost("inv-1", "1250.50", campaign="spring"),)
    assert file.refused == ()


def test_a_file_of_a_book_keeping_program_is_read() -> None:
    head = "\ufeffДата;Вид;Канал;Кампания;Сумма;Валюта;Ключ;Примечание\r\n"
    text = head + "09.03.2026;media;Paid Search;;1\u00a0250,50;EUR;1;x\r\n"

    assert read(text).costs == (cost("1", "1250.50"),)


def test_json_and_csv_say_the_same() -> None:
    rows = [{"date": "2026-03-09", "kind": "media", "channel": "Paid Search", "amount": 1250.5, "currency": "EUR"}]

    found = read(json.dumps({"costs": rows})).costs

    assert found == read(json.dumps(rows)).costs == read(HEAD + "2026-03-09,media,Paid Search,,1250.50,EUR,\n").costs
    assert found[0].key.startswith("content:")


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("2026-02-30,media,,,1,EUR,", "date", "COSTS.BAD_DATE"),
        ("03/04/2026,media,,,1,EUR,", "date", "COSTS.BAD_DATE"),
        (",media,,,1,EUR,", "date", "COSTS.BAD_DATE"),
        ("2026-03-09,meda,,,1,EUR,", "kind", "COSTS.BAD_KIND"),
        ('2026-03-09,media,,,"1,234",EUR,', "amount", "COSTS.AMBIGUOUS_AMOUNT"),
        ("2026-03-09,media,,,about ten,EUR,", "amount", "COSTS.BAD_AMOUNT"),
        ("2026-03-09,media,,,1,€,", "currency", "COSTS.BAD_CURRENCY"),
        ("2026-03-09,media,,,1,GBP,", "currency", "COSTS.NO_RATE"),
        ("2025-12-09,media,,,1,USD,", "currency", "COSTS.NO_RATE"),
        ("2026-03-09,media,,=1+1,1,EUR,", "campaign", "COSTS.FORMULA"),
        ("2026-03-09,media,@SUM(A1),,1,EUR,", "channel", "COSTS.FORMULA"),
        (f"2026-03-09,media,{'x' * 201},,1,EUR,", "channel", "COSTS.TOO_LONG"),
        ("2026-03-09,media,\u202e,,1,EUR,", "channel", "COSTS.BAD_TEXT"),
        ("2026-03-09,media,,,1,EUR,,more", "", "COSTS.WRONG_WIDTH"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_and_the_others_are_taken(row: str, field: str, code: str) -> None:
    text = HEAD + "2026-03-09,media,,,1,EUR,a\n" + row + "\n2026-03-09,media,,,2,USD,b\n"

    assert (3, field, code) in codes(text)
    assert [found.key for found in read(text).costs] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "COSTS.NO_ROWS", ""),
        (HEAD, "COSTS.NO_ROWS", ""),
        ("date,kind,currency\n", "COSTS.NO_COLUMN", "amount"),
        ("date,kind,amont,currency\n", "COSTS.UNKNOWN_COLUMN", 'did you mean "amount"'),
        ("date,kind,amount,currency,date\n", "COSTS.NO_COLUMN", "twice"),
        ("[1]", "COSTS.NOT_JSON", ""),
        ("{", "COSTS.NOT_JSON", ""),
        ('[{"date": "2026-03-09", "kind": "media", "amount": NaN, "currency": "EUR"}]', "COSTS.NOT_JSON", ""),
    ],
)
def test_a_wrong_file_is_refused_whole(text: str, code: str, said: str) -> None:
    with pytest.raises(BadFile) as refused:
        read(text)

    assert refused.value.code == code
    assert said in refused.value.detail


def test_numbers_that_would_fill_the_memory_are_refused() -> None:
    rows = '[{"date": "2026-03-09", "kind": "media", "amount": 1e999999999, "currency": "EUR"}]'

    assert codes(rows) == [(1, "amount", "COSTS.BAD_AMOUNT")]


def test_two_equal_rows_are_two_costs_and_the_same_ones_in_another_file() -> None:
    row = "2026-03-09,media,,,5,EUR,\n"

    twice = read(HEAD + row + row).costs

    assert len({found.key for found in twice}) == 2
    assert {found.key for found in read(HEAD + row).costs} < {found.key for found in twice}


def test_a_key_that_says_two_things_in_one_file_is_refused_once_it_differs() -> None:
    text = HEAD + "2026-03-09,media,,,5,EUR,a\n2026-03-09,media,,,5.00,EUR,a\n2026-03-09,media,,,6,EUR,a\n"

    assert codes(text) == [(4, "key", "COSTS.KEY_TWICE")]
    assert len(read(text).costs) == 1


def test_refusals_never_repeat_what_was_in_the_row() -> None:
    text = HEAD + "secret,secret,=secret,secret,secret,secret,secret\n"

    assert read(text).refused
    assert "secret" not in str(read(text).refused)


CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=7, max_size=7), min_size=1, max_size=5))
def test_any_cells_are_taken_or_refused_and_nothing_is_lost(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    filled = [row for row in rows if any(cell.strip() for cell in row)]

    try:
        file = read(HEAD + out.getvalue())
    except BadFile:
        return

    assert len(file.costs) + len({refusal.line for refusal in file.refused}) <= len(filled)
    assert file.costs or file.refused


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.decimals("0.01", "9999", places=2)), min_size=1, max_size=8))
def test_the_same_rows_in_any_order_are_the_same_costs(rows: list[tuple[str, Decimal]]) -> None:
    lines = [f"2026-03-09,{kind},,,{amount},EUR,\n" for kind, amount in rows]

    assert set(read(HEAD + "".join(lines)).costs) == set(read(HEAD + "".join(reversed(lines))).costs)


@given(st.text(max_size=20))
def test_nothing_that_is_exported_is_run_by_a_spreadsheet(text: str) -> None:
    cell = harmless(text)

    assert not runs(cell)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")


def any_json() -> Any:
    leaves = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CELLS, inner, max_size=3))


@given(any_json())
def test_any_json_is_read_or_refused(value: Any) -> None:
    with suppress(BadFile):
        assert read("[" + json.dumps(value) + "]").refused
