"""Points: what a signal adds to the counters of a lead, and how counters and profile read as a score.

Engagement decays: a counter holds ``value`` as of ``at`` and halves every half-life, so additions commute and any
order of the same signals ends in the same counter. Caps apply when the counter is read. A score is read in hundredths
of a point, rounded half up per line, and the total is the sum of its lines: it always adds up.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from shared.domain.instant import Instant
from shared.domain.scoring.compile import compile_conditions
from shared.domain.scoring.condition import Record
from shared.domain.scoring.model import Counter, Score, ScoreLine
from shared.domain.scoring.policy_model import FIT, ScoringModel, ScoringRule
from shared.domain.values import maker

RECENT: Final = 3
"""Signals that a line of a score names: the latest ones."""
_HALF_UP = 0.5 + 1e-9
"""Rounds half up, with room for the last bits of floating point, which depend on the order of addition."""

Reading = tuple[str, float, float]
"""What reading a counter takes of its rule: version, half-life and cap, infinite where the rule has none."""

_signal_id: Final = itemgetter(1)
_counter, _line, _score = maker(Counter), maker(ScoreLine), maker(Score)


@dataclass(frozen=True, slots=True)
class Scorer:
    """A compiled scoring model. Build it once with ``compile_model``; everything else is pure look-up.

    ``by_kind`` answers with the rules that a signal of a kind hits, ``fit`` with the lines that a person earns.
    """

    model: ScoringModel
    rules: Mapping[str, ScoringRule]
    readings: Mapping[str, Reading]
    by_kind: Mapping[str, Callable[[Record], tuple[ScoringRule, ...]]]
    fit: Callable[[Record], tuple[ScoreLine, ...]]
    fit_by_rule: Mapping[str, ScoreLine]


def compile_model(model: ScoringModel) -> Scorer:
    """Compile the conditions of a model: one matcher per signal kind, one for fit."""
    kinds = {kind for rule in model.rules for kind in rule.kinds}
    return Scorer(
        model=model,
        rules={rule.id: rule for rule in model.rules},
        readings={rule.id: _reading(rule) for rule in model.rules},
        by_kind={
            kind: compile_conditions((rule, rule.when) for rule in model.rules if kind in rule.kinds) for kind in kinds
        },
        fit_by_rule={rule.id: _fit_line(rule) for rule in model.rules if rule.category == FIT},
        fit=compile_conditions((_fit_line(rule), rule.when) for rule in model.rules if rule.category == FIT),
    )


def _fit_line(rule: ScoringRule) -> ScoreLine:
    return ScoreLine(rule.id, rule.version, hundredths(rule.points), 1, ())


def hundredths(points: float) -> int:
    """Points as whole hundredths, half up and away from zero."""
    scaled = points * 100
    return int(scaled + _HALF_UP) if scaled >= 0 else -int(_HALF_UP - scaled)


def decayed(value: float, elapsed: Instant, half_life: int | None) -> float:
    """A value after some time: value · 2^(−elapsed / half-life)."""
    if half_life is None or elapsed == 0:
        return value
    exponent = elapsed / half_life
    return value * 0.5**exponent if exponent < 1000 else 0.0


def add(counter: Counter | None, rule: ScoringRule, at: Instant, signal_id: str) -> Counter:
    """A counter with one more hit. Commutes: the reference time is the latest hit, whatever came first."""
    if counter is None:
        return Counter(rule.points, at, 1, ((at, signal_id),))
    value, reference, hits, recent = counter
    if at >= reference:
        value = decayed(value, at - reference, rule.half_life_ms) + rule.points
        reference = at
    else:
        value += decayed(rule.points, reference - at, rule.half_life_ms)
    hit = (at, signal_id)
    newest = (hit, *recent[: RECENT - 1]) if hit > recent[0] else tuple(sorted((*recent, hit), reverse=True)[:RECENT])
    return _counter((value, reference, hits + 1, newest))


def combine(counters: Sequence[Counter], rule: ScoringRule) -> Counter:
    """The counters of one rule over several leads that are one person."""
    if len(counters) == 1:
        return counters[0]
    at = max(c.at for c in counters)
    # Summed in a fixed order, so that floating point cannot depend on which lead came first.
    value = sum(sorted(decayed(c.value, at - c.at, rule.half_life_ms) for c in counters))
    recent = tuple(sorted({r for c in counters for r in c.recent}, reverse=True)[:RECENT])
    return Counter(value, at, sum(c.hits for c in counters), recent)


def read(counter: Counter, rule: ScoringRule, at: Instant) -> int:
    """A counter's points in hundredths at an instant, capped. An instant before the last hit reads as of that hit."""
    value, _, half_life, cap = counter.value, *_reading(rule)
    if at > counter.at:
        value *= 0.5 ** ((at - counter.at) / half_life)
    return hundredths(min(max(value, -cap), cap))


def _reading(rule: ScoringRule) -> Reading:
    half_life = math.inf if rule.half_life_ms is None else float(rule.half_life_ms)
    return rule.version, half_life, math.inf if rule.cap is None else rule.cap


def fit_lines(scorer: Scorer, record: Record) -> tuple[ScoreLine, ...]:
    """The fit lines that a person's profile, company and answers earn now."""
    return scorer.fit(record)


def score(scorer: Scorer, counters: Mapping[str, Counter], fit: tuple[ScoreLine, ...], at: Instant) -> Score:
    """The score at an instant, with a line for every rule that contributes. Counters of deleted rules are silent."""
    lines = list(fit)
    readings = scorer.readings
    engagement = 0
    for rule_id, (held, last_hit, hits, recent) in counters.items():
        reading = readings.get(rule_id)
        if reading is None:
            continue
        version, half_life, cap = reading
        # ``read``, without the calls: these lines run for every counter of every decision.
        value = held * 0.5 ** ((at - last_hit) / half_life) if at > last_hit else held
        if not -cap <= value <= cap:
            value = cap if value > 0 else -cap
        points = int(value * 100 + _HALF_UP) if value >= 0 else -int(_HALF_UP - value * 100)
        if points:
            engagement += points
            caused_by = (recent[0][1],) if len(recent) == 1 else tuple(map(_signal_id, recent))
            lines.append(_line((rule_id, version, points, hits, caused_by)))
    fit_total = sum([line.points for line in fit])
    model = scorer.model
    grade = _band(model.fit_bands, fit_total) + _band(model.engagement_bands, engagement)
    return _score((fit_total + engagement, fit_total, engagement, grade, tuple(lines), model.version, at))


def ordered(lines: Iterable[ScoreLine]) -> tuple[ScoreLine, ...]:
    """Lines as people read them: the largest effect first, then by rule."""
    return tuple(sorted(lines, key=lambda line: (-abs(line.points), line.rule)))


def _band(bands: tuple[tuple[str, float], ...], value: int) -> str:
    for name, minimum in bands:
        if value >= minimum * 100:
            return name
    return bands[-1][0]
