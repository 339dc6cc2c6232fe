"""The activity log: every write leaves one, numbered in the order of writing, which is what paging tokens point at."""

from collections.abc import Iterator
from typing import Any

from infra.local.simulators.marketo.ask import Record, Writer
from infra.local.simulators.marketo.stamps import DAY_MS, stamp
from infra.local.simulators.store import Store

TABLE = "activities"
NEW_LEAD, CHANGE_VALUE, CHANGE_SCORE, MERGE, DELETE = 12, 13, 22, 32, 37
_OTHER_DAYS = 760
"""Most activities stay for 25 months."""

_PLAIN = {"Reason": "string", "Source": "string"}
_VALUES = {"New Value": "string", "Old Value": "string", **_PLAIN}
_MAIL = {"Campaign Run ID": "integer", "Step ID": "integer"}
TYPES: dict[int, tuple[str, str, dict[str, str]]] = {
    1: (
        "Visit Webpage",
        "Webpage ID",
        {"Webpage URL": "string", "Referrer URL": "string", "Query Parameters": "string"},
    ),
    2: ("Fill Out Form", "Webform ID", {"Form Fields": "text", "Webpage ID": "integer", "Client IP Address": "string"}),
    3: ("Click Link", "Link ID", {"Webpage ID": "integer", "Referrer URL": "string"}),
    6: ("Send Email", "Mailing ID", _MAIL),
    7: ("Email Delivered", "Mailing ID", _MAIL),
    8: ("Email Bounced", "Mailing ID", {**_MAIL, "Category": "string", "Details": "string", "Email": "string"}),
    9: ("Unsubscribe Email", "Mailing ID", {**_MAIL, "Webform ID": "integer"}),
    10: ("Open Email", "Mailing ID", {**_MAIL, "Device": "string", "Is Mobile Device": "boolean"}),
    11: ("Click Email", "Mailing ID", {**_MAIL, "Link": "string"}),
    12: ("New Lead", "Lead Name", {"Source Type": "string", "Lead Source": "string", "Created Date": "datetime"}),
    13: ("Change Data Value", "Attribute Name", _VALUES),
    21: ("Convert Lead", "", {"Assign To": "string"}),
    22: ("Change Score", "Score Name", {"Change Value": "string", "New Value": "string", "Old Value": "string"}),
    23: ("Change Owner", "", _VALUES),
    24: ("Add to List", "List ID", _PLAIN),
    25: ("Remove from List", "List ID", _PLAIN),
    27: ("Email Bounced Soft", "Mailing ID", {**_MAIL, "Category": "string", "Details": "string"}),
    32: ("Merge Leads", "Lead ID", {"Merge IDs": "string", "Master Updated": "boolean", "Merge Source": "string"}),
    37: ("Delete Lead", "Lead Name", {"Campaign": "string", "Remove from CRM": "boolean"}),
    46: ("Interesting Moment", "Milestone", {"Description": "text", "Date": "datetime", "Source": "string"}),
    47: ("Request Campaign", "Campaign ID", {"Source": "string"}),
    104: ("Change Status in Progression", "Program ID", {"Old Status": "string", "New Status": "string", **_PLAIN}),
    110: ("Call Webhook", "Webhook", {"Response": "text"}),
    100001: ("Attended Fair", "Fair", {"Stand": "string", "Conversation": "text"}),
}
"""Id to name, primary attribute and attributes; 100001 is the subscription's own."""


class Journal:
    """Writes and reads the log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def log(
        self,
        kind: int,
        lead_id: int,
        now_ms: int,
        *,
        writer: Writer,
        primary: Any = None,
        primary_id: int = 0,
        **more: Any,
    ) -> int:
        """Write one; `attributes` are name to value, `fields` what changed, `at_ms` when it happened if not now."""
        number = self._store.next_number("activity")
        attributes = [{"name": name, "value": value} for name, value in more.get("attributes", {}).items()]
        row: Record = {
            "id": number,
            "leadId": lead_id,
            "written": now_ms,
            "date": more.get("at_ms", now_ms),
            "kind": kind,
            "primary": primary,
            "primaryId": primary_id,
            "fields": more.get("fields", []),
            "attributes": attributes + writer.attributes(),
        }
        self._store.put(TABLE, str(number), row)
        return number

    @property
    def last(self) -> int:
        """Number of the newest; 0: none yet."""
        return int((self._store.get("_numbers", "activity") or {"value": 0})["value"])

    def first_since(self, ms: int) -> int:
        """Number of the first one written at or after a time; one past the newest if there is none."""
        low, high = 1, self.last + 1
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.row(middle)["written"] < ms else (low, middle)
        return low

    def row(self, number: int) -> Record:
        """One by its number, which must exist."""
        found = self._store.get(TABLE, str(number))
        if found is None:
            raise LookupError(f"activity {number}")
        return found

    def from_number(
        self, number: int, now_ms: int, *, hidden_ms: float, change_days: int
    ) -> Iterator[tuple[int, Record]]:
        """Those from a number on. It ends at the first that is not visible yet: a token never passes what it missed."""
        for current in range(max(1, number), self.last + 1):
            row = self.row(current)
            if hidden_ms and row["written"] + hidden_ms > now_ms:
                return
            days = change_days if row["kind"] == CHANGE_VALUE else _OTHER_DAYS
            if row["written"] >= now_ms - days * DAY_MS:
                yield current, row

    def of_lead(self, lead_id: int, most: int) -> list[Record]:
        """The newest of one person, for the page."""
        newest = (self.row(number) for number in range(self.last, 0, -1))
        return [row for _, row in zip(range(most), (row for row in newest if row["leadId"] == lead_id), strict=False)]


def shown(row: Record, lead_id: int) -> Record:
    """The entry of `activities.json`; empty parts are left out, as the vendor does."""
    entry: Record = {
        "id": row["id"],
        "marketoGUID": str(row["id"]),
        "leadId": lead_id,
        "activityDate": stamp(row["date"]),
        "activityTypeId": row["kind"],
        "primaryAttributeValueId": row["primaryId"],
        "primaryAttributeValue": row["primary"],
        "attributes": [*row["attributes"], *_values(row)],
    }
    return {name: value for name, value in entry.items() if value not in (None, 0)}


def shown_change(row: Record, lead_id: int) -> Record:
    """The entry of `leadchanges.json`."""
    return {
        "id": row["id"],
        "marketoGUID": str(row["id"]),
        "leadId": lead_id,
        "activityDate": stamp(row["date"]),
        "activityTypeId": row["kind"],
        "fields": row["fields"],
        "attributes": [*row["attributes"], {"name": "Lead ID", "value": lead_id}],
    }


def _values(row: Record) -> list[Record]:
    if row["kind"] != CHANGE_VALUE or not row["fields"]:
        return []
    changed = row["fields"][0]
    return [{"name": "New Value", "value": changed["newValue"]}, {"name": "Old Value", "value": changed["oldValue"]}]


def described_types() -> list[Record]:
    """`activities/types.json`."""
    return [
        {
            "id": number,
            "name": name,
            "description": name,
            **({"primaryAttribute": {"name": primary, "dataType": "string"}} if primary else {}),
            "attributes": [{"name": key, "dataType": kind} for key, kind in attributes.items()],
        }
        for number, (name, primary, attributes) in TYPES.items()
    ]
