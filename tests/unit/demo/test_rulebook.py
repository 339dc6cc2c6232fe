"""The second reading of the policies: what the words of a policy file mean, by examples worked out by hand."""

from pathlib import Path
from typing import Any

import pytest

from infra.local.demo.rulebook import DAY, Happening, Rulebook, holds

RULES = Path(__file__).parents[3] / "shared" / "policies" / "rules"

SCORING = """
fit_bands: {A: 20, B: 10}
engagement_bands: {"1": 10, "2": 5}
rules:
  - {id: boss, category: fit, points: 15, when: {field: profile.title, op: mentions_any, value: [cto, head*]}}
  - {id: page, category: engagement, kinds: [page_viewed], points: 8, half_life_days: 2, cap: 10}
  - {id: spam, category: engagement, kinds: [email_complained], points: -3}
"""
LIFECYCLE = """
stages:
  - {id: inquiry, order: 1, enter: {field: known, op: eq, value: true}}
  - {id: mql, order: 2, enter: {field: score.total, op: ge, value: 20}}
  - {id: meeting, order: 3}
  - {id: customer, order: 4, enter: {field: signal.kind, op: eq, value: order_paid}}
"""


@pytest.fixture
def rulebook(tmp_path: Path) -> Rulebook:
    (tmp_path / "scoring.yaml").write_text(SCORING)
    (tmp_path / "lifecycle.yaml").write_text(LIFECYCLE)
    return Rulebook(tmp_path)


@pytest.mark.parametrize(
    ("op", "value", "wanted", "answer"),
    [
        ("mentions_any", "Head of IT", ["head"], True),
        ("mentions_any", "Director", ["cto"], False),
        ("mentions_any", "Headquarters", ["head"], False),
        ("mentions_any", "Dyrektorka zakupów", ["dyrektor*"], True),
        ("mentions_any", "/request-demo", ["request-demo"], True),
        ("mentions_any", "VP of Finance", ["vice president", "vp"], True),
        ("matches_any", "Whitepaper: DEMO", ["demo"], True),
        ("ge", "250", 200, True),
        ("ge", "1000+", 200, False),
        ("lt", None, 200, False),
        ("in", "PL", ["PL", "DE"], True),
        ("not_in", None, ["D1"], True),
        ("exists", "", None, False),
        ("missing", None, None, True),
        ("ends_with", "a@b.EDU", ".edu", True),
    ],
)
def test_an_operator_means_what_the_schema_says(op: str, value: Any, wanted: Any, answer: bool) -> None:
    assert holds({"field": "x.y", "op": op, "value": wanted}, {"x": {"y": value}}) is answer


def test_points_halve_every_half_life_and_are_bounded_when_they_are_read(rulebook: Rulebook) -> None:
    hits = {"page": [0, 2 * DAY], "spam": [0]}

    assert rulebook.score(hits, {}, 2 * DAY).lines == {"page": 10.0, "spam": -3.0}
    assert rulebook.score(hits, {}, 4 * DAY).lines == {"page": 6.0, "spam": -3.0}


def test_a_score_is_the_sum_of_its_lines_and_has_a_grade(rulebook: Rulebook) -> None:
    score = rulebook.score({"page": [0]}, {"profile": {"title": "CTO"}}, 0)

    assert (score.total, score.fit, score.engagement, score.grade) == (23.0, 15.0, 8.0, "B2")


def test_a_happening_earns_the_rules_of_its_kind(rulebook: Rulebook) -> None:
    assert rulebook.earned(Happening(0, "page_viewed", {})) == ["page"]
    assert rulebook.earned(Happening(0, "chat_started", {})) == []


def test_a_stage_passed_over_counts_as_entered_unless_only_others_put_people_there(rulebook: Rulebook) -> None:
    to = rulebook.furthest({"known": True, "score": {"total": 3}, "signal": {"kind": "order_paid"}})

    assert to == "customer"
    assert rulebook.passed(None, "customer") == ["inquiry", "mql", "customer"]
    assert rulebook.passed("customer", "mql") == []


def test_the_shipped_policies_are_understood() -> None:
    rulebook = Rulebook(RULES)
    happening = Happening(0, "form_submitted", {"form_id": "request-demo"})

    assert {"form-submitted", "form-demo-request"} <= set(rulebook.earned(happening))
