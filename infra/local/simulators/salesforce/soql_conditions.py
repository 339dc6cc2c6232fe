"""Comparisons of SOQL: what one literal means for one field."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.fields import NUMBER_TYPES, Field
from infra.local.simulators.salesforce.ids import normal_id
from infra.local.simulators.salesforce.soql_text import Value, malformed
from infra.local.simulators.salesforce.values import parse_moment, stamp
from infra.local.simulators.store import Row

Test = Callable[[Row], bool]
Read = Callable[[Row], Any]


def folded(value: Any) -> Any:
    """A value as comparisons see it: text without case."""
    return value.lower() if isinstance(value, str) else value


def like_pattern(text: str) -> re.Pattern[str]:
    """`%` any text, `_` one character; a backslash takes their meaning."""
    parts = re.split(r"(\\.|%|_)", text)
    known = {"%": ".*", "_": "."}
    return re.compile(
        "".join(known.get(part) or re.escape(part.removeprefix("\\")) for part in parts), re.IGNORECASE | re.DOTALL
    )


def literal_of(field: Field, value: Value) -> Any:
    """A literal as the field stores its values.

    Raises:
        SalesforceError: it is of another type than the field.
    """
    if value.kind == "word":
        return {"NULL": None, "TRUE": True, "FALSE": False}.get(value.value)
    wanted = {"date": "date", "datetime": "moment", "boolean": "word"}.get(
        field.type, "number" if field.type in NUMBER_TYPES else "string"
    )
    if value.kind != wanted:
        raise SalesforceError(
            "INVALID_FIELD",
            f"value of filter criterion for field '{field.name}' must be of type {field.type} and should "
            f"{'not ' if value.kind == 'string' else ''}be enclosed in quotes",
        )
    if value.kind == "moment":
        return stamp(parse_moment(value.value))
    if field.type in ("id", "reference") and value.value:
        known = normal_id(value.value)
        if known is None:
            raise SalesforceError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value.value}")
        return known
    return value.value


def compare(read: Read, operator: str, wanted: Any) -> Test:
    """Comparison with one value; `=` and `!=` know null, the others never hold for it."""
    target = folded(wanted)
    if operator == "=":
        return lambda row: folded(read(row)) == target
    if operator == "!=":
        return lambda row: folded(read(row)) != target
    signs: dict[str, Callable[[Any, Any], bool]] = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    holds = signs[operator]
    if target is None:
        return lambda _row: False
    # Ids are ordered with their case, every other text without it.
    keep = isinstance(wanted, str) and len(wanted) == 18
    return lambda row: (
        (own := read(row)) is not None and holds(own if keep else folded(own), wanted if keep else target)
    )


def in_days(read: Read, field: Field, operator: str, days: tuple[date, date]) -> Test:
    """Comparison with a range of days: `<` is before it, `>` after it, `=` inside."""
    start, end = (
        day.isoformat() if field.type == "date" else stamp(datetime.combine(day, time(), UTC)) for day in days
    )
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda own: start <= own < end,
        "!=": lambda own: not start <= own < end,
        "<": lambda own: own < start,
        "<=": lambda own: own < end,
        ">": lambda own: own >= end,
        ">=": lambda own: own >= start,
    }
    if field.type not in ("date", "datetime"):
        raise malformed(f"{field.name} is no date")
    holds = tests[operator]
    return lambda row: (own := read(row)) is not None and holds(own)
