"""The lead database's calls: describe, read, sync, delete, merge, partitions, schema."""

from dataclasses import asdict
from typing import Any

from infra.local.simulators.marketo.ask import BATCH, Ask, Record, Reply, Route, page_of, whole_number
from infra.local.simulators.marketo.failures import CallRefused, RecordSkipped
from infra.local.simulators.marketo.fields import CUSTOM_TYPES, DEFAULT_FIELDS, Field, Value
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.settings import read_settings
from infra.local.simulators.store import Store

READ, WRITE = "Read-Only Lead", "Read-Write Lead"
_ACTIONS = frozenset({"createOrUpdate", "createOnly", "updateOnly", "createDuplicate"})
_MOST_MATCHES = 1000
_MOST_LOSERS = 25


class LeadCalls:
    """Answers everything below `/rest/v1/leads` that concerns a lead itself."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def routes(self) -> list[Route]:
        """What it serves."""
        return [
            Route("GET", "/rest/v1/leads/describe.json", READ, self.describe),
            Route("GET", "/rest/v1/leads/describe2.json", READ, self.describe2),
            Route("GET", "/rest/v1/leads/partitions.json", READ, self.partitions),
            Route("POST", "/rest/v1/leads/partitions.json", WRITE, self.move),
            Route("GET", "/rest/v1/leads/schema/fields.json", "Read-Write Schema Standard Field", self.schema),
            Route("POST", "/rest/v1/leads/schema/fields.json", "Read-Write Schema Custom Field", self.add_fields),
            Route(
                "GET", "/rest/v1/leads/schema/fields/{name}.json", "Read-Write Schema Standard Field", self.one_field
            ),
            Route("GET", "/rest/v1/lead/{id}.json", READ, self.by_id),
            Route("GET", "/rest/v1/leads.json", READ, self.by_filter),
            Route("POST", "/rest/v1/leads.json", WRITE, self.sync),
            Route("DELETE", "/rest/v1/leads.json", WRITE, self.delete),
            Route("POST", "/rest/v1/leads/delete.json", WRITE, self.delete),
            Route("POST", "/rest/v1/leads/{id}/merge.json", WRITE, self.merge),
        ]

    def describe(self, _ask: Ask) -> Reply:
        """Every field with its REST name."""
        return {"result": [field.described() for field in self._people.fields.values()]}

    def describe2(self, _ask: Ask) -> Reply:
        """Fields, and by which of them people can be found."""
        native = read_settings(self._store).native_crm
        fields = self._people.fields.values()
        described = [field.described2(native_crm=native) for field in fields]
        searchable = [[field.name] for field in fields if field.searchable]
        return {"result": [{"name": "API Lead", "searchableFields": searchable, "fields": described}]}

    def schema(self, ask: Ask) -> Reply:
        """Fields as the schema calls show them."""
        return page_of([_schema_entry(field) for field in self._people.fields.values()], ask)

    def one_field(self, ask: Ask) -> Reply:
        """One field of the schema."""
        field = self._people.fields.get(ask.names["name"])
        if field is None:
            raise CallRefused("1006", ask.names["name"])
        return {"result": [_schema_entry(field)]}

    def add_fields(self, ask: Ask) -> Reply:
        """Create custom fields."""
        return {"result": ask.outcomes(ask.records(), self._add_field)}

    def _add_field(self, record: Record) -> Record:
        name, kind = str(record.get("name") or ""), str(record.get("dataType") or "string")
        if not name.isidentifier():
            raise RecordSkipped("1001", name, "API name")
        if name in self._people.fields:
            raise RecordSkipped("1003", f"Field '{name}' already exists")
        number = 2000 + self._store.next_number("field")
        shown = str(record.get("displayName") or name)
        field = Field(number, name, shown, kind, custom=True, searchable=kind in CUSTOM_TYPES)
        self._store.put("fields", name, asdict(field))
        return {"name": name, "status": "created"}

    def by_id(self, ask: Ask) -> Reply:
        """One lead; an unknown id is an empty result."""
        lead = self._people.get(whole_number(ask.names["id"]))
        names = self._named_fields(ask)
        return {"result": [self._shown(lead, names)] if lead else []}

    def by_filter(self, ask: Ask) -> Reply:
        """Leads by a field's values, oldest first."""
        kind, values = ask.required("filterType"), ask.many("filterValues")
        field = self._people.fields.get(kind)
        if field is None or (not field.searchable and kind != "id"):
            raise CallRefused("1011", kind)
        if not values:
            raise CallRefused("1002", "filterValues")
        if len(values) > BATCH:
            raise CallRefused("1003", f"Too many filterValues; the maximum is {BATCH}")
        names = self._named_fields(ask)
        found = sorted({lead_id for value in values for lead_id in self._people.find(kind, value)})
        if len(found) > _MOST_MATCHES:
            raise CallRefused("1003", "Too many results match the filter")
        leads = [lead for lead_id in found if (lead := self._people.get(lead_id))]
        return page_of([self._shown(lead, names) for lead in leads], ask)

    def _named_fields(self, ask: Ask) -> list[str]:
        names = ask.many("fields") or list(DEFAULT_FIELDS)
        for name in names:
            if name not in self._people.fields:
                raise CallRefused("1006", name)
        return names if "id" in names else ["id", *names]

    def _shown(self, lead: Record, names: list[str]) -> Record:
        return {name: self._people.value(lead, name) for name in names}

    def sync(self, ask: Ask) -> Reply:
        """Create and update, each record for itself."""
        body, records = ask.body(), ask.records()
        action, lookup = body.get("action") or "createOrUpdate", body.get("lookupField") or "email"
        if action not in _ACTIONS:
            raise CallRefused("1001", action, "action")
        if action != "updateOnly" and (lookup == "id" or any("id" in record for record in records)):
            raise CallRefused("1003", f"Field 'id' is not allowed with action '{action}'")
        field = self._people.fields.get(str(lookup))
        if field is None or not (field.searchable or lookup == "id"):
            raise CallRefused("1011", lookup)
        partition = str(body.get("partitionName") or "")
        return {"result": ask.outcomes(records, lambda record: self._sync(ask, record, action, field, partition))}

    def _sync(self, ask: Ask, record: Record, action: str, lookup: Field, partition: str) -> Record:
        if record.get(lookup.name) in (None, "") and action != "createDuplicate":
            raise RecordSkipped("1002", lookup.name)
        values = self._accepted(record)
        key = int(str(record["id"])) if lookup.name == "id" else values.get(lookup.name)
        matches = [] if action == "createDuplicate" else self._visible(ask, lookup.name, key)
        if len(matches) > 1:
            raise RecordSkipped("1007")
        if matches and action == "createOnly":
            raise RecordSkipped("1005")
        if not matches and action == "updateOnly":
            raise RecordSkipped("1004")
        number = self._partition(partition, self._people.need(matches[0]) if matches else None)
        writer = ask.writer("syncLeads")
        if matches:
            self._people.change(matches[0], values, writer, ask.now_ms)
            return {"id": matches[0], "status": "updated"}
        return {"id": self._people.create(values, writer, ask.now_ms, partition=number), "status": "created"}

    def _accepted(self, record: Record) -> dict[str, Value]:
        fields, values = self._people.fields, {}
        native = read_settings(self._store).native_crm
        for name, value in record.items():
            field = fields.get(name)
            if field is None:
                raise RecordSkipped("1006", name)
            if name == "id":
                if not str(value).isdigit():
                    raise RecordSkipped("1001", value, "integer")
                continue
            if field.read_only or (native and name.startswith("sfdc")):
                raise RecordSkipped("1003", f"Field '{name}' is read only")
            if native and field.company:
                raise RecordSkipped("1021")
            values[name] = field.accept(value)
        return values

    def _visible(self, ask: Ask, name: str, key: Any) -> list[int]:
        """Matches that this call can see: a lead that another call has just created may not be among them."""
        race_ms = read_settings(self._store).race_seconds * 1000
        found = self._people.find(name, key)
        return [lead_id for lead_id in found if not race_ms or not self._is_newborn(ask, lead_id, race_ms)]

    def _is_newborn(self, ask: Ask, lead_id: int, race_ms: int) -> bool:
        birth = self._store.get("births", str(lead_id)) or {"at": 0, "request": ""}
        return bool(birth["request"] != ask.request_id and birth["at"] + race_ms > ask.now_ms)

    def _partition(self, name: str, lead: Record | None) -> int:
        if not name:
            return 1
        known = {row["name"]: row["id"] for row in self._store.rows("partitions").values()}
        if name not in known:
            raise RecordSkipped("1008", name)
        if lead is not None and lead["leadPartitionId"] != known[name]:
            raise RecordSkipped("1010")
        return int(known[name])

    def delete(self, ask: Ask) -> Reply:
        """Delete by id."""
        writer = ask.writer("deleteLeads")

        def one(lead_id: int) -> Record:
            self._people.delete(lead_id, writer, ask.now_ms)
            return {"id": lead_id, "status": "deleted"}

        return {"result": [_with_id(row, lead_id) for lead_id in ask.ids() for row in ask.outcomes([lead_id], one)]}

    def merge(self, ask: Ask) -> Reply:
        """Merge losers into the lead of the path; there is no result."""
        winner = whole_number(ask.names["id"])
        losers = [whole_number(text) for text in [*ask.many("leadId"), *ask.many("leadIds")]]
        if not losers:
            raise CallRefused("1002", "leadId")
        if len(losers) > _MOST_LOSERS:
            raise CallRefused("1080", _MOST_LOSERS)
        if winner in losers or len(set(losers)) != len(losers):
            raise CallRefused("1003", "A lead cannot be merged with itself")
        if ask.one("mergeInCRM").lower() == "true" and not read_settings(self._store).native_crm:
            raise CallRefused("703")
        if any(self._people.get(lead_id) is None for lead_id in (winner, *losers)):
            raise CallRefused("1004")
        self._people.merge(winner, losers, ask.writer("mergeLeads"), ask.now_ms)
        return {}

    def partitions(self, _ask: Ask) -> Reply:
        """The subscription's partitions."""
        return {"result": list(self._store.rows("partitions").values())}

    def move(self, ask: Ask) -> Reply:
        """Put leads into another partition."""
        known = {row["name"]: row["id"] for row in self._store.rows("partitions").values()}

        def one(record: Record) -> Record:
            lead = self._people.need(whole_number(record.get("id")))
            if record.get("partitionName") not in known:
                raise RecordSkipped("1008", record.get("partitionName"))
            self._store.put("leads", str(lead["id"]), {**lead, "leadPartitionId": known[record["partitionName"]]})
            return {"id": lead["id"], "status": "updated"}

        return {"result": ask.outcomes(ask.records(), one)}


def _with_id(row: Record, lead_id: int) -> Record:
    return {"id": lead_id, **row}


def _schema_entry(field: Field) -> Record:
    return {
        "name": field.name,
        "displayName": field.display,
        "dataType": field.type,
        "isCustom": field.custom,
        "isApiCreated": field.id >= 2000,
        "updateable": not field.read_only,
    }
