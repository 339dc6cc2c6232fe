from pathlib import Path

import pytest

from infra.local.simulators.store import Store


def test_what_was_committed_is_there_for_the_next_process(tmp_path: Path) -> None:
    first = Store(tmp_path)
    first.put("Lead", "1", {"name": "A"})
    first.put("Lead", "2", {"name": "B"})
    first.remove("Lead", "2")
    # No close: a killed process does not close either.
    assert Store(tmp_path).rows("Lead") == {"1": {"name": "A"}}


def test_an_exception_undoes_the_transaction_in_memory_and_on_disk(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("t", "1", {"v": 1})

    def fail_half_way() -> None:
        with store.transaction():
            store.put("t", "1", {"v": 2})
            store.put("t", "2", {"v": 3})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert store.rows("t") == Store(tmp_path).rows("t") == {"1": {"v": 1}}


def test_an_inner_transaction_can_be_undone_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.transaction():
        store.put("t", "1", {"v": 1})
        with store.transaction() as inner:
            store.put("t", "1", {"v": 2})
            store.put("t", "2", {"v": 3}, always=True)
            inner.roll_back()
    assert Store(tmp_path).rows("t") == {"1": {"v": 1}, "2": {"v": 3}}


def test_what_is_always_written_survives_the_rollback_around_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.transaction() as whole:
        store.put("t", "1", {"v": 1})
        store.put("count", "1", {"v": 1}, always=True)
        whole.roll_back()
    assert store.rows("t") == {}
    assert Store(tmp_path).rows("count") == {"1": {"v": 1}}


def test_numbers_go_up_and_survive(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert [store.next_number("a"), store.next_number("a"), store.next_number("b")] == [1, 2, 1]
    assert Store(tmp_path).next_number("a") == 3


def test_reset_forgets_everything(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("t", "1", {"v": 1})
    store.reset()
    assert store.rows("t") == Store(tmp_path).rows("t") == {}
