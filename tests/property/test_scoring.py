"""Compiled conditions mean what the condition language says; counters commute; scores add up at every instant."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.instant import DAY
from shared.domain.scoring.compile import compile_conditions
from shared.domain.scoring.condition import OPS, All, Always, Any_, Compare, Condition, Not, holds
from shared.domain.scoring.model import Counter
from shared.domain.scoring.policy import add, combine, compile_model, decayed, hundredths, read, score
from shared.domain.scoring.policy_model import ScoringModel, ScoringRule

TEXTS = st.sampled_from(
    ["", "CTO", "Director of IT", "intern", "/pricing", "50 000", "12", "ŻABKA", "o'neil (x)", "\\"]
)
SCALARS = TEXTS | st.integers(-5, 60_000) | st.floats(allow_nan=False, allow_infinity=False, width=32) | st.booleans()
FIELDS = st.sampled_from(["profile.title", "attributes.path", "answers.budget", "known", "score.total"])
LISTS = st.lists(TEXTS | st.integers(0, 20), min_size=1, max_size=3).map(tuple)
TEXT_LISTS = st.lists(TEXTS.filter(bool), min_size=1, max_size=3).map(tuple)


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    op = draw(st.sampled_from(sorted(OPS)))
    if op in {"gt", "ge", "lt", "le"}:
        value: Any = draw(st.integers(-5, 60_000))
    elif op in {"in", "not_in"}:
        value = draw(LISTS)
    elif op in {"matches_any", "mentions_any"}:
        value = draw(TEXT_LISTS)
    elif op in {"contains", "starts_with", "ends_with"}:
        value = draw(TEXTS)
    else:
        value = None if op in {"exists", "missing"} else draw(SCALARS)
    return Compare(draw(FIELDS), op, value)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    comparisons() | st.just(Always()),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: All(tuple(items)))
        | st.lists(inner, max_size=3).map(lambda items: Any_(tuple(items)))
        | inner.map(Not)
    ),
    max_leaves=6,
)

RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.none() | st.dictionaries(st.just("title"), st.none() | SCALARS),
        "attributes": st.dictionaries(st.just("path"), st.none() | SCALARS),
        "answers": st.dictionaries(st.just("budget"), st.none() | SCALARS),
        "score": st.dictionaries(st.just("total"), st.none() | SCALARS),
        "known": st.booleans(),
    },
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=4), RECORDS)
def test_compiled_conditions_mean_what_the_language_says(conditions: list[Condition], record: dict[str, Any]) -> None:
    expected = tuple(n for n, condition in enumerate(conditions) if holds(condition, record))

    assert compile_conditions(enumerate(conditions))(record) == expected


def test_no_text_of_a_policy_becomes_code() -> None:
    hostile = "'''); import os; os.abort() #\n\\x00{}"
    match = compile_conditions([(0, Compare(f"profile.{hostile}", "eq", hostile))])

    assert match({"profile": {hostile: hostile}}) == (0,)
    assert match({"profile": {}}) == ()


RULE = ScoringRule(
    id="r",
    version="1",
    category="engagement",
    points=7.3,
    kinds=frozenset({"page_viewed"}),
    when=Always(),
    half_life_ms=14 * DAY,
    cap=25.0,
)
HITS = st.lists(st.tuples(st.integers(0, 200 * DAY), st.uuids().map(str)), min_size=1, max_size=30, unique=True)


def collected(hits: list[tuple[int, str]]) -> Counter:
    counter: Counter | None = None
    for at, signal_id in hits:
        counter = add(counter, RULE, at, signal_id)
    assert counter is not None
    return counter


@settings(max_examples=500, deadline=None)
@given(HITS, st.randoms(use_true_random=False), st.integers(0, 400 * DAY))
def test_counters_commute_and_combine_to_the_same_points(hits: list[tuple[int, str]], shuffle: Any, later: int) -> None:
    whole = collected(hits)
    scrambled = list(hits)
    shuffle.shuffle(scrambled)
    middle = shuffle.randint(1, len(scrambled))
    parts = [collected(part) for part in (scrambled[:middle], scrambled[middle:]) if part]

    merged = combine(parts, RULE)

    at = 200 * DAY + later
    assert read(merged, RULE, at) == read(whole, RULE, at)
    assert (merged.at, merged.hits, merged.recent) == (whole.at, whole.hits, whole.recent)


@given(st.floats(-1e5, 1e5, allow_nan=False))
def test_rounding_is_half_up_away_from_zero_and_odd(points: float) -> None:
    assert hundredths(-points) == -hundredths(points)
    assert abs(hundredths(points) - points * 100) <= 0.5 + 1e-6


def test_a_value_halves_every_half_life() -> None:
    assert decayed(80.0, 3 * 14 * DAY, 14 * DAY) == 10.0
    assert decayed(80.0, 10**9 * DAY, 14 * DAY) == 0.0
    assert decayed(80.0, 10**9 * DAY, None) == 80.0


def test_a_cap_applies_to_the_decayed_value_when_it_is_read() -> None:
    counter = collected([(0, f"s{n}") for n in range(10)])

    assert read(counter, RULE, 0) == 2500
    assert read(counter, RULE, 14 * DAY) == 2500
    assert read(counter, RULE, 28 * DAY) == 1825


def test_counters_of_deleted_rules_are_silent() -> None:
    model = ScoringModel(
        rules=(RULE,), fit_bands=(("A", 0), ("D", float("-inf"))), engagement_bands=(("1", 0.0),), version="v"
    )
    counters = {"gone": Counter(50.0, 0, 1, ()), "r": Counter(5.0, 0, 1, ((0, "s"),))}

    result = score(compile_model(model), counters, (), 0)

    assert result.total == sum(line.points for line in result.lines) == 500
