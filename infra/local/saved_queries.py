"""Saved queries of Athena from a template: AWS makes them, upstream knows such queries but refuses the resource."""

# ruff: noqa: SLF001 - the engine has no public interface for what is done here, and no types

import json
from typing import Any

from infra.local.ministack import athena, provisioners

Record = dict[str, Any]


def keep_saved_queries() -> None:
    """Let templates make, replace and remove saved queries. Nothing runs them here: reports count in process."""
    handlers = {"create": _create, "update": _update, "delete": _delete}
    provisioners._RESOURCE_HANDLERS["AWS::Athena::NamedQuery"] = handlers


def _create(_logical_id: str, props: Record, _stack: str) -> tuple[str, Record]:
    _status, _headers, body = athena._create_named_query(props)
    made = json.loads(body)["NamedQueryId"]
    return made, {"NamedQueryId": made}


def _update(made: str, _before: Record, props: Record, stack: str) -> tuple[str, Record]:
    _delete(made, props)
    return _create("", props, stack)


def _delete(made: str, _props: Record) -> None:
    athena._delete_named_query({"NamedQueryId": made})
