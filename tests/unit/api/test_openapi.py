"""OpenAPI is the inventory of routes: nothing missing, nothing more, every reference there."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.unit.api.world import World, ann_and_bob


@pytest.fixture(scope="module")
def world() -> World:
    return ann_and_bob()


@pytest.fixture(scope="module")
def document(world: World) -> Any:
    return world.get("/api/openapi.json")


def references(node: Any) -> set[str]:
    return set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(node)))


def test_the_document_lists_exactly_the_routes_with_their_roles(world: World, document: Any) -> None:
    listed = {
        (method.upper(), path, tuple(operation["x-roles"]))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }

    assert document["openapi"] == "3.1.0"
    assert listed == {(route.method, route.path, tuple(sorted(route.roles))) for route in world.routes}
    assert len(listed) == len(world.routes)


def test_every_reference_leads_somewhere_and_every_schema_is_valid(document: Any) -> None:
    schemas = document["components"]["schemas"]

    assert references(document) <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_has_its_own_name_and_says_what_can_go_wrong(document: Any) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]

    assert len(names) == len(set(names))
    for operation in operations:
        assert {"200", "400", "401", "403"} <= set(operation["responses"])


def test_answers_validate_against_the_document(world: World, document: Any) -> None:
    lead = world.search(email="ann@acme.example")
    base = f"/api/leads/{lead['items'][0]['id']}"
    answers = {
        "LeadList": lead,
        "Lead": world.get(base),
        "TimelinePage": world.get(f"{base}/timeline"),
        "ScorePage": world.get(f"{base}/score"),
        "ConsentList": world.get(f"{base}/consents"),
        "CompanyView": world.get(f"{base}/company"),
        "FunnelReport": world.get("/api/reports/funnel"),
        "KpiReport": world.get("/api/reports/kpis"),
        "ApiStatus": world.get("/api/status"),
        "ProblemView": world.call("GET", "/api/nothing")[1],
    }

    for name, answer in answers.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(answer)


def test_query_parameters_and_ids_are_documented(document: Any) -> None:
    parameters = document["paths"]["/api/reports/{name}"]["get"]["parameters"]

    assert [(p["name"], p["in"]) for p in parameters] == [
        ("name", "path"), ("from", "query"), ("to", "query"), ("by", "query"),
    ]  # fmt: skip
