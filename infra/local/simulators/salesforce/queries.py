"""`/query` and `/queryAll`: pages of an answer, and the cursors to the next ones."""

import re
from datetime import datetime, timedelta
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.org import Org
from infra.local.simulators.salesforce.soql import Soql
from infra.local.simulators.wire import Answer, Call, json_answer

_CURSOR_LIFE = timedelta(days=2)
_CURSORS_KEPT = 50
_BATCH = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


class Queries:
    """Runs queries and keeps what was not fetched yet. Cursors die with the process, as they may at any time."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: dict[str, tuple[datetime, list[dict[str, Any]]]] = {}
        self._made = 0

    def answer(self, call: Call, version: str, rest: list[str], *, deleted: bool) -> Answer:
        """The first page for `?q=`, or a later one for a locator."""
        name = "queryAll" if deleted else "query"
        size = self._page_size(call)
        if rest:
            return self._page(name, version, *self._found(rest[0]), size)
        text = call.query.get("q")
        if not text:
            raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
        total, records = Soql(self._org, version, deleted=deleted).run(text)
        if not records:
            return json_answer({"totalSize": total, "done": True, "records": []})
        if len(records) <= size:
            return json_answer({"totalSize": total, "done": True, "records": records})
        return self._page(name, version, self._keep(records), 0, size)

    def _page_size(self, call: Call) -> int:
        """What the caller asks for, in Salesforce's bounds; the org may have smaller pages."""
        asked = _BATCH.search(call.headers.get("sforce-query-options", ""))
        size = min(2000, max(200, int(asked[1]))) if asked else 2000
        return min(size, max(1, int(self._org.setting("page_size"))))

    def _keep(self, records: list[dict[str, Any]]) -> str:
        self._made += 1
        locator = f"0r8D0000{self._made:07d}AAA"
        self._cursors[locator] = (self._org.now, records)
        while len(self._cursors) > _CURSORS_KEPT:
            self._cursors.pop(next(iter(self._cursors)))
        return locator

    def _found(self, text: str) -> tuple[str, int]:
        locator, _, offset = text.rpartition("-")
        made, records = self._cursors.get(locator, (self._org.now, []))
        known = offset.isdigit() and int(offset) < len(records)
        if not known or self._org.now - made > _CURSOR_LIFE:
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return locator, int(offset)

    def _page(self, name: str, version: str, locator: str, offset: int, size: int) -> Answer:
        records = self._cursors[locator][1]
        after = offset + size
        answer: dict[str, Any] = {"totalSize": len(records), "done": after >= len(records)}
        if after < len(records):
            answer["nextRecordsUrl"] = f"/services/data/v{version}/{name}/{locator}-{after}"
        return json_answer({**answer, "records": records[offset:after]})

    def forget(self) -> None:
        """Drop all cursors."""
        self._cursors.clear()
