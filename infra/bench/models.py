"""The same scoring rules in three languages: ours, expressions for zen-engine, and JsonLogic.

Conditions are what marketers write: numbers over a threshold, membership in a list, words in a text, how a path
starts or a domain ends; one to three of them per rule. Every record has every field, with plain values in lower case,
so that all three languages mean the same by every condition.
"""

import json
import random
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.scoring.condition import All, Compare
from shared.domain.scoring.policy_model import FIT, ScoringModel, ScoringRule

Record = dict[str, dict[str, Any]]

TITLES: Final = (
    "chief technology officer", "head of operations", "procurement manager", "software engineer", "it director",
    "student", "vice president sales", "managing director", "data analyst", "marketing specialist",
)  # fmt: skip
WORDS: Final = ("chief", "head", "manager", "director", "engineer", "president", "student", "analyst", "sales", "it")
COUNTRIES: Final = ("DE", "PL", "FR", "US", "GB", "CZ", "ES", "IT", "RU", "KZ")
INDUSTRIES: Final = ("software", "retail", "logistics", "manufacturing", "finance", "health")
DOMAINS: Final = ("acme.de", "globex.com", "initech.co.uk", "umbrella.pl", "hooli.com", "stark.io", "wayne.org")
ENDINGS: Final = (".de", ".com", ".co.uk", ".pl", ".io", ".org")
PATHS: Final = ("/pricing", "/blog/guide", "/docs/api", "/customers/acme", "/product/tour", "/demo")
STARTS: Final = ("/pricing", "/blog", "/docs", "/customers", "/product", "/demo")


@dataclass(frozen=True, slots=True)
class Model:
    """One model in all three languages. Rule ``n`` is worth ``points[n]``, whole and positive."""

    ours: ScoringModel
    zen: tuple[str, ...]
    json_logic: tuple[dict[str, Any], ...]
    points: tuple[int, ...]


def make_model(size: int, seed: int = 7) -> Model:
    """A model of that many rules."""
    rng = random.Random(seed)  # noqa: S311 - a reproducible model, no secret
    rules = [[_comparison(rng) for _ in range(rng.randint(1, 3))] for _ in range(size)]
    points = tuple(rng.randint(1, 20) for _ in rules)
    return Model(
        ours=ScoringModel(
            rules=tuple(_rule(n, comparisons, points[n]) for n, comparisons in enumerate(rules)),
            fit_bands=(("A", 100), ("B", 50), ("C", 10), ("D", float("-inf"))),
            engagement_bands=(("1", 50), ("2", float("-inf"))),
            version="bench",
        ),
        zen=tuple(" and ".join(map(_zen, comparisons)) for comparisons in rules),
        json_logic=tuple({"and": [_json_logic(c) for c in comparisons]} for comparisons in rules),
        points=points,
    )


def make_records(size: int, seed: int = 11) -> list[Record]:
    """People to score."""
    rng = random.Random(seed)  # noqa: S311 - reproducible records, no secret
    return [
        {
            "profile": {"title": rng.choice(TITLES), "country": rng.choice(COUNTRIES)},
            "answers": {
                "employees": rng.randint(1, 5000),
                "budget": rng.randrange(0, 100_000, 500),
                "industry": rng.choice(INDUSTRIES),
            },
            "company": {"domain": rng.choice(DOMAINS)},
            "attributes": {"path": rng.choice(PATHS), "visits": rng.randint(0, 60)},
        }
        for _ in range(size)
    ]


def _comparison(rng: random.Random) -> Compare:
    return rng.choice(
        (
            Compare("answers.employees", rng.choice(("ge", "lt")), rng.randrange(50, 4000, 50)),
            Compare("answers.budget", rng.choice(("ge", "lt")), rng.randrange(1000, 90_000, 500)),
            Compare("attributes.visits", rng.choice(("gt", "le")), rng.randint(2, 50)),
            Compare("profile.country", "in", tuple(rng.sample(COUNTRIES, rng.randint(2, 5)))),
            Compare("answers.industry", "in", tuple(rng.sample(INDUSTRIES, 2))),
            Compare("answers.industry", "eq", rng.choice(INDUSTRIES)),
            Compare("profile.title", "contains", rng.choice(WORDS)),
            Compare("attributes.path", "starts_with", rng.choice(STARTS)),
            Compare("company.domain", "ends_with", rng.choice(ENDINGS)),
        )
    )


def _rule(n: int, comparisons: list[Compare], points: int) -> ScoringRule:
    return ScoringRule(
        id=f"rule-{n}",
        version="00000000",
        category=FIT,
        points=points,
        kinds=frozenset(),
        when=All(tuple(comparisons)),
        half_life_ms=None,
        cap=None,
    )


_SIGNS: Final = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "=="}
_ZEN_TEXT: Final = {"contains": "contains", "starts_with": "startsWith", "ends_with": "endsWith"}


def _zen(c: Compare) -> str:
    if c.op in _ZEN_TEXT:
        return f"{_ZEN_TEXT[c.op]}({c.field}, {json.dumps(c.value)})"
    return f"{c.field} {_SIGNS.get(c.op, c.op)} {json.dumps(c.value)}"


def _json_logic(c: Compare) -> dict[str, Any]:
    field: dict[str, Any] = {"var": c.field}
    if c.op == "in":
        return {"in": [field, list(c.value)]}
    if c.op == "contains":
        return {"in": [c.value, field]}
    if c.op == "starts_with":
        return {"==": [{"substr": [field, 0, len(c.value)]}, c.value]}
    if c.op == "ends_with":
        return {"==": [{"substr": [field, -len(c.value)]}, c.value]}
    return {_SIGNS[c.op]: [field, c.value]}
