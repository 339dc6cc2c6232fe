"""Durations, and the offset that moves the cloud's time."""

from pathlib import Path

import pytest

from infra.local.clock import BadDuration, EngineTime, parse_duration, read_offset, write_offset


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("90s", 90_000), ("15m", 900_000), ("36h", 129_600_000), ("3d", 259_200_000), ("2w", 1_209_600_000),
     ("1d12h", 129_600_000), (" 2D ", 172_800_000)],
)  # fmt: skip
def test_durations_are_read_as_people_write_them(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "3", "3x", "-3d", "0s", "d3", "1.5h", "3d!"])
def test_anything_else_is_refused_with_examples_or_a_reason(text: str) -> None:
    with pytest.raises(BadDuration, match=r"for example|forward only"):
        parse_duration(text)


def test_the_engine_sees_a_new_offset_when_told_and_says_how_far_it_moved(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = EngineTime(file, real=lambda: 1000.0)

    write_offset(file, 5_000)

    assert clock.time() == 1000.0
    assert clock.reload() == 5.0
    assert clock.time() == 1005.0
    assert read_offset(file) == 5_000


def test_nobody_moved_the_clock_means_no_offset(tmp_path: Path) -> None:
    assert read_offset(tmp_path / "missing") == 0
