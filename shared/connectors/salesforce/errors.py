"""What Salesforce's error codes mean to a client: one table for whole calls, one for rows of a bundle.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm ; a single call says
``errorCode``, a row of a bundle ``statusCode``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from shared.connectors.salesforce.ids import id18
from shared.ports.sync import BudgetSpent, RemoteRefused, RemoteUnavailable

LOCKED: Final = "locked"
"""Somebody else holds the row: the same row again in a moment."""
LATER: Final = "later"
DROP: Final = "drop"
"""Some fields of it are refused, whatever their values: the row again without them."""
MOVED: Final = "moved"
"""The record is converted, merged or deleted: look where it went."""
TAKEN: Final = "taken"
"""Another record is in the way: a duplicate rule, or a unique field."""
REFUSED: Final = "refused"
CHUNK_FAILED: Final = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
"""A trigger or flow failed: one row can make all rows of its chunk say so."""

_MEANINGS: Final[Mapping[str, str]] = {
    "UNABLE_TO_LOCK_ROW": LOCKED,
    "SERVER_UNAVAILABLE": LATER,
    "UNKNOWN_EXCEPTION": LATER,
    "REQUEST_RUNNING_TOO_LONG": LATER,
    "QUERY_TIMEOUT": LATER,
    "LIMIT_EXCEEDED": LATER,
    "STORAGE_LIMIT_EXCEEDED": LATER,
    "PROCESSING_HALTED": LATER,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": LATER,
    "INVALID_FIELD": DROP,
    "INVALID_FIELD_FOR_INSERT_UPDATE": DROP,
    "INACTIVE_OWNER_OR_USER": DROP,
    "INVALID_OWNER": DROP,
    "TRANSFER_REQUIRES_READ": DROP,
    "CANNOT_UPDATE_CONVERTED_LEAD": MOVED,
    "ENTITY_IS_DELETED": MOVED,
    "NOT_FOUND": MOVED,
    "DUPLICATES_DETECTED": TAKEN,
    "DUPLICATE_VALUE": TAKEN,
}
_OF_OWNERS: Final = frozenset({"INACTIVE_OWNER_OR_USER", "INVALID_OWNER", "TRANSFER_REQUIRES_READ"})
_NO_ACCESS: Final = frozenset({"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "UNSUPPORTED_API_VERSION"})
_COLUMN: Final = re.compile(r"No such column '([^']+)' on (?:entity '([^']+)'|sobject of type (\S+))")
_UNIQUE: Final = re.compile(r"duplicate value found: (\w+) duplicates value")
_RECORD: Final = re.compile(r"record with id: ([A-Za-z0-9]{15,18})")
_ECHO: Final = re.compile(
    r"(data value too large|invalid email address|bad value for restricted picklist field|id value of incorrect type"
    r"|value outside of valid range on numeric field|value not of required type): .*?(?= \(max length|$)",
    re.DOTALL,
)
_UNREADABLE: Final = re.compile(r"(from \w+) value .*? or request", re.DOTALL)
_PERSONAL: Final = re.compile(r"\S+@\S+|(?<![A-Za-z0-9])\+?\d[\d\s().-]{6,}\d(?![A-Za-z0-9])")
"""Addresses and phone numbers; ids of records hold digits, too, and stay."""

_LONGEST: Final = 200


class CallRefused(Exception):
    """One call as a whole was answered with an error that only its caller can judge."""

    def __init__(self, status: int, error: "Refusal") -> None:
        super().__init__(error.code)
        self.status = status
        self.error = error


class Refusal(NamedTuple):
    """An error as Salesforce gives it. ``message`` may echo values: it leaves this package through ``told`` only."""

    code: str
    message: str = ""
    fields: tuple[str, ...] = ()
    details: Mapping[str, Any] = {}

    @property
    def meaning(self) -> str:
        """What to do about a row with this error. A lock inside a trigger's failure is a lock."""
        if "UNABLE_TO_LOCK_ROW" in self.message:
            return LOCKED
        return _MEANINGS.get(self.code, REFUSED)

    @property
    def refused_fields(self) -> tuple[str, ...]:
        """The fields a DROP is about, or the unique one of a TAKEN; empty when it does not say."""
        if self.fields:
            return self.fields
        if self.code in _OF_OWNERS:
            return ("OwnerId",)
        if taken := _UNIQUE.search(self.message):
            return (taken[1],)
        column = self.column
        return (column[0],) if column else ()

    @property
    def column(self) -> tuple[str, str] | None:
        """Of INVALID_FIELD: the field that is not there for us, and its object."""
        found = _COLUMN.search(self.message)
        return (found[1], found[2] or found[3]) if found else None

    def records_in_the_way(self) -> tuple[str, ...]:
        """Of TAKEN: ids of the records that it names, in the long form."""
        found = _RECORD.findall(self.message)
        result = self.details.get("duplicateResult") or {}
        matches = [match for one in result.get("matchResults") or () for match in one.get("matchRecords") or ()]
        ids = [str((match.get("record") or {}).get("Id") or "") for match in matches]
        return tuple(dict.fromkeys(id18(one) for one in (*found, *ids) if one))


def refusal_of(body: object) -> Refusal:
    """The first error in a body: a list of errors, a row of a bundle, or an OAuth error."""
    if isinstance(body, Mapping) and "errors" in body:
        body = body["errors"]
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, Mapping):
        return Refusal("UNKNOWN_EXCEPTION")
    code = first.get("errorCode") or first.get("statusCode") or first.get("error") or "UNKNOWN_EXCEPTION"
    message = first.get("message") or first.get("error_description") or ""
    return Refusal(str(code), str(message), tuple(str(name) for name in first.get("fields") or ()), first)


def raise_for_everything(error: Refusal, *, retry_after_ms: int = 0) -> None:
    """Raise what concerns more than the call at hand; return when it is the call's own affair.

    Raises:
        BudgetSpent: the daily allowance is used up.
        RemoteUnavailable: too many calls at once, or the server asks for patience.
        RemoteRefused: the API is switched off for us.
    """
    if error.code == "REQUEST_LIMIT_EXCEEDED":
        if "concurrent" in error.message.lower():
            raise RemoteUnavailable("too many calls at once", retry_after_ms=retry_after_ms)
        raise BudgetSpent("the daily allowance of calls is used up", retry_after_ms=retry_after_ms)
    if error.code == "SERVER_UNAVAILABLE":
        raise RemoteUnavailable("the server is too busy", retry_after_ms=retry_after_ms)
    if error.code in _NO_ACCESS:
        raise RemoteRefused(f"SALESFORCE.{error.code}", "The API is not available to the sync user.")


def told(error: Refusal, values: Iterable[str] = ()) -> str:
    """The message of an error without the values it echoes: nothing personal, at most 200 characters."""
    text = _ECHO.sub(r"\1", error.message)
    text = _UNREADABLE.sub(r"\1 or request", text)
    for value in sorted({value for value in values if len(value) > 1}, key=len, reverse=True):
        text = re.sub(re.escape(value), "…", text, flags=re.IGNORECASE)
    text = " ".join(_PERSONAL.sub("…", text).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
