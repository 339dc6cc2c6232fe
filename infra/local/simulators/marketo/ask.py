"""A call as the handlers see it: who asks, with which parameters and records; and the table of paths they serve."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local.simulators.faults import FaultSwitches
from infra.local.simulators.marketo.failures import CallRefused, RecordSkipped, injected
from infra.local.simulators.wire import Answer, BadBody, Call

BATCH = 300
Record = dict[str, Any]
Reply = dict[str, Any] | Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who changes something, as the activity log tells it."""

    source: str
    reason: str
    user: str = ""
    method: str = ""
    request_id: str = ""

    def attributes(self) -> list[Record]:
        """What the log keeps of it."""
        found = {
            "Reason": self.reason,
            "Source": self.source,
            "API Method Name": self.method,
            "Modifying User": self.user,
            "Request Id": self.request_id,
        }
        return [{"name": name, "value": value} for name, value in found.items() if value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One call of the REST API."""

    call: Call
    params: dict[str, list[str]]
    names: dict[str, str]
    user: str
    request_id: str
    now_ms: int
    faults: FaultSwitches

    def one(self, name: str, default: str = "") -> str:
        """A parameter; of a repeated one the last."""
        return self.params.get(name, [default])[-1]

    def required(self, name: str) -> str:
        """A parameter that must be there.

        Raises:
            CallRefused: 1002, it is not.
        """
        if not self.one(name):
            raise CallRefused("1002", name)
        return self.one(name)

    def many(self, name: str) -> list[str]:
        """A parameter that is repeated, or a list with commas, or both."""
        return [part.strip() for value in self.params.get(name, []) for part in value.split(",") if part.strip()]

    def number(self, name: str, default: int, most: int) -> int:
        """A count between 1 and `most`.

        Raises:
            CallRefused: 1001, it is no number.
        """
        text = self.one(name) or str(default)
        if not text.lstrip("-").isdigit():
            raise CallRefused("1001", text, "Integer")
        return max(1, min(int(text), most))

    def body(self) -> Record:
        """The JSON object that was sent.

        Raises:
            CallRefused: 609 or 612, there is none.
        """
        kind = self.call.headers.get("content-type", "application/json")
        if self.call.body and "json" not in kind:
            raise CallRefused("612")
        try:
            body = self.call.json()
        except BadBody as error:
            raise CallRefused("609") from error
        if not isinstance(body, dict):
            raise CallRefused("609")
        return body

    def records(self, most: int = BATCH) -> list[Record]:
        """The records in `input`.

        Raises:
            CallRefused: none, too many, or not objects.
        """
        found = self.body().get("input")
        if not found:
            raise CallRefused("1002", "input")
        if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
            raise CallRefused("609")
        if len(found) > most:
            raise CallRefused("1003", f"Too many records in input; the maximum is {most}")
        return found

    def ids(self, name: str = "id") -> list[int]:
        """Lead ids from the query or from `input`.

        Raises:
            CallRefused: there are none, too many, or one is no number.
        """
        given: list[Any] = list(self.many(name)) or [record.get(name) for record in self.records()]
        if len(given) > BATCH:
            raise CallRefused("1003", f"Too many records in input; the maximum is {BATCH}")
        return [whole_number(value) for value in given]

    def writer(self, method: str) -> Writer:
        """This call as an author of changes."""
        service = "Web service API"
        return Writer(source=service, reason=service, user=self.user, method=method, request_id=self.request_id)

    def outcomes(self, records: list[Any], work: Callable[[Any], Record]) -> list[Record]:
        """Work on each record in order; a refused one is skipped and the others go on."""
        return [self._outcome(record, work) for record in records]

    def _outcome(self, record: Any, work: Callable[[Any], Record]) -> Record:
        try:
            if fault := self.faults.strike_row(self.call, json.dumps(record, ensure_ascii=False)):
                return {"status": "skipped", "reasons": [injected(fault.code, "1003")]}
            return work(record)
        except RecordSkipped as skipped:
            return skipped.result()
        except CallRefused as refused:
            return {"status": "skipped", "reasons": [refused.error]}


def whole_number(value: Any) -> int:
    """An id that came as a number or as text.

    Raises:
        CallRefused: 1001, it is neither.
    """
    if isinstance(value, bool) or not str(value).isdigit():
        raise CallRefused("1001", value, "Integer")
    return int(str(value))


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, what the caller must be allowed, and who answers. `{name}` in the path is one segment."""

    method: str
    path: str
    right: str
    handler: Callable[[Ask], Reply]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression."""
        return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+?)", re.escape(self.path)) + "$")


def page_of(rows: list[Record], ask: Ask) -> Reply:
    """A page of the lead database's lists: the token is there only when more follows."""
    token = ask.one("nextPageToken")
    start = read_token(token).get("at", 0) if token else 0
    size = ask.number("batchSize", BATCH, BATCH)
    more = {"nextPageToken": make_token(at=start + size)} if start + size < len(rows) else {}
    return {"result": rows[start : start + size], **more}


def asset_page(rows: list[Record], ask: Ask) -> Reply:
    """A page of assets: offset and maxReturn; an empty one is a warning and no result."""
    offset = whole_number(ask.one("offset") or 0)
    found = rows[offset : offset + ask.number("maxReturn", 20, 200)]
    if not found:
        return {"warnings": ["No assets found for the given search criteria."]}
    return {"result": found, "warnings": []}


def make_token(**position: int) -> str:
    """A position that only this subscription can read."""
    return base64.b32encode(json.dumps(position).encode()).decode().rstrip("=") + "===="


def read_token(token: str) -> dict[str, int]:
    """All of a token.

    Raises:
        CallRefused: 1003, it is none of ours.
    """
    bare = token.rstrip("=")
    try:
        position = json.loads(base64.b32decode(bare + "=" * (-len(bare) % 8)))
    except ValueError as error:
        raise CallRefused("1003", "Invalid nextPageToken") from error
    if not isinstance(position, dict):
        raise CallRefused("1003", "Invalid nextPageToken")
    return position
