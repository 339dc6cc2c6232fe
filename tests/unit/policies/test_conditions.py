"""What conditions mean, and that compiled ones mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.scoring.compile import compile_conditions
from shared.domain.scoring.condition import (
    LIST_OPS,
    NUMERIC_OPS,
    OPS,
    PRESENCE_OPS,
    TEXT_OPS,
    All,
    Always,
    Any_,
    Compare,
    Condition,
    Not,
    fields_of,
    holds,
    number,
)

TITLES = [
    ("cto", "CTO", True),
    ("cto", "Deputy CTO, EMEA", True),
    ("cto", "Director", False),
    ("intern", "International Sales Manager", False),
    ("vp", "MVP engineer", False),
    ("head of", "Head of IT", True),
    ("директор*", "Заместитель директора", True),
    ("директор", "Заместитель директора", False),
    ("*ward", "Steward", True),
    ("c++", "Lead C++ developer", True),
]


@pytest.mark.parametrize(("phrase", "title", "expected"), TITLES)
def test_mentions_any_looks_for_whole_words_unless_a_star_lets_them_go_on(
    phrase: str, title: str, expected: bool
) -> None:
    condition = Compare("profile.title", "mentions_any", ("nothing", phrase))

    assert holds(condition, {"profile": {"title": title}}) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5.0), ("5", 5.0), (" 50 000 ", 50000.0), ("1,250,000.50", 1250000.5), ("-3", -3.0), ("50\u00a0000", 50000.0)],
)
def test_a_number_is_read_as_people_write_it(value: object, expected: float) -> None:
    assert number(value) == expected


@pytest.mark.parametrize("value", ["", "50k", "inf", "nan", "1e400", "1,25", True, None, "9" * 400, "12 34"])
def test_what_is_no_number_satisfies_no_numeric_operator(value: object) -> None:
    assert not any(holds(Compare("known", op, 0), {"known": value}) for op in NUMERIC_OPS)


@pytest.mark.parametrize("record", [{}, {"profile": None}, {"profile": {}}, {"profile": {"title": None}}])
def test_a_missing_field_satisfies_only_missing_and_what_denies_equality(record: dict[str, object]) -> None:
    satisfied = {op for op in OPS if holds(Compare("profile.title", op, _value_for(op)), record)}

    assert satisfied == {"missing", "ne", "not_in"}


def test_an_empty_answer_counts_as_missing() -> None:
    assert holds(Compare("answers.budget", "missing"), {"answers": {"budget": ""}})


def test_a_key_may_itself_hold_dots() -> None:
    assert holds(Compare("answers.a.b", "eq", "x"), {"answers": {"a.b": "x"}})


def test_the_fields_of_a_condition_are_found_however_deep() -> None:
    condition = All((Not(Any_((Compare("a.b", "exists"), Always()))), Compare("known", "eq", True)))

    assert fields_of(condition) == {"a.b", "known"}


def _value_for(op: str) -> object:
    if op in PRESENCE_OPS:
        return None
    if op in LIST_OPS:
        return ("cto",)
    return "cto" if op in TEXT_OPS | {"eq", "ne"} else 1


WORDS = st.sampled_from(["cto", "CTO", "director", "Head of IT", "50 000", "7", "", "ё*", "a.b", "İx"])
SCALARS = st.one_of(WORDS, st.integers(-3, 3), st.booleans(), st.floats(-3, 3))
FIELDS = st.sampled_from(["profile.title", "answers.budget", "attributes.a.b", "known"])


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    op = draw(st.sampled_from(sorted(OPS)))
    if op in PRESENCE_OPS:
        value: object = None
    elif op in ("in", "not_in"):
        value = tuple(draw(st.lists(SCALARS, max_size=3)))
    elif op in LIST_OPS:
        value = tuple(draw(st.lists(WORDS.filter(lambda w: w.strip("*")), min_size=1, max_size=3)))
    elif op in NUMERIC_OPS:
        value = draw(st.one_of(st.integers(-3, 60000), st.floats(-3, 3)))
    else:
        value = draw(WORDS.filter(bool)) if op in TEXT_OPS else draw(SCALARS)
    return Compare(draw(FIELDS), op, value)


CONDITIONS = st.recursive(
    st.one_of(comparisons(), st.just(Always())),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda items: All(tuple(items))),
        st.lists(inner, max_size=3).map(lambda items: Any_(tuple(items))),
    ),
    max_leaves=6,
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.one_of(st.none(), st.fixed_dictionaries({}, optional={"title": st.one_of(st.none(), SCALARS)})),
        "answers": st.fixed_dictionaries({}, optional={"budget": SCALARS}),
        "attributes": st.fixed_dictionaries({}, optional={"a.b": SCALARS}),
        "known": st.booleans(),
    },
)


@given(st.lists(CONDITIONS, max_size=4), RECORDS)
def test_compiled_conditions_mean_what_the_interpreter_says(
    conditions: list[Condition], record: dict[str, object]
) -> None:
    compiled = compile_conditions(enumerate(conditions))

    assert compiled(record) == tuple(n for n, condition in enumerate(conditions) if holds(condition, record))
