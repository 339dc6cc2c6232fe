"""Score evaluations against general rule engines on the same models, people and answers.

Ours returns the whole score with its lines; the others return which rules hold, and the total is added up from them in
the fastest way found. Engines of this kind are sandboxes with dynamic types: what they cost buys something else.
"""

import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import compress
from typing import Any, Final

import zen
from json_logic import jsonLogic  # type: ignore[import-untyped]

from infra.bench.models import Model, Record, make_model, make_records
from infra.bench.results import Figure, Result, Target, spread
from infra.bench.timing import Effort, Work, rates, times
from shared.domain.scoring.policy import Scorer, compile_model, fit_lines, score

SIZES: Final = (30, 500)
RECORDS: Final = 200
AT_LEAST: Final = 2.0

Answer = tuple[int, tuple[int, ...]]
"""Total, and the positions of the rules that hold."""

Evaluate = Callable[[Record], Answer]


class AnswersDiffer(Exception):
    """An engine does not mean the same by a model: its speed would be that of another task."""


def run(effort: Effort, sizes: Sequence[int] = SIZES, records: int = RECORDS) -> Result:
    """Measure."""
    figures: list[Figure] = []
    targets: list[Target] = []
    for size in sizes:
        found = _measure(make_model(size), make_records(records), effort)
        ours = found.pop("ours, with lines")
        fastest = min((times(ours, values), name) for name, values in found.items() if "zen" in name)
        figures.append(spread(f"{size} rules: ours, with lines", ours, "/s", ratio="1 ×"))
        for name, values in found.items():
            figures.append(spread(f"{size} rules: {name}", values, "/s", ratio=f"ours {times(ours, values):.1f} ×"))
        targets.append(
            Target(name=f"{size} rules: ours against {fastest[1]}", wanted=AT_LEAST, reached=fastest[0], unit="×")
        )
    return Result(
        name="scoring",
        title="Score evaluations per second and core",
        figures=figures,
        targets=targets,
        notes=[
            f"zen-engine {version('zen-engine')}, panzi-json-logic {version('panzi-json-logic')}; "
            f"{records} records, all answers equal before anything is timed",
            "zen-engine has all rules in one compiled expression, in three forms; the fastest of them is the opponent",
        ],
    )


def _measure(model: Model, records: Sequence[Record], effort: Effort) -> dict[str, list[float]]:
    scorer = compile_model(model.ours)
    engines = {**zen_forms(model), "panzi-json-logic": json_logic_form(model)}
    for record in records:
        expected = ours_answer(scorer, record)
        for name, evaluate in engines.items():
            if evaluate(record) != expected:
                raise AnswersDiffer(f"{name}: {evaluate(record)} for {record}, expected {expected}")
    # The slow one gets fewer records per turn, or one turn of it would last longer than all others together.
    few = records[:4]
    work = {name: _over(evaluate, few if "json" in name else records) for name, evaluate in engines.items()}
    return rates({"ours, with lines": _ours(scorer, records), **work}, effort)


def ours_answer(scorer: Scorer, record: Record) -> Answer:
    """Our score in the words of the others."""
    found = score(scorer, {}, fit_lines(scorer, record), 0)
    return found.total // 100, tuple(int(line.rule.removeprefix("rule-")) for line in found.lines)


def zen_forms(model: Model) -> dict[str, Evaluate]:
    """One expression with all rules: as a list of truths from a dictionary or from JSON text, and as a list of hits."""
    points, positions = model.points, range(len(model.points))
    truths = zen.compile_expression(f"[{', '.join(f'({rule})' for rule in model.zen)}]")
    numbered = ", ".join(f"({rule}) ? {n} : -1" for n, rule in enumerate(model.zen))
    hits = zen.compile_expression(f"filter([{numbered}], # >= 0)")

    def from_truths(context: Any) -> Answer:
        holds = truths.evaluate(context)
        return sum(compress(points, holds)), tuple(compress(positions, holds))

    def from_hits(record: Record) -> Answer:
        found = tuple(map(int, hits.evaluate(record)))
        return sum([points[n] for n in found]), found

    return {
        "zen-engine": from_truths,
        "zen-engine, JSON text": lambda record: from_truths(json.dumps(record)),
        "zen-engine, hits": from_hits,
    }


def json_logic_form(model: Model) -> Evaluate:
    """Rule by rule: the library compiles nothing, and one big rule is slower than many small ones."""
    points, rules = model.points, model.json_logic

    def evaluate(record: Record) -> Answer:
        fired = tuple([n for n, rule in enumerate(rules) if jsonLogic(rule, record)])
        return sum([points[n] for n in fired]), fired

    return evaluate


def _ours(scorer: Scorer, records: Sequence[Record]) -> Work:
    def work() -> int:
        for record in records:
            score(scorer, {}, fit_lines(scorer, record), 0)
        return len(records)

    return work


def _over(evaluate: Evaluate, records: Sequence[Record]) -> Work:
    def work() -> int:
        for record in records:
            evaluate(record)
        return len(records)

    return work
