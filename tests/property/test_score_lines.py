"""A score is made of counters as ``read`` reads them, whatever shortcuts it takes."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.instant import DAY
from shared.domain.scoring.condition import Always
from shared.domain.scoring.model import Counter
from shared.domain.scoring.policy import compile_model, read, score
from shared.domain.scoring.policy_model import ENGAGEMENT, ScoringModel, ScoringRule

NEVER_AGAIN = 10**15


def rules() -> st.SearchStrategy[ScoringRule]:
    return st.builds(
        ScoringRule,
        id=st.sampled_from(["a", "b", "c"]),
        version=st.just("00000000"),
        category=st.just(ENGAGEMENT),
        points=st.just(1.0),
        kinds=st.just(frozenset({"page_viewed"})),
        when=st.just(Always()),
        half_life_ms=st.none() | st.integers(1, 400 * DAY),
        cap=st.none() | st.floats(0.25, 100),
    )


def counters() -> st.SearchStrategy[dict[str, Counter]]:
    counter = st.builds(
        Counter,
        value=st.floats(-500, 500),
        at=st.integers(0, 400 * DAY),
        hits=st.integers(1, 99),
        recent=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["x", "y"])), min_size=1, max_size=3).map(tuple),
    )
    return st.dictionaries(st.sampled_from(["a", "b", "c", "deleted"]), counter)


@given(st.lists(rules(), unique_by=lambda rule: rule.id), counters(), st.integers(0, 800 * DAY) | st.just(NEVER_AGAIN))
def test_every_line_of_a_score_is_its_counter_read_at_that_instant(
    known: list[ScoringRule], held: dict[str, Counter], at: int
) -> None:
    bands = (("A", float("-inf")),)
    model = ScoringModel(rules=tuple(known), fit_bands=bands, engagement_bands=bands, version="1")

    result = score(compile_model(model), held, (), at)

    expected = {rule.id: points for rule in known if rule.id in held and (points := read(held[rule.id], rule, at))}
    assert {line.rule: line.points for line in result.lines} == expected
    assert result.total == sum(expected.values())
    assert {line.rule: (line.hits, line.event_ids) for line in result.lines} == {
        rule_id: (held[rule_id].hits, tuple(signal_id for _, signal_id in held[rule_id].recent)) for rule_id in expected
    }
