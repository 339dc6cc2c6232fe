"""Bulk extracts: leads or activities as a CSV file, made by a job."""

import hashlib
import json
from collections.abc import Iterable
from functools import partial
from typing import Any

from infra.local.simulators.marketo.ask import Ask, Record, Reply, Route, page_of, whole_number
from infra.local.simulators.marketo.csv_files import csv_text
from infra.local.simulators.marketo.failures import CallRefused
from infra.local.simulators.marketo.journal import DELETE, Journal, shown
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.settings import read_settings
from infra.local.simulators.marketo.stamps import parse_stamp, require_stamp, stamp
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer

_JOBS = "exports"
_MOST_QUEUED, _MOST_DAYS = 10, 31
_ACTIVITY_COLUMNS = [
    "marketoGUID",
    "leadId",
    "activityDate",
    "activityTypeId",
    "campaignId",
    "primaryAttributeValueId",
    "primaryAttributeValue",
    "attributes",
]


class ExportCalls:
    """Answers everything below `/bulk/v1/{leads,activities}/export`."""

    def __init__(self, store: Store, people: People, journal: Journal) -> None:
        self._store = store
        self._people = people
        self._journal = journal

    def routes(self) -> list[Route]:
        """What it serves."""
        found: list[Route] = []
        for kind, right in (("leads", "Read-Only Lead"), ("activities", "Read-Only Activity")):
            base = f"/bulk/v1/{kind}/export"
            found += [
                Route("GET", f"{base}.json", right, partial(self.jobs, kind)),
                Route("POST", f"{base}/create.json", right, partial(self.create, kind)),
                Route("POST", f"{base}/{{id}}/enqueue.json", right, self.enqueue),
                Route("POST", f"{base}/{{id}}/cancel.json", right, self.cancel),
                Route("GET", f"{base}/{{id}}/status.json", right, self.status),
                Route("GET", f"{base}/{{id}}/file.json", right, self.file),
            ]
        return found

    def jobs(self, kind: str, ask: Ask) -> Reply:
        """The caller's own jobs of a kind."""
        mine = [row for row in self._store.rows(_JOBS).values() if (row["kind"], row["user"]) == (kind, ask.user)]
        shown_jobs = [self._shown(row, ask.now_ms) for row in mine]
        wanted = ask.many("status")
        return page_of([job for job in shown_jobs if not wanted or job["status"] in wanted], ask)

    def create(self, kind: str, ask: Ask) -> Reply:
        """Describe a job; nothing runs yet."""
        body = ask.body()
        fields, chosen = body.get("fields") or [], body.get("filter")
        if not isinstance(chosen, dict) or not chosen:
            raise CallRefused("1002", "filter")
        if kind == "leads" and not fields:
            raise CallRefused("1002", "fields")
        known = self._people.fields if kind == "leads" else dict.fromkeys(_ACTIVITY_COLUMNS)
        for name in fields:
            if name not in known:
                raise CallRefused("1006", name)
        self._check_filter(kind, chosen)
        digest = hashlib.sha256(f"{kind}/{self._store.next_number('export')}".encode()).hexdigest()
        key = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
        job = {
            "exportId": key,
            "kind": kind,
            "user": ask.user,
            "fields": fields or _ACTIVITY_COLUMNS,
            "headers": body.get("columnHeaderNames") or {},
            "format": body.get("format") or "CSV",
            "filter": chosen,
            "created": ask.now_ms,
        }
        self._store.put(_JOBS, key, job)
        return {"result": [self._shown(job, ask.now_ms)]}

    def _check_filter(self, kind: str, chosen: Record) -> None:
        allowed = {"createdAt", "updatedAt", "staticListId"} if kind == "leads" else {"createdAt", "activityTypeIds"}
        for name in chosen:
            if name not in allowed:
                raise CallRefused("1035", name)
        for name in ("createdAt", "updatedAt"):
            if name in chosen:
                start, end = _window(chosen[name])
                if end - start > _MOST_DAYS * 86_400_000:
                    raise CallRefused("1003", f"Date range of '{name}' is longer than {_MOST_DAYS} days")

    def _job(self, ask: Ask) -> Record:
        job = self._store.get(_JOBS, ask.names["id"])
        if job is None or job["user"] != ask.user:
            raise CallRefused("1013", "Export job")
        return job

    def enqueue(self, ask: Ask) -> Reply:
        """Let a job run; what it will find is what is there now."""
        job = self._job(ask)
        if "queued" in job or job.get("cancelled"):
            raise CallRefused("1029", "Export job already queued")
        running = [
            row for row in self._store.rows(_JOBS).values() if self._status(row, ask.now_ms) in ("Queued", "Processing")
        ]
        if len(running) >= _MOST_QUEUED:
            raise CallRefused("1029", "Too many jobs in queue")
        rows = list(self._lead_rows(job) if job["kind"] == "leads" else self._activity_rows(job, ask.now_ms))
        text = csv_text([[job["headers"].get(name, name) for name in job["fields"]], *rows])
        queued = {**job, "queued": ask.now_ms, "file": text, "rows": len(rows)}
        self._store.put(_JOBS, job["exportId"], queued)
        return {"result": [self._shown(queued, ask.now_ms)]}

    def cancel(self, ask: Ask) -> Reply:
        """Stop a job."""
        job = {**self._job(ask), "cancelled": True}
        self._store.put(_JOBS, job["exportId"], job)
        return {"result": [self._shown(job, ask.now_ms)]}

    def status(self, ask: Ask) -> Reply:
        """How far a job is."""
        return {"result": [self._shown(self._job(ask), ask.now_ms)]}

    def file(self, ask: Ask) -> Reply:
        """The file of a completed job; a Range header gets a part."""
        job = self._job(ask)
        if self._status(job, ask.now_ms) != "Completed":
            raise CallRefused("1003", "The export job is not completed")
        content = job["file"].encode()
        unit, _, span = ask.call.headers.get("range", "").partition("=")
        first, _, last = span.partition("-")
        if unit == "bytes" and first.isdigit():
            end = min(int(last) if last.isdigit() else len(content), len(content) - 1)
            part = {"Content-Range": f"bytes {first}-{end}/{len(content)}"}
            return Answer(status=206, body=content[int(first) : end + 1], content_type="text/csv", headers=part)
        return Answer(body=content, content_type="text/csv;charset=UTF-8")

    def _status(self, job: Record, now_ms: int) -> str:
        if job.get("cancelled"):
            return "Cancelled"
        if "queued" not in job:
            return "Created"
        steps = (now_ms - job["queued"]) // (read_settings(self._store).export_step_seconds * 1000 or 1)
        return ("Queued", "Processing", "Completed")[min(2, steps)]

    def _shown(self, job: Record, now_ms: int) -> Record:
        status = self._status(job, now_ms)
        step_ms = read_settings(self._store).export_step_seconds * 1000
        entry: Record = {"exportId": job["exportId"], "format": job["format"], "status": status}
        entry["createdAt"] = stamp(job["created"])
        if "queued" in job:
            entry["queuedAt"] = stamp(job["queued"])
        if status in ("Processing", "Completed"):
            entry["startedAt"] = stamp(job["queued"] + step_ms)
        if status == "Completed":
            content = job["file"].encode()
            entry |= {
                "finishedAt": stamp(job["queued"] + 2 * step_ms),
                "numberOfRecords": job["rows"],
                "fileSize": len(content),
                "fileChecksum": f"sha256:{hashlib.sha256(content).hexdigest()}",
            }
        return entry

    def _lead_rows(self, job: Record) -> Iterable[list[Any]]:
        chosen = job["filter"]
        for lead in self._people.all():
            fits = all(_within(lead[name], chosen[name]) for name in ("createdAt", "updatedAt") if name in chosen)
            if "staticListId" in chosen:
                fits = fits and self._store.get("list_members", f"{chosen['staticListId']}/{lead['id']}") is not None
            if fits:
                yield [self._people.value(lead, name) for name in job["fields"]]

    def _activity_rows(self, job: Record, now_ms: int) -> Iterable[list[Any]]:
        start, end = _window(job["filter"]["createdAt"]) if "createdAt" in job["filter"] else (0, now_ms)
        kinds = {whole_number(kind) for kind in job["filter"].get("activityTypeIds", [])}
        days = read_settings(self._store).change_days
        for _, row in self._journal.from_number(1, now_ms, hidden_ms=0, change_days=days):
            if row["kind"] != DELETE and start <= row["date"] <= end and (not kinds or row["kind"] in kinds):
                entry = shown(row, self._people.now_known_as(row["leadId"]))
                named = {item["name"]: item["value"] for item in entry["attributes"]}
                entry["attributes"] = json.dumps(named, ensure_ascii=False)
                yield [entry.get(name) for name in job["fields"]]


def _window(chosen: Any) -> tuple[int, int]:
    if not isinstance(chosen, dict) or not chosen.get("startAt") or not chosen.get("endAt"):
        raise CallRefused("1002", "startAt")
    return require_stamp(str(chosen["startAt"])), require_stamp(str(chosen["endAt"]))


def _within(text: str, chosen: Any) -> bool:
    start, end = _window(chosen)
    return start <= (parse_stamp(text) or 0) <= end
