"""OpenAPI 3.1 from the table of routes and the contracts. Written by nobody, so never stale."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.contracts.api import ProblemView
from shared.runtime.routing import PARAMETER, TITLES, Route

_REF: Final = "#/components/schemas/{model}"
_COMMON_ERRORS: Final = (400, 401, 403, 500)


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """The whole document; its paths are exactly the routes."""
    shapes = {shape for route in routes for shape in (route.answer, route.body, ProblemView) if shape is not None}
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    _, definitions = models_json_schema([(shape, "serialization") for shape in ordered], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Leadspine",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": definitions.get("$defs", {}),
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "x-roles": sorted(route.roles),
        "parameters": _parameters(route),
        "responses": {
            "200": {"description": "Answered", "content": {"application/json": {"schema": _schema(route.answer)}}},
            **{str(status): _problem(status) for status in sorted({*_COMMON_ERRORS, *route.errors})},
        },
    }
    if route.body is not None:
        content = {"application/json": {"schema": _schema(route.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in PARAMETER.findall(route.path)
    ]
    shape = route.query.model_json_schema(by_alias=True)
    query = [
        {"name": name, "in": "query", "required": name in shape.get("required", ()), "schema": schema}
        for name, schema in shape.get("properties", {}).items()
    ]
    return path + query


def _schema(shape: type[BaseModel] | None) -> dict[str, Any]:
    return {"type": "object"} if shape is None else {"$ref": _REF.format(model=shape.__name__)}


def _problem(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _schema(ProblemView)}}
    return {"description": TITLES[status], "content": content}
