"""The org: its objects as one user sees them, its records, its settings. Writing is in `writing`, queries in `soql`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.local.simulators.faults import FaultSwitches
from infra.local.simulators.moment import Clock
from infra.local.simulators.salesforce.errors import SalesforceError, not_found
from infra.local.simulators.salesforce.fields import Field
from infra.local.simulators.salesforce.ids import normal_id
from infra.local.simulators.salesforce.schema import OBJECTS, SObject
from infra.local.simulators.salesforce.values import stamp
from infra.local.simulators.store import Row, Store
from infra.local.simulators.wire import Call

DEFAULT_SETTINGS: dict[str, Any] = {
    # What a day's rolling window allows: Enterprise edition with no licences counted.
    "daily_limit": 100_000,
    "session_idle_s": 7200,
    # Rows of a query page; Salesforce may send fewer than were asked for, and tests make it.
    "page_size": 2000,
    # off | alert | block: the rule that matches e-mail addresses of leads and contacts.
    "duplicate_rule": "off",
    # A user or queue that new leads go to unless Sforce-Auto-Assign is FALSE; empty: no active assignment rule.
    "assignment_owner": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who writes, and what the headers of the call ask for. An administrator is bound by no field rights."""

    user_id: str
    administrator: bool = False
    assign: bool = True
    save_duplicates: bool = False
    call: Call | None = None


class Org:
    """Objects, records and settings over the store."""

    def __init__(self, store: Store, clock: Clock, faults: FaultSwitches) -> None:
        self.store = store
        self.clock = clock
        self.faults = faults
        self._index: dict[tuple[str, str], dict[str, set[str]]] = {}

    @property
    def now(self) -> datetime:
        """The virtual time."""
        return self.clock()

    @property
    def stamp(self) -> str:
        """The virtual time as a record stores it."""
        return stamp(self.clock())

    def setting(self, name: str) -> Any:
        """A setting of the org."""
        return (self.store.get("_settings", "all") or DEFAULT_SETTINGS)[name]

    def change_settings(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings; returns all of them.

        Raises:
            KeyError: there is no such setting.
        """
        known = self.store.get("_settings", "all") or DEFAULT_SETTINGS
        for name in changes:
            if name not in DEFAULT_SETTINGS:
                raise KeyError(name)
        whole = {**known, **{name: type(DEFAULT_SETTINGS[name])(value) for name, value in changes.items()}}
        self.store.put("_settings", "all", whole)
        return whole

    # Objects and fields, as far as the sync user may see them.

    def find_object(self, name: str) -> SObject:
        """An object by name in any case.

        Raises:
            SalesforceError: it does not exist or this user may not read it.
        """
        found = next((item for item in OBJECTS.values() if item.name.lower() == name.lower()), None)
        if found is None or found.name in self.rights("hidden"):
            raise not_found()
        return found

    def object_of(self, record_id: str) -> SObject:
        """The object whose records have such ids (of LeadStatus and OpportunityStage: the first)."""
        found = next((item for item in OBJECTS.values() if record_id.startswith(item.prefix)), None)
        if found is None:
            raise not_found()
        return found

    def rights(self, kind: str) -> set[str]:
        """What the sync user may not: `hidden` and `read_only` objects (Lead) and fields (Lead.Title)."""
        return set((self.store.get("_rights", "sync") or {}).get(kind, ()))

    def set_rights(self, *, hidden: Iterable[str], read_only: Iterable[str]) -> None:
        """Replace what the sync user may not."""
        self.store.put("_rights", "sync", {"hidden": sorted(hidden), "read_only": sorted(read_only)})

    def add_field(self, object_name: str, **column: Any) -> None:
        """Have an administrator make a custom field."""
        item = self.find_object(object_name)
        if not str(column.get("name", "")).endswith("__c"):
            raise ValueError("the name of a custom field ends in __c")
        column.setdefault("length", 255)
        Field(**column)
        self.store.put("_fields", f"{item.name}.{column['name']}", {"object": item.name, **column})

    def fields(self, item: SObject, *, everything: bool = False) -> dict[str, Field]:
        """Fields by lower-case name, standard and custom; `everything`: also those hidden from the sync user."""
        made = [
            Field(**{name: value for name, value in row.items() if name != "object"})
            for row in self.store.rows("_fields").values()
            if row["object"] == item.name
        ]
        hidden = set() if everything else self.rights("hidden")
        return {
            field.name.lower(): field for field in (*item.fields, *made) if f"{item.name}.{field.name}" not in hidden
        }

    # Records.

    def rows(self, item: SObject) -> dict[str, Row]:
        """All records of an object by id, the deleted ones too."""
        return self.store.rows(item.name)

    def seen_by_queries(self, item: SObject) -> Iterable[Row]:
        """Records as queries see them: what is written with late visibility is not there, or old, until its time."""
        now = self.stamp
        for row in self.rows(item).values():
            if row.get("_visible_from", "") <= now:
                yield row
            elif row["_before"] is not None:
                yield row["_before"]

    def put(self, item: SObject, row: Row) -> None:
        """Store a record as it is."""
        late_s = self.faults.late_visibility_s
        kept = {name: value for name, value in row.items() if not name.startswith("_")}
        if late_s:
            kept["_visible_from"] = stamp(self.now + timedelta(seconds=late_s))
            kept["_before"] = self._visible_now(self.rows(item).get(row["Id"]))
        # The index must know the values from before this write: it may be undone.
        keys = [field for field in self.fields(item, everything=True).values() if field.external_id]
        indexes = [(field, self._index_of(item, field)) for field in keys]
        self.store.put(item.name, row["Id"], kept)
        for field, index in indexes:
            if row.get(field.name) is not None:
                index.setdefault(str(row[field.name]).lower(), set()).add(row["Id"])

    def _visible_now(self, row: Row | None) -> Row | None:
        if row is None or row.get("_visible_from", "") > self.stamp:
            return row["_before"] if row else None
        return {name: value for name, value in row.items() if not name.startswith("_")}

    def get(self, item: SObject, record_id: str) -> Row:
        """One live record.

        Raises:
            SalesforceError: no such id, or it is in the recycle bin.
        """
        known = normal_id(record_id)
        row = self.rows(item).get(known) if known else None
        if row is None:
            raise not_found()
        if row["IsDeleted"]:
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", [])
        return row

    def exists(self, record_id: str, refers: Iterable[str]) -> bool:
        """True when a reference to one of these objects points to a live record."""
        rows = (self.store.get(name, record_id) for name in refers)
        return any(row is not None and not row["IsDeleted"] for row in rows)

    def with_value(self, item: SObject, field: Field, value: str) -> list[Row]:
        """Live records whose external id has this value; case does not matter."""
        ids = self._index_of(item, field).get(value.lower(), ())
        found = [self.rows(item).get(record_id) for record_id in sorted(ids)]
        return [
            row
            for row in found
            if row and not row["IsDeleted"] and str(row.get(field.name) or "").lower() == value.lower()
        ]

    def _index_of(self, item: SObject, field: Field) -> dict[str, set[str]]:
        """Ids by value. Entries are only added and are checked at use, so that a rollback cannot make them wrong."""
        key = (item.name, field.name)
        if key not in self._index:
            known: dict[str, set[str]] = {}
            for row in self.rows(item).values():
                if row.get(field.name) is not None:
                    known.setdefault(str(row[field.name]).lower(), set()).add(row["Id"])
            self._index[key] = known
        return self._index[key]

    def forget(self) -> None:
        """Drop what was derived from records, after a reset."""
        self._index.clear()
