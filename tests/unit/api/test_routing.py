"""Whatever arrives, the API answers: 4xx for what is wrong with it, never 5xx, never an exception."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.app.cursors import Cursors
from shared.domain.intake.problem import Problem
from tests.unit.api.world import ann_and_bob, event

WORLD = ann_and_bob()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
PATHS = st.sampled_from([route.path for route in WORLD.routes]) | st.text(max_size=30).map(lambda text: f"/api/{text}")
IDS = st.text(max_size=20) | st.sampled_from(["funnel", "kpis", "lead_x", "..", "%2e%2e", "a" * 200])
QUERIES = st.dictionaries(st.sampled_from(["cursor", "from", "to", "by", "x"]), st.text(max_size=20), max_size=3)
QUESTIONS = st.dictionaries(
    st.sampled_from(["email", "phone", "external_id", "stage", "text", "cursor", "x"]), JSON | st.text(), max_size=3
)


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "get", ""]),
    path=PATHS,
    identifier=IDS,
    query=QUERIES,
    body=st.none() | st.text(max_size=60) | QUESTIONS,
    encoded=st.booleans(),
)
def test_any_request_gets_an_answer_that_is_not_our_fault(
    method: str, path: str, identifier: str, query: dict[str, str], body: Any, *, encoded: bool
) -> None:
    raw = body if body is None or isinstance(body, str) else json.dumps(body)
    asked = event(method, path.replace("{id}", identifier).replace("{name}", identifier), raw, query=query)
    asked["isBase64Encoded"] = encoded

    answer = WORLD.router(asked)

    assert answer["statusCode"] < 500, answer
    json.loads(answer["body"])


@pytest.mark.parametrize(
    "odd", [{}, {"requestContext": {}}, {"rawPath": None}, {"requestContext": {"authorizer": None}}]
)
def test_an_odd_event_is_refused(odd: dict[str, Any]) -> None:
    assert WORLD.router(odd)["statusCode"] in (401, 404)


@given(scope=st.text(max_size=20), position=st.lists(st.integers() | st.text(max_size=10), min_size=1, max_size=3))
def test_a_cursor_gives_back_its_position_in_its_own_list_only(scope: str, position: list[Any]) -> None:
    cursors, others = Cursors(lambda: b"one"), Cursors(lambda: b"two")
    cursor = cursors.seal(scope, position)

    assert cursors.open(scope, cursor) == position
    for wrong in (lambda: others.open(scope, cursor), lambda: cursors.open(scope + "x", cursor)):
        with pytest.raises(Problem):
            wrong()


@given(text=st.text(max_size=60))
def test_no_invented_cursor_opens(text: str) -> None:
    with pytest.raises(Problem):
        Cursors(lambda: b"one").open("list", text)
