"""Nobody reads a field that no contract has, and every fact is matched against every rule of the bus."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.catalog import CATALOG
from infra.catalog_types import BusRule
from shared.contracts.envelope import SCHEMA_VERSIONS
from shared.domain.insights.fold import fold
from shared.domain.insights.model import FactRow, LeadRow
from tests.contracts.samples import EVENTS, FACTS, name_of, read

CONSUMERS: dict[str, dict[str, list[str]]] = yaml.safe_load((EVENTS / "consumers.yaml").read_text(encoding="utf-8"))
CATALOGUE: dict[str, Any] = yaml.safe_load((EVENTS / "catalog.yaml").read_text(encoding="utf-8"))
NEEDS = [
    (consumer, fact, field)
    for consumer, needs in CONSUMERS.items()
    for pattern, fields in needs.items()
    for fact in (SCHEMA_VERSIONS if pattern == "*" else [pattern])
    for field in fields
]


@pytest.mark.parametrize(("consumer", "fact", "field"), NEEDS, ids="-".join)
def test_every_field_a_consumer_needs_is_in_the_contract(consumer: str, fact: str, field: str) -> None:
    schema = read(EVENTS / "schemas" / fact / f"{SCHEMA_VERSIONS[fact]}.json")
    head, _, name = field.partition(".")

    assert head in schema["properties"]
    if name:
        data = schema["$defs"][schema["properties"]["data"]["$ref"].rpartition("/")[2]]
        assert name in data["properties"], f"{consumer} reads {fact}.{field}"


def test_every_function_behind_the_bus_has_declared_what_it_needs() -> None:
    behind = {consumer for entry in CATALOGUE["facts"].values() for consumer in entry["consumers"]}

    assert behind <= set(CONSUMERS)
    assert set(CONSUMERS) <= {function.name for function in CATALOG.functions}


def _takes(rule: BusRule, event: dict[str, Any]) -> bool:
    """What EventBridge does with the pattern that the stack makes of a rule."""
    return event["source"] == CATALOG.bus.source and (not rule.facts or event["detail-type"] in rule.facts)


@pytest.mark.parametrize("rule", CATALOG.rules, ids=lambda rule: rule.name)
def test_a_rule_of_the_bus_speaks_only_of_facts_that_exist(rule: BusRule) -> None:
    assert set(rule.facts) <= set(SCHEMA_VERSIONS)


@pytest.mark.parametrize("rule", CATALOG.rules, ids=lambda rule: rule.name)
def test_a_rule_of_the_bus_narrows_by_fields_that_its_facts_have(rule: BusRule) -> None:
    for fact in rule.facts:
        schema = read(EVENTS / "schemas" / fact / f"{SCHEMA_VERSIONS[fact]}.json")
        data = schema["$defs"][schema["properties"]["data"]["$ref"].rpartition("/")[2]]
        assert {name for name, _ in rule.where} <= set(data["properties"])


@pytest.mark.parametrize("path", FACTS, ids=name_of)
def test_every_fact_is_taken_by_exactly_the_consumers_of_the_catalog(path: Path) -> None:
    sample = read(path)
    event = {"source": sample["producer"], "detail-type": sample["name"], "detail": sample}
    targets = {rule.target for rule in CATALOG.rules if _takes(rule, event)}

    behind = {
        function.name
        for function in CATALOG.functions
        for trigger in function.triggers
        if getattr(trigger, "queue", None) in targets
    }
    assert behind == set(CATALOGUE["facts"][sample["name"]]["consumers"])
    assert "lake" in targets, "every fact belongs into the lake"


def _row(name: str) -> FactRow:
    sample = read(EVENTS / "samples/facts" / name / f"{SCHEMA_VERSIONS[name]}.json")
    return FactRow(**{**sample, "occurred_at": 1, "recorded_at": 2})


@pytest.mark.parametrize("name", ["LeadMerged", "LeadUnmerged"])
def test_reports_find_the_lead_that_a_merge_is_about(name: str) -> None:
    row = _row(name)

    table = fold({}, [row])

    loser = row.data["loser_id"]
    assert table[loser].alias is not None
    assert table[loser].alias.target == (row.lead_id if name == "LeadMerged" else "")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("LeadCaptured", "created_at"),
        ("TouchpointRecorded", "first_touch"),
        ("StageChanged", "stage"),
        ("CompanyLinked", "company"),
        ("ScoreChanged", "grade"),
        ("ConsentGiven", "permissions"),
        ("ConsentWithdrawn", "permissions"),
    ],
)
def test_reports_take_from_every_sample_what_they_need(name: str, column: str) -> None:
    row: LeadRow = fold({}, [_row(name)])[_row(name).lead_id]

    assert getattr(row, column)
