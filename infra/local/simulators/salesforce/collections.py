"""`/composite/sobjects`: up to 200 rows in one call, each with its own outcome, in the order they came."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.ids import normal_id
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.records import Records, body_of
from infra.local.simulators.salesforce.schema import SObject
from infra.local.simulators.salesforce.writing import SeveralMatch, create, delete, key_field, update, upsert
from infra.local.simulators.wire import Answer, Call, json_answer

MOST_WRITTEN = 200
MOST_READ = 2000
MOST_CHUNKS = 10
_ROLLED_BACK = SalesforceError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
Outcome = dict[str, Any]


class Collections:
    """Bundled writes and reads of one API version."""

    def __init__(self, org: Org, version: str) -> None:
        self._org = org
        self._version = version

    def answer(self, call: Call, parts: list[str], actor: Actor) -> Answer:
        """Any call at or below `/composite/sobjects`."""
        if call.method == "DELETE":
            return self._delete(call, actor)
        if call.method == "GET" or (call.method == "POST" and parts):
            return self._read(call, parts)
        body = body_of(call)
        rows = body.get("records")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SalesforceError("JSON_PARSER_ERROR", "records must be a list of objects")
        _check_count(len(rows))
        write = self._writer(call, parts, rows, actor)
        return json_answer(self.write_all(rows, write, all_or_none=body.get("allOrNone") is True))

    def _writer(
        self, call: Call, parts: list[str], rows: list[dict[str, Any]], actor: Actor
    ) -> Callable[[dict[str, Any]], Outcome]:
        if call.method == "PATCH" and len(parts) == 2:
            return self._upserter(self._org.find_object(parts[0]), parts[1], actor)
        if parts or call.method not in ("POST", "PATCH"):
            raise SalesforceError("METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed")
        if len([kind for kind, _ in groupby(_type_of(row) for row in rows)]) > MOST_CHUNKS:
            raise SalesforceError("INVALID_INPUT", f"A request may have at most {MOST_CHUNKS} chunks of one type")
        if call.method == "POST":
            return lambda row: _good(create(self._org, self._object(row), _values(row), actor))
        return self._updater(rows, actor)

    def _updater(self, rows: list[dict[str, Any]], actor: Actor) -> Callable[[dict[str, Any]], Outcome]:
        ids = [normal_id(_id_of(row)) for row in rows]

        def write(row: dict[str, Any]) -> Outcome:
            record_id = normal_id(_id_of(row))
            if record_id is None:
                raise SalesforceError("MISSING_ARGUMENT", "Id not specified in an update call", ["Id"])
            if ids.count(record_id) > 1:
                raise SalesforceError("DUPLICATE_VALUE", "duplicate id in list", [])
            values = {name: value for name, value in _values(row).items() if name.lower() != "id"}
            update(self._org, self._object(row), record_id, values, actor)
            return _good(record_id)

        return write

    def _upserter(self, item: SObject, name: str, actor: Actor) -> Callable[[dict[str, Any]], Outcome]:
        field = key_field(self._org, item, name)

        def write(row: dict[str, Any]) -> Outcome:
            value = next((given for key, given in row.items() if key.lower() == field.name.lower()), None)
            try:
                record_id, created = upsert(self._org, item, field, str(value or ""), _values(row), actor)
            except SeveralMatch as several:
                raise SalesforceError("DUPLICATE_EXTERNAL_ID", f"{field.name}: more than one record found for external "
                                      f"id field: {several.ids}", [field.name]) from several  # fmt: skip
            return {**_good(record_id), "created": created}

        return write

    def write_all(
        self, rows: list[dict[str, Any]], write: Callable[[dict[str, Any]], Outcome], *, all_or_none: bool
    ) -> list[Outcome]:
        """Write row by row. With all_or_none one failure undoes every row."""
        with self._org.store.transaction() as attempt:
            outcomes = [self._one(row, write) for row in rows]
            if not all_or_none or all(outcome["success"] for outcome in outcomes):
                return outcomes
            attempt.roll_back()
        undone = {"success": False, "errors": [_ROLLED_BACK.as_row()]}
        return [undone if outcome["success"] else outcome for outcome in outcomes]

    def _one(self, row: dict[str, Any], write: Callable[[dict[str, Any]], Outcome]) -> Outcome:
        try:
            with self._org.store.transaction():
                return write(row)
        except SalesforceError as error:
            return {"success": False, "errors": [error.as_row()]}

    def _object(self, row: dict[str, Any]) -> SObject:
        name = _type_of(row)
        if not name:
            raise SalesforceError("INVALID_TYPE", "attributes.type is missing")
        try:
            return self._org.find_object(name)
        except SalesforceError as error:
            raise SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.") from error

    def _delete(self, call: Call, actor: Actor) -> Answer:
        ids = [text for text in call.query.get("ids", "").split(",") if text]
        _check_count(len(ids))

        def write(row: dict[str, Any]) -> Outcome:
            record_id = normal_id(row["id"])
            if record_id is None:
                raise SalesforceError("MALFORMED_ID", f"malformed id {row['id']}", [])
            delete(self._org, self._org.object_of(record_id), record_id, actor)
            return _good(record_id)

        all_or_none = call.query.get("allOrNone", "").lower() == "true"
        return json_answer(self.write_all([{"id": text} for text in ids], write, all_or_none=all_or_none))

    def _read(self, call: Call, parts: list[str]) -> Answer:
        if len(parts) != 1:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist")
        item = self._org.find_object(parts[0])
        wanted = body_of(call) if call.method == "POST" else call.query
        ids, fields = (_listed(wanted.get(name)) for name in ("ids", "fields"))
        if len(ids) > MOST_READ:
            raise SalesforceError("INVALID_INPUT", f"at most {MOST_READ} ids")
        records = Records(self._org, self._version)
        rows = [self._org.rows(item).get(normal_id(text) or "") for text in ids]
        shown = [
            None if row is None or row["IsDeleted"] else records.shown(item, row, ",".join(fields)) for row in rows
        ]
        return json_answer(shown)


def _check_count(count: int) -> None:
    if count > MOST_WRITTEN:
        raise SalesforceError("INVALID_INPUT", f"The number of records cannot exceed {MOST_WRITTEN}: {count}")


def _listed(given: Any) -> list[str]:
    return (
        [str(one) for one in given]
        if isinstance(given, list)
        else [part for part in str(given or "").split(",") if part]
    )


def _type_of(row: dict[str, Any]) -> str:
    attributes = row.get("attributes")
    return str(attributes.get("type") or "") if isinstance(attributes, dict) else ""


def _id_of(row: dict[str, Any]) -> Any:
    return next((value for name, value in row.items() if name.lower() == "id"), None)


def _values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "attributes"}


def _good(record_id: str) -> Outcome:
    return {"id": record_id, "success": True, "errors": []}
