"""`python -m tests.worlds 1234` plays one world, `--seeds 500` many. A failure prints the one line that repeats it."""

# ruff: noqa: T201 - a command that tells people what it found

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.worlds.world import Outcome, plan, run, shrink


def main() -> int:
    """Play; 0 when everything was true in all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.worlds", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", help="this one world")
    parser.add_argument("--seeds", type=int, default=25, help="so many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--no-shrink", action="store_true", help="do not look for a shorter plan")
    parser.add_argument("-v", action="store_true", help="tell every step")
    given = parser.parse_args()
    return _one(given.seed, verbose=given.v, short=not given.no_shrink) if given.seed is not None else _many(given)


def _one(seed: int, *, verbose: bool, short: bool) -> int:
    steps = plan(seed)
    outcome = run(steps)
    if outcome.wrong and short:
        steps = shrink(steps)
        outcome = run(steps)
    if verbose:
        print(*outcome.trace, sep="\n")
    print(f"world {seed}: {len(steps)} steps, {outcome.digest}", *outcome.wrong, sep="\n  ")
    return bool(outcome.wrong)


def _many(given: argparse.Namespace) -> int:
    began, bad, causes = time.perf_counter(), 0, Counter[str]()
    seeds = range(given.first, given.first + given.seeds)
    with ProcessPoolExecutor(given.jobs) as pool:
        for n, (seed, outcome) in enumerate(zip(seeds, pool.map(_play, seeds, chunksize=2), strict=True), 1):
            if outcome.wrong:
                bad += 1
                causes[outcome.wrong[0].partition(":")[0]] += 1
                print(f"python -m tests.worlds {seed}   # {outcome.wrong[0][:200]}", flush=True)
            if n % 50 == 0:
                print(f"{n} of {given.seeds} worlds, {bad} broken, {time.perf_counter() - began:.0f} s", flush=True)
    took = time.perf_counter() - began
    print(f"{given.seeds} worlds, {bad} broken, {took:.1f} s, {took / max(1, given.seeds):.2f} s each {dict(causes)}")
    return bool(bad)


def _play(seed: int) -> Outcome:
    return run(plan(seed))


if __name__ == "__main__":
    sys.exit(main())
