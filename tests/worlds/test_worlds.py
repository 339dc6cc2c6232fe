"""Worlds: a few seeds on every change, more with `make worlds`. See docs/decisions/0052-worlds.md."""

from collections.abc import Iterator

import pytest

from tests.worlds.installation import Installation
from tests.worlds.world import Step, plan, run, shrink

SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_is_true_after_healing(seed: int) -> None:
    outcome = run(plan(seed))
    assert not outcome.wrong, f"python -m tests.worlds {seed}"


def test_the_same_seed_is_the_same_world() -> None:
    assert run(plan(7)) == run(plan(7))


def test_another_seed_is_another_world() -> None:
    assert run(plan(7)).digest != run(plan(8)).digest


def test_a_failure_shrinks_to_the_steps_that_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world that claims that nobody ever deletes anything is broken by the one step that does."""
    from tests.worlds import truth

    def nobody_deletes(world: Installation) -> Iterator[str]:
        gone = [row["Id"] for row in world.sites["salesforce"].store.rows("Contact").values() if row["IsDeleted"]]
        yield from (f"{one} is gone" for one in gone)

    monkeypatch.setattr(truth, "CHECKS", (nobody_deletes,))
    steps = (
        Step("form", 1),
        Step("cycle", 2),
        *(Step("rep-create", seed) for seed in range(6)),
        Step("time", 3),
        *(Step("rep-delete", seed) for seed in range(6)),
        Step("form", 4),
    )
    assert run(steps).wrong
    short = shrink(steps)
    assert run(short).wrong
    assert {step.act for step in short} == {"rep-create", "rep-delete"}
    assert len(short) == 2
