"""The journal: what it says it has written is there, whatever happens next."""

import errno
import os
from pathlib import Path

import pytest

from infra.local.journal import Journal, JournalFull, read_journal


def test_records_come_back_in_order_and_a_rotated_journal_goes_on_elsewhere(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "one")
    journal.append({"n": 1})
    journal.append({"n": 2, "text": "Ж"})
    journal.rotate(tmp_path / "two")
    journal.append({"n": 3})

    assert list(read_journal(tmp_path / "one")) == [{"n": 1}, {"n": 2, "text": "Ж"}]
    assert list(read_journal(tmp_path / "two")) == [{"n": 3}]


def test_a_torn_last_line_was_never_acknowledged_and_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "torn"
    path.write_bytes(b'{"n":1}\n{"n":2')

    assert list(read_journal(path)) == [{"n": 1}]


def test_a_reopened_journal_goes_on_after_what_is_there(tmp_path: Path) -> None:
    first = Journal(tmp_path / "same")
    first.append({"n": 1})
    first.close()
    Journal(tmp_path / "same").append({"n": 2})

    assert list(read_journal(tmp_path / "same")) == [{"n": 1}, {"n": 2}]


def test_a_reopened_journal_does_not_glue_its_first_record_to_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "torn"
    path.write_bytes(b'{"n":1}\n{"n":2')

    Journal(path).append({"n": 3})

    assert list(read_journal(path)) == [{"n": 1}, {"n": 3}]


def test_a_full_disk_refuses_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal")

    def full(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JournalFull, match="No space left"):
        journal.append({"n": 1})


def test_a_disk_that_fills_up_within_a_record_leaves_no_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, write = Journal(tmp_path / "journal"), os.write
    journal.append({"n": 1})

    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:4]))
    with pytest.raises(JournalFull, match="full"):
        journal.append({"n": 2})
    monkeypatch.setattr(os, "write", write)
    journal.append({"n": 3})

    assert list(read_journal(tmp_path / "journal")) == [{"n": 1}, {"n": 3}]
