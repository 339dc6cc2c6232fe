"""Bulk API 2.0: CSV in, CSV out. A job is done as soon as it is asked for; its result rows come in another order."""

import csv
import io
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError, not_found
from infra.local.simulators.salesforce.fields import Field
from infra.local.simulators.salesforce.ids import make_id, normal_id
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.records import body_of
from infra.local.simulators.salesforce.schema import SObject
from infra.local.simulators.salesforce.soql import Soql
from infra.local.simulators.salesforce.writing import SeveralMatch, create, delete, key_field, update, upsert
from infra.local.simulators.store import Row
from infra.local.simulators.wire import Answer, Call, empty_answer, json_answer, text_answer

_TABLE = "_jobs"
_CSV = "text/csv"
_OPERATIONS = ("insert", "update", "upsert", "delete")
_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
_PRIVATE = ("input", "good", "bad", "rows")
NULL = "#N/A"


class Bulk:
    """Jobs below `/jobs`, for one API version."""

    def __init__(self, org: Org, version: str) -> None:
        self._org = org
        self._version = version

    def answer(self, call: Call, parts: list[str], actor: Actor) -> Answer:
        """Any call below `/jobs`."""
        match call.method, parts:
            case "POST", ["ingest"]:
                return self._open_ingest(body_of(call), actor)
            case "POST", ["query"]:
                return self._open_query(body_of(call), actor)
            case "GET", [kind] if kind in ("ingest", "query"):
                jobs = [_shown(job) for job in self._org.store.rows(_TABLE).values() if job["kind"] == kind]
                return json_answer({"done": True, "records": jobs, "nextRecordsUrl": None})
            case "GET", ["query", job_id, "results"]:
                return self._query_results(call, self._job("query", job_id))
            case "PUT", ["ingest", job_id, "batches"]:
                return self._upload(call, self._job("ingest", job_id))
            case "GET", ["ingest", job_id, results]:
                return self._ingest_results(self._job("ingest", job_id), results)
            case method, [kind, job_id]:
                return self._job_call(method, call, self._job(kind, job_id), actor)
        raise not_found()

    def _job(self, kind: str, job_id: str) -> Row:
        job = self._org.store.get(_TABLE, job_id)
        if job is None or job["kind"] != kind:
            raise not_found()
        return job

    def _job_call(self, method: str, call: Call, job: Row, actor: Actor) -> Answer:
        if method == "GET":
            return json_answer(_shown(job))
        if method == "DELETE":
            self._org.store.remove(_TABLE, job["id"])
            return empty_answer()
        state = body_of(call).get("state")
        if job["state"] != "Open" or state not in ("UploadComplete", "Aborted"):
            raise SalesforceError("INVALIDJOBSTATE", f"Cannot change the state from {job['state']} to {state}")
        done = {**job, "state": "Aborted"} if state == "Aborted" else self._ingest(job, actor)
        self._save(done)
        return json_answer(_shown({**done, "state": state}))

    def _save(self, job: Row) -> None:
        self._org.store.put(_TABLE, job["id"], {**job, "systemModstamp": self._org.stamp})

    def _new(self, kind: str, asked: dict[str, Any], actor: Actor, **more: Any) -> Row:
        job = {
            "id": make_id("750", self._org.store.next_number("750")), "kind": kind, "operation": asked["operation"],
            "createdById": actor.user_id, "createdDate": self._org.stamp, "systemModstamp": self._org.stamp,
            "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(self._version),
            "lineEnding": asked.get("lineEnding", "LF"), "columnDelimiter": asked.get("columnDelimiter", "COMMA"),
            "retries": 0, "totalProcessingTime": 0, "numberRecordsProcessed": 0, "numberRecordsFailed": 0, **more,
        }  # fmt: skip
        if job["columnDelimiter"] not in _DELIMITERS:
            raise SalesforceError("INVALIDJOB", f"unknown columnDelimiter {job['columnDelimiter']}")
        self._save(job)
        return job

    # Ingest.

    def _open_ingest(self, asked: dict[str, Any], actor: Actor) -> Answer:
        item = self._org.find_object(str(asked.get("object", "")))
        if asked.get("operation") not in _OPERATIONS:
            raise SalesforceError("INVALIDJOB", f"operation must be one of {', '.join(_OPERATIONS)}")
        name = asked.get("externalIdFieldName")
        if asked["operation"] == "upsert":
            key_field(self._org, item, str(name))
        job = self._new(
            "ingest",
            asked,
            actor,
            object=item.name,
            state="Open",
            jobType="V2Ingest",
            externalIdFieldName=name,
            input="",
        )
        address = f"services/data/v{self._version}/jobs/ingest/{job['id']}/batches"
        job["contentUrl"] = address
        self._save(job)
        return json_answer(_shown(job))

    def _upload(self, call: Call, job: Row) -> Answer:
        if job["state"] != "Open" or job["input"]:
            raise SalesforceError("INVALIDJOBSTATE", "the job takes one upload while it is open")
        try:
            text = call.body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SalesforceError("CLIENT_ERROR", "the upload is not UTF-8") from error
        self._save({**job, "input": text})
        return empty_answer(201)

    def _ingest(self, job: Row, actor: Actor) -> Row:
        item = self._org.find_object(job["object"])
        key = key_field(self._org, item, job["externalIdFieldName"]) if job["operation"] == "upsert" else None
        good, bad = [], []
        reader = csv.DictReader(io.StringIO(job["input"], newline=""), delimiter=_DELIMITERS[job["columnDelimiter"]])
        for row in reader:
            given = {name: value for name, value in row.items() if name}
            try:
                with self._org.store.transaction():
                    record_id, created = self._write(job["operation"], item, key, given, actor)
                good.append({"sf__Id": record_id, "sf__Created": str(created).lower(), **given})
            except SalesforceError as error:
                text = f"{error.code}:{error.message}:{' '.join(error.fields or [])} --"
                bad.append({"sf__Id": "", "sf__Error": text, **given})
        counts = {"numberRecordsProcessed": len(good) + len(bad), "numberRecordsFailed": len(bad)}
        # Parallel chunks finish in any order: whoever joins by position shall notice.
        done = {"state": "JobComplete", "good": good[::-1], "bad": bad[::-1], "columns": list(reader.fieldnames or [])}
        return {**job, **counts, **done}

    def _write(
        self, operation: str, item: SObject, key: Field | None, given: dict[str, str], actor: Actor
    ) -> tuple[str, bool]:
        values = {name: None if value == NULL else value for name, value in given.items() if value != ""}
        if operation == "insert":
            return create(self._org, item, values, actor), True
        if key is not None:
            try:
                return upsert(self._org, item, key, str(values.get(key.name) or ""), values, actor)
            except SeveralMatch as several:
                raise SalesforceError("DUPLICATE_EXTERNAL_ID", f"{key.name}: {several}", [key.name]) from several
        record_id = normal_id(next((value for name, value in values.items() if name.lower() == "id"), ""))
        if record_id is None:
            raise SalesforceError("MISSING_ARGUMENT", f"Id not specified in an {operation} call", ["Id"])
        rest = {name: value for name, value in values.items() if name.lower() != "id"}
        if operation == "update":
            update(self._org, item, record_id, rest, actor)
        else:
            delete(self._org, item, record_id, actor)
        return record_id, False

    def _ingest_results(self, job: Row, results: str) -> Answer:
        kinds = {"successfulresults": ("good", "sf__Created"), "failedresults": ("bad", "sf__Error")}
        columns = job.get("columns", [])
        if results.lower() == "unprocessedrecords":
            return _csv_answer(columns, [], job)
        if results.lower() not in kinds:
            raise not_found()
        name, extra = kinds[results.lower()]
        return _csv_answer(["sf__Id", extra, *columns], job.get(name, []), job)

    # Query.

    def _open_query(self, asked: dict[str, Any], actor: Actor) -> Answer:
        if asked.get("operation") not in ("query", "queryAll"):
            raise SalesforceError("INVALIDJOB", "operation must be query or queryAll")
        text = str(asked.get("query", ""))
        soql = Soql(self._org, self._version, deleted=asked["operation"] == "queryAll")
        columns = soql.columns(text)
        if not all(columns):
            raise SalesforceError("API_ERROR", "Aggregate and child queries are not supported in Bulk Query")
        rows = [[_cell(_value(record, path)) for path in columns] for record in soql.run(text)[1]]
        job = self._new(
            "query", asked, actor, object=soql.source(text), state="JobComplete", jobType="V2Query",
            columns=columns, rows=rows, query=text,
        )  # fmt: skip
        done = {**job, "numberRecordsProcessed": len(rows)}
        self._save(done)
        return json_answer(_shown({**done, "state": "UploadComplete"}))

    def _query_results(self, call: Call, job: Row) -> Answer:
        locator, most = call.query.get("locator", ""), call.query.get("maxRecords", "50000")
        if not (most.isdigit() and int(most) and (not locator or locator.isdigit())):
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        start = int(locator or 0)
        end = start + int(most)
        page = [dict(zip(job["columns"], row, strict=True)) for row in job["rows"][start:end]]
        after = str(end) if end < len(job["rows"]) else "null"
        return _csv_answer(
            job["columns"], page, job, {"Sforce-Locator": after, "Sforce-NumberOfRecords": str(len(page))}
        )


def _shown(job: Row) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name not in (*_PRIVATE, "kind", "columns")}


def _value(record: dict[str, Any], path: str) -> Any:
    """The value at a path of a record, whatever the case of its names."""
    value: Any = record
    for name in path.split("."):
        value = next((inner for key, inner in (value or {}).items() if key.lower() == name.lower()), None)
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    # Bulk writes date-times with Z where REST has +0000.
    return text[:-5] + "Z" if text.endswith(".000+0000") else text


def _csv_answer(
    columns: list[str], rows: list[dict[str, Any]], job: Row, headers: dict[str, str] | None = None
) -> Answer:
    ending = "\r\n" if job["lineEnding"] == "CRLF" else "\n"
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter=_DELIMITERS[job["columnDelimiter"]], quoting=csv.QUOTE_ALL, lineterminator=ending
    )
    writer.writerow(columns)
    writer.writerows([row.get(name) or "" for name in columns] for row in rows)
    answer = text_answer(text.getvalue(), content_type=_CSV)
    return Answer(body=answer.body, content_type=_CSV, headers=headers or {})
