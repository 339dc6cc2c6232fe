"""Bulk import: leads from a CSV file."""

import csv
import io
from email import message_from_bytes

from infra.local.simulators.marketo.ask import Ask, Record, Reply, Route, whole_number
from infra.local.simulators.marketo.csv_files import csv_text
from infra.local.simulators.marketo.failures import CallRefused, RecordSkipped
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.settings import read_settings
from infra.local.simulators.marketo.stamps import stamp
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Answer

_IMPORTS = "imports"


class ImportCalls:
    """Answers `/bulk/v1/leads` and its batches."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def routes(self) -> list[Route]:
        """What it serves."""
        return [
            Route("POST", "/bulk/v1/leads.json", "Read-Write Lead", self.import_leads),
            Route("GET", "/bulk/v1/leads/batch/{id}.json", "Read-Write Lead", self.import_status),
            Route("GET", "/bulk/v1/leads/batch/{id}/failures.json", "Read-Write Lead", self.import_failures),
        ]

    def import_leads(self, ask: Ask) -> Reply:
        """Insert or update leads from a CSV file; the work is done at once, the status tells it step by step."""
        if ask.one("format", "csv") not in ("csv", "tsv", "ssv"):
            raise CallRefused("1001", ask.one("format"), "format")
        delimiter = {"csv": ",", "tsv": "\t", "ssv": ";"}[ask.one("format", "csv")]
        rows = list(csv.reader(io.StringIO(_part(ask)), delimiter=delimiter))
        if not rows:
            raise CallRefused("1003", "Empty file")
        lookup, names = ask.one("lookupField") or "email", rows[0]
        for name in {*names, lookup}:
            if name not in self._people.fields:
                raise CallRefused("1006", name)
        failures = []
        for row in rows[1:]:
            try:
                self._import_row(ask, lookup, dict(zip(names, row, strict=False)))
            except RecordSkipped as skipped:
                failures.append([*row, skipped.reason["message"]])
        number = self._store.next_number("import")
        done = {"at": ask.now_ms, "rows": len(rows) - 1, "failed": len(failures)}
        text = csv_text([[*names, "Import Failure Reason"], *failures])
        self._store.put(_IMPORTS, str(number), {**done, "failures": text})
        return {"result": [{"batchId": number, "importId": str(number), "status": "Queued"}]}

    def _import_row(self, ask: Ask, lookup: str, record: Record) -> None:
        fields = self._people.fields
        given = {name: None if value == "null" else value for name, value in record.items()}
        values = {name: fields[name].accept(value) for name, value in given.items() if not fields[name].read_only}
        if values.get(lookup) is None:
            raise RecordSkipped("1002", lookup)
        found, writer = self._people.find(lookup, values[lookup]), ask.writer("bulkImport")
        if len(found) > 1:
            raise RecordSkipped("1007")
        if found:
            self._people.change(found[0], values, writer, ask.now_ms)
        else:
            found = [self._people.create(values, writer, ask.now_ms)]
        if ask.one("listId") and self._store.get("lists", ask.one("listId")):
            member = {"listId": int(ask.one("listId")), "leadId": found[0], "since": stamp(ask.now_ms)}
            self._store.put("list_members", f"{ask.one('listId')}/{found[0]}", member)

    def _import(self, ask: Ask) -> Record:
        row = self._store.get(_IMPORTS, str(whole_number(ask.names["id"])))
        if row is None:
            raise CallRefused("1013", "Batch")
        return row

    def import_status(self, ask: Ask) -> Reply:
        """How far an import is."""
        row = self._import(ask)
        steps = (ask.now_ms - row["at"]) // (read_settings(self._store).export_step_seconds * 1000 or 1)
        entry: Record = {
            "batchId": whole_number(ask.names["id"]),
            "importId": ask.names["id"],
            "status": ("Queued", "Importing", "Complete")[min(2, steps)],
        }
        if steps >= 2:
            entry |= {
                "numOfLeadsProcessed": row["rows"] - row["failed"],
                "numOfRowsFailed": row["failed"],
                "numOfRowsWithWarning": 0,
                "message": f"Import completed with errors: {row['failed']}" if row["failed"] else "Import succeeded",
            }
        return {"result": [entry]}

    def import_failures(self, ask: Ask) -> Reply:
        """The rows that were refused, with the reason."""
        return Answer(body=self._import(ask)["failures"].encode(), content_type="text/csv;charset=UTF-8")


def _part(ask: Ask) -> str:
    """The part named `file` of a multipart body.

    Raises:
        CallRefused: 613, there is none.
    """
    kind = ask.call.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        raise CallRefused("613")
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + ask.call.body)
    for part in message.walk():
        if part.get_param("name", header="content-disposition") == "file":
            content = part.get_payload(decode=True)
            return content.decode("utf-8-sig", errors="replace") if isinstance(content, bytes) else ""
    raise CallRefused("613")
