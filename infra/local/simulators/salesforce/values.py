"""Values on their way into a field: types, lengths and shapes, refused in Salesforce's words."""

import re
from datetime import UTC, date, datetime
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.fields import NUMBER_TYPES, TEXT_TYPES, Field
from infra.local.simulators.salesforce.ids import normal_id

_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}")
_MAXIMUM = {"int": 2**31 - 1}
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def stamp(moment: datetime) -> str:
    """A date-time as Salesforce stores and shows it: whole seconds, UTC, `+0000` without a colon."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def parse_moment(text: str) -> datetime:
    """A date-time in any of the forms Salesforce takes.

    Raises:
        ValueError: it is none.
    """
    if "T" not in text:
        raise ValueError(text)
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def to_field(field: Field, value: Any) -> Any:
    """A value as the field stores it.

    Raises:
        SalesforceError: it does not fit.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return False if field.type == "boolean" else None
    if isinstance(value, (dict, list)):
        raise _unreadable(field, value)
    if field.type in TEXT_TYPES or field.type == "id":
        return _text(field, value)
    if field.type == "reference":
        return _reference(field, value)
    try:
        return _scalar(field, value)
    except (ValueError, TypeError, OverflowError) as error:
        raise _unreadable(field, value) from error


def _text(field: Field, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value).strip()
    if len(text) > field.length:
        label = field.label or field.name
        raise SalesforceError(
            "STRING_TOO_LONG", f"{label}: data value too large: {text} (max length={field.length})", [field.name]
        )
    if field.type == "email" and not _EMAIL.fullmatch(text):
        raise SalesforceError(
            "INVALID_EMAIL_ADDRESS", f"{field.label or field.name}: invalid email address: {text}", [field.name]
        )
    if field.restricted and text not in field.picks:
        raise SalesforceError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label or field.name}: bad value for restricted picklist field: {text}", [field.name],
        )  # fmt: skip
    return text


def _reference(field: Field, value: Any) -> str:
    known = normal_id(value)
    if known is None:
        raise SalesforceError("MALFORMED_ID", f"{field.name}: id value of incorrect type: {value}", [field.name])
    return known


def _scalar(field: Field, value: Any) -> Any:
    if field.type == "boolean":
        if isinstance(value, bool):
            return value
        if str(value).lower() not in _BOOLEANS:
            raise ValueError(value)
        return _BOOLEANS[str(value).lower()]
    if field.type in NUMBER_TYPES:
        return _number(field, value)
    if field.type == "date":
        return date.fromisoformat(str(value)[:10]).isoformat()
    return stamp(parse_moment(str(value)))


def _number(field: Field, value: Any) -> float | int:
    if isinstance(value, bool):
        raise TypeError(value)
    number = float(value)
    if not abs(number) <= _MAXIMUM.get(field.type, 10**16):
        raise SalesforceError(
            "NUMBER_OUTSIDE_VALID_RANGE", f"{field.name}: value outside of valid range on numeric field: {value}",
            [field.name],
        )  # fmt: skip
    if field.type == "int":
        if number != int(number):
            raise ValueError(value)
        return int(number)
    return round(number, 2)


def _unreadable(field: Field, value: Any) -> SalesforceError:
    kinds = {dict: "START_OBJECT", list: "START_ARRAY", bool: "VALUE_TRUE"}
    token = kinds.get(type(value), "VALUE_STRING" if isinstance(value, str) else "VALUE_NUMBER_FLOAT")
    kind = "string" if field.type in TEXT_TYPES else field.type
    return SalesforceError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {kind} from {token} value {value} or request may be missing a required field",
    )
