"""Single-record calls, describe, and the updated and deleted windows."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError, not_found
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.schema import OBJECTS, SObject
from infra.local.simulators.salesforce.soql_columns import Columns
from infra.local.simulators.salesforce.values import parse_moment, stamp
from infra.local.simulators.salesforce.writing import SeveralMatch, create, delete, key_field, update, upsert
from infra.local.simulators.store import Row
from infra.local.simulators.wire import Answer, BadBody, Call, empty_answer, json_answer

_BIN_DAYS = 15
_UPDATED_DAYS = 30


def body_of(call: Call) -> dict[str, Any]:
    """The JSON object of a write.

    Raises:
        SalesforceError: JSON_PARSER_ERROR.
    """
    try:
        body = call.json()
    except BadBody as error:
        raise SalesforceError("JSON_PARSER_ERROR", f"Unexpected input: {error}") from error
    if not isinstance(body, dict):
        raise SalesforceError(
            "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body."
        )
    return body


class Records:
    """Answers below `/sobjects`, for one API version."""

    def __init__(self, org: Org, version: str) -> None:
        self._org = org
        self._version = version
        self._base = f"/services/data/v{version}/sobjects"

    def answer(self, call: Call, parts: list[str], actor: Actor) -> Answer:
        """Any call below `/sobjects`; `parts` are the decoded rest of the path."""
        if not parts:
            return self._global()
        item = self._org.find_object(parts[0])
        if len(parts) == 1:
            return self._collection(call, item, actor)
        if len(parts) == 2 and parts[1].lower() in ("describe", "updated", "deleted"):
            return getattr(self, f"_{parts[1].lower()}")(call, item)  # type: ignore[no-any-return]
        if len(parts) == 2 or (parts[1].lower() == "id" and parts[2]):
            return self._record(call, item, parts[-1], actor)
        return self._by_external_id(call, item, parts[1], "/".join(parts[2:]), actor)

    # What there is.

    def _global(self) -> Answer:
        hidden = self._org.rights("hidden")
        shown = [self._summary(item) for item in OBJECTS.values() if item.name not in hidden]
        return json_answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown})

    def _summary(self, item: SObject) -> dict[str, Any]:
        base = f"{self._base}/{item.name}"
        writable = item.writable and item.name not in self._org.rights("read_only")
        yes = ("activateable", "queryable", "retrieveable", "searchable", "replicateable", "layoutable", "triggerable")
        return {
            "name": item.name, "label": item.name, "labelPlural": item.plural or f"{item.name}s",
            "keyPrefix": item.prefix, "custom": False, "customSetting": False, "deprecatedAndHidden": False,
            "feedEnabled": False, "hasSubtypes": False, "mruEnabled": True, **dict.fromkeys(yes, True),
            "createable": writable, "updateable": writable, "deletable": writable and item.deletable,
            "undeletable": writable and item.deletable, "mergeable": item.name in ("Lead", "Contact", "Account"),
            "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
        }  # fmt: skip

    def _describe(self, _call: Call, item: SObject) -> Answer:
        summary = self._summary(item)
        read_only = self._org.rights("read_only")
        fields = [
            field.described(writable=summary["createable"] and f"{item.name}.{field.name}" not in read_only)
            for field in self._org.fields(item).values()
        ]
        children = [
            {"childSObject": child, "field": column, "relationshipName": relation, "cascadeDelete": True,
             "deprecatedAndHidden": False, "restrictedDelete": False}
            for child, column, relation in item.children
        ]  # fmt: skip
        more = {"fields": fields, "childRelationships": children, "recordTypeInfos": [], "supportedScopes": []}
        return json_answer({**summary, **more})

    def _updated(self, call: Call, item: SObject) -> Answer:
        start, end = self._window(call, days=_UPDATED_DAYS)
        rows = self._org.seen_by_queries(item)
        ids = [row["Id"] for row in rows if not row["IsDeleted"] and start <= row["SystemModstamp"] < end]
        return json_answer({"ids": ids, "latestDateCovered": self._covered(end)})

    def _deleted(self, call: Call, item: SObject) -> Answer:
        start, end = self._window(call, days=_BIN_DAYS)
        gone = [
            {"id": row["Id"], "deletedDate": row["SystemModstamp"]}
            for row in self._org.seen_by_queries(item)
            if row["IsDeleted"] and start <= row["SystemModstamp"] < end
        ]
        earliest = stamp(self._org.now - timedelta(days=_BIN_DAYS))
        return json_answer(
            {"deletedRecords": gone, "earliestDateAvailable": earliest, "latestDateCovered": self._covered(end)}
        )

    def _window(self, call: Call, *, days: int) -> tuple[str, str]:
        """Start and end, cut to the minute as Salesforce cuts them."""
        try:
            start, end = (parse_moment(call.query[name]) for name in ("start", "end"))
        except (KeyError, ValueError) as error:
            raise SalesforceError("INVALID_REPLICATION_DATE", f"start and end are dates and times: {error}") from error
        start, end = (moment.replace(second=0, microsecond=0) for moment in (start, end))
        if start >= end:
            raise SalesforceError("INVALID_REPLICATION_DATE", "startDate must be before endDate by at least one minute")
        if start < self._org.now - timedelta(days=days, minutes=1):
            raise SalesforceError("INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
        return stamp(start), stamp(end)

    def _covered(self, end: str) -> str:
        """Up to where nothing can be missing: not into the future, nor past the oldest write still out of sight."""
        late_s = self._org.faults.late_visibility_s
        return min(end, stamp(self._org.now - timedelta(seconds=late_s)))

    # Records.

    def _collection(self, call: Call, item: SObject, actor: Actor) -> Answer:
        if call.method == "GET":
            return json_answer({"objectDescribe": self._summary(item), "recentItems": []})
        if call.method != "POST":
            raise _bad_method(call, "GET,POST,HEAD")
        return self._created(item, create(self._org, item, body_of(call), actor))

    def _created(self, item: SObject, record_id: str) -> Answer:
        location = {"Location": f"{self._base}/{item.name}/{record_id}"}
        return json_answer({"id": record_id, "success": True, "errors": []}, 201, location)

    def _record(self, call: Call, item: SObject, record_id: str, actor: Actor) -> Answer:
        if call.method == "POST" and record_id.lower() == "id":
            return self._created(item, create(self._org, item, body_of(call), actor))
        row = self._org.get(item, record_id)
        self._check_unmodified(call, row)
        if call.method == "GET":
            return json_answer(self.shown(item, row, call.query.get("fields")))
        if call.method == "PATCH":
            update(self._org, item, row["Id"], body_of(call), actor)
        elif call.method == "DELETE":
            delete(self._org, item, row["Id"], actor)
        else:
            raise _bad_method(call, "GET,PATCH,DELETE,HEAD")
        return empty_answer()

    def _check_unmodified(self, call: Call, row: Row) -> None:
        """`If-Unmodified-Since` guards against writing over a change nobody has seen."""
        given = call.headers.get("if-unmodified-since")
        if not given:
            return
        try:
            limit = parsedate_to_datetime(given)
        except ValueError:
            return
        if parse_moment(row["LastModifiedDate"]) > _aware(limit):
            raise SalesforceError("ENTITY_MODIFIED", "The record has been modified since the given date")

    def shown(self, item: SObject, row: Row, chosen: str | None = None) -> dict[str, Any]:
        """A record with all its fields, or the chosen ones."""
        known = self._org.fields(item)
        names = [name.strip() for name in chosen.split(",")] if chosen else [field.name for field in known.values()]
        unknown = [name for name in names if name.lower() not in known]
        if unknown:
            raise SalesforceError("INVALID_FIELD", f"No such column '{unknown[0]}' on entity '{item.name}'")
        attributes = Columns(self._org, self._version).attributes(item, row)
        wanted = dict.fromkeys(("Id", *(known[name.lower()].name for name in names)))
        return {"attributes": attributes, **{name: row.get(name) for name in wanted}}

    def _by_external_id(self, call: Call, item: SObject, name: str, value: str, actor: Actor) -> Answer:
        field = key_field(self._org, item, name)
        found = self._org.with_value(item, field, value)
        if call.method == "PATCH":
            return self._upserted(call, item, name, value, actor)
        if len(found) > 1:
            return self._several(item, [row["Id"] for row in found])
        if not found:
            raise not_found()
        return self._record(call, item, found[0]["Id"], actor)

    def _upserted(self, call: Call, item: SObject, name: str, value: str, actor: Actor) -> Answer:
        field = key_field(self._org, item, name)
        update_only = call.query.get("updateOnly", "").lower() == "true"
        try:
            record_id, created = upsert(
                self._org, item, field, value, body_of(call), actor, update_only=update_only
            )  # fmt: skip
        except SeveralMatch as several:
            return self._several(item, several.ids)
        if not created and float(self._version) < 46:
            return empty_answer()
        answer = {"id": record_id, "success": True, "errors": [], "created": created}
        return json_answer(answer, 201 if created else 200)

    def _several(self, item: SObject, ids: list[str]) -> Answer:
        return json_answer([f"{self._base}/{item.name}/{record_id}" for record_id in ids], 300)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else parse_moment(moment.isoformat())


def _bad_method(call: Call, allowed: str) -> SalesforceError:
    return SalesforceError("METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}")
