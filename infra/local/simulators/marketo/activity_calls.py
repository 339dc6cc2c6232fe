"""Reading the activity log with paging tokens, and writing custom activities into it."""

from collections.abc import Callable, Iterable

from infra.local.simulators.marketo.ask import BATCH, Ask, Record, Reply, Route, make_token, read_token, whole_number
from infra.local.simulators.marketo.failures import CallRefused, RecordSkipped
from infra.local.simulators.marketo.journal import (
    CHANGE_VALUE,
    DELETE,
    NEW_LEAD,
    TYPES,
    Journal,
    described_types,
    shown,
    shown_change,
)
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.settings import read_settings
from infra.local.simulators.marketo.stamps import parse_stamp, require_stamp
from infra.local.simulators.store import Store

READ, WRITE = "Read-Only Activity", "Read-Write Activity"
CUSTOM_FROM = 100_001
_MOST_TYPES, _MOST_LEADS, _BIG_LIST = 10, 30, 10_000
_SCAN = 1200
"""So many entries of the log are looked through per page: with a narrow filter a page is short, yet more follows."""


class ActivityCalls:
    """Answers everything below `/rest/v1/activities`."""

    def __init__(self, store: Store, people: People, journal: Journal) -> None:
        self._store = store
        self._people = people
        self._journal = journal

    def routes(self) -> list[Route]:
        """What it serves."""
        return [
            Route("GET", "/rest/v1/activities/pagingtoken.json", READ, self.paging_token),
            Route("GET", "/rest/v1/activities/types.json", READ, self.types),
            Route("GET", "/rest/v1/activities.json", READ, self.activities),
            Route("GET", "/rest/v1/activities/leadchanges.json", READ, self.lead_changes),
            Route("GET", "/rest/v1/activities/deletedleads.json", READ, self.deleted_leads),
            Route("POST", "/rest/v1/activities/external.json", WRITE, self.add),
        ]

    def paging_token(self, ask: Ask) -> Reply:
        """A position after a time. It stays a time until its first use, so it may lie in the future."""
        return {"nextPageToken": make_token(since=require_stamp(ask.required("sinceDatetime")))}

    def types(self, _ask: Ask) -> Reply:
        """Every activity type."""
        return {"result": described_types()}

    def activities(self, ask: Ask) -> Reply:
        """Activities of at most ten types."""
        kinds = {whole_number(text) for text in ask.many("activityTypeIds")}
        if not kinds:
            raise CallRefused("1002", "activityTypeIds")
        if len(kinds) > _MOST_TYPES:
            raise CallRefused("1003", f"Too many activityTypeIds; the maximum is {_MOST_TYPES}")
        assets = {whole_number(text) for text in ask.many("assetIds")}
        wanted = self._of_wanted_leads(ask)

        def pick(row: Record) -> Record | None:
            lead_id = self._people.now_known_as(row["leadId"])
            fits = row["kind"] in kinds and wanted(lead_id) and (not assets or row["primaryId"] in assets)
            return shown(row, row["leadId"] if row["kind"] == DELETE else lead_id) if fits else None

        return self._page(ask, pick)

    def lead_changes(self, ask: Ask) -> Reply:
        """Changes of the named fields, and new leads."""
        names = set(ask.many("fields"))
        if not names:
            raise CallRefused("1002", "fields")
        for name in sorted(names):
            if name not in self._people.fields:
                raise CallRefused("1006", name)
        wanted = self._of_wanted_leads(ask)

        def pick(row: Record) -> Record | None:
            lead_id = self._people.now_known_as(row["leadId"])
            ours = row["kind"] == CHANGE_VALUE and any(field["name"] in names for field in row["fields"])
            return shown_change(row, lead_id) if (ours or row["kind"] == NEW_LEAD) and wanted(lead_id) else None

        return self._page(ask, pick)

    def deleted_leads(self, ask: Ask) -> Reply:
        """Leads that are gone, losers of merges included."""
        return self._page(ask, lambda row: shown(row, row["leadId"]) if row["kind"] == DELETE else None)

    def _of_wanted_leads(self, ask: Ask) -> Callable[[int], bool]:
        leads = {whole_number(text) for text in ask.many("leadIds")}
        if len(leads) > _MOST_LEADS:
            raise CallRefused("1003", f"Too many leadIds; the maximum is {_MOST_LEADS}")
        if not ask.one("listId"):
            return lambda lead_id: not leads or lead_id in leads
        members = {
            row["leadId"]
            for row in self._store.rows("list_members").values()
            if row["listId"] == whole_number(ask.one("listId"))
        }
        if len(members) >= _BIG_LIST:
            raise CallRefused("1003", f"Lists of {_BIG_LIST} leads or more are not supported")
        return lambda lead_id: lead_id in members and (not leads or lead_id in leads)

    def _page(self, ask: Ask, pick: Callable[[Record], Record | None]) -> Reply:
        position = read_token(ask.required("nextPageToken"))
        since = position.get("since")
        start = position.get("number", 1) if since is None else self._journal.first_since(since)
        if since is not None and since > ask.now_ms:
            return {"nextPageToken": ask.one("nextPageToken"), "moreResult": False}
        settings, blank = read_settings(self._store), position.get("blank", 0)
        if blank < settings.empty_pages and start <= self._journal.last:
            return {"nextPageToken": make_token(number=start, blank=blank + 1), "moreResult": True}
        hidden_ms, size = ask.faults.late_visibility_s * 1000, ask.number("batchSize", BATCH, BATCH)
        rows = self._journal.from_number(start, ask.now_ms, hidden_ms=hidden_ms, change_days=settings.change_days)
        found, after, more = _collect(rows, start, size, pick)
        return {**({"result": found} if found else {}), "nextPageToken": make_token(number=after), "moreResult": more}

    def add(self, ask: Ask) -> Reply:
        """Write custom activities; here a refusal is called errors, not reasons."""
        results = ask.outcomes(ask.records(), lambda record: self._add(ask, record))
        return {"result": [_renamed(row) for row in results]}

    def _add(self, ask: Ask, record: Record) -> Record:
        lead = self._people.need(whole_number(record.get("leadId")))
        kind = whole_number(record.get("activityTypeId"))
        if kind < CUSTOM_FROM or kind not in TYPES:
            raise RecordSkipped("1003", f"Activity type '{kind}' is not a custom activity type")
        if not record.get("primaryAttributeValue"):
            raise RecordSkipped("1002", "primaryAttributeValue")
        at_ms = parse_stamp(str(record.get("activityDate") or ""))
        if at_ms is None:
            raise RecordSkipped("1001", record.get("activityDate"), "datetime")
        attributes = {
            str(item.get("apiName") or item.get("name")): item.get("value") for item in record.get("attributes", [])
        }
        number = self._journal.log(
            kind,
            lead["id"],
            ask.now_ms,
            writer=ask.writer("addCustomActivities"),
            primary=record["primaryAttributeValue"],
            at_ms=at_ms,
            attributes=attributes,
        )
        return {"id": number, "marketoGUID": str(number), "status": "added"}


def _collect(
    rows: Iterable[tuple[int, Record]], start: int, size: int, pick: Callable[[Record], Record | None]
) -> tuple[list[Record], int, bool]:
    """What of the log goes on a page, where the next page starts, and whether there is one."""
    found: list[Record] = []
    after = start
    for looked, (number, row) in enumerate(rows):
        if len(found) == size or looked == _SCAN:
            return found, after, True
        after = number + 1
        if entry := pick(row):
            found.append(entry)
    return found, after, False


def _renamed(row: Record) -> Record:
    return {("errors" if name == "reasons" else name): value for name, value in row.items()}
