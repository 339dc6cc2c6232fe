"""Companies, opportunities, their roles and sales persons: one way of describing, reading, syncing and deleting."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

from infra.local.simulators.marketo.ask import Ask, Record, Reply, Route, page_of
from infra.local.simulators.marketo.failures import CallRefused, RecordSkipped
from infra.local.simulators.marketo.fields import Field, Value
from infra.local.simulators.marketo.journal import CHANGE_VALUE, Journal
from infra.local.simulators.marketo.people import People
from infra.local.simulators.marketo.settings import read_settings
from infra.local.simulators.marketo.stamps import stamp
from infra.local.simulators.store import Store

_SEEN_LEADS = 5000
"""A company with more leads than this changes without an entry in each lead's log."""
_SYSTEM = ("createdAt", "updatedAt")


@dataclass(frozen=True, slots=True)
class Kind:
    """One of these objects. The key of its table is its dedupe fields, joined."""

    name: str
    path: str
    table: str
    right: str
    keys: tuple[str, ...]
    id_field: str
    types: dict[str, str]

    def fields(self) -> dict[str, Field]:
        """Its fields by name, those that only the vendor writes last."""
        every = {self.id_field: "string", **self.types}
        listed = [Field(5000 + n, name, name, kind) for n, (name, kind) in enumerate(every.items())]
        stamps = [Field(5900 + n, name, name, "datetime", read_only=True) for n, name in enumerate(_SYSTEM)]
        return {field.name: field for field in [*listed, *stamps]}


def _strings(names: str, **others: str) -> dict[str, str]:
    return {**dict.fromkeys(names.split(), "string"), **others}


COMPANY = Kind(
    "Company",
    "companies",
    "companies",
    "Company",
    ("externalCompanyId",),
    "id",
    _strings(
        "externalCompanyId company website mainPhone industry sicCode site billingStreet billingCity billingState "
        "billingPostalCode billingCountry externalSalesPersonId",
        annualRevenue="currency",
        numberOfEmployees="integer",
    ),
)
OPPORTUNITY = Kind(
    "Opportunity",
    "opportunities",
    "opportunities",
    "Opportunity",
    ("externalOpportunityId",),
    "marketoGUID",
    _strings(
        "externalOpportunityId name stage type leadSource nextStep description externalCompanyId externalSalesPersonId "
        "fiscalYear fiscalQuarter forecastCategoryName",
        amount="currency",
        expectedRevenue="currency",
        probability="integer",
        isClosed="boolean",
        isWon="boolean",
        closeDate="date",
        externalCreatedDate="datetime",
    ),
)
ROLE = Kind(
    "Opportunity Role",
    "opportunities/roles",
    "opportunity_roles",
    "Opportunity",
    ("externalOpportunityId", "leadId", "role"),
    "marketoGUID",
    _strings("externalOpportunityId role", leadId="integer", isPrimary="boolean", externalCreatedDate="datetime"),
)
SALES_PERSON = Kind(
    "Sales Person",
    "salespersons",
    "sales_persons",
    "Sales Person",
    ("externalSalesPersonId",),
    "id",
    _strings("externalSalesPersonId firstName lastName phone title fax mobilePhone", email="email"),
)
KINDS = (COMPANY, OPPORTUNITY, ROLE, SALES_PERSON)


class ObjectCalls:
    """Answers for all four kinds, and says that there are no custom objects."""

    def __init__(self, store: Store, people: People, journal: Journal) -> None:
        self._store = store
        self._people = people
        self._journal = journal

    def routes(self) -> list[Route]:
        """What it serves."""
        found = [Route("GET", "/rest/v1/customobjects.json", "Read-Only Custom Object", self.custom_objects)]
        for kind in KINDS:
            read, write, base = f"Read-Only {kind.right}", f"Read-Write {kind.right}", f"/rest/v1/{kind.path}"
            found += [
                Route("GET", f"{base}/describe.json", read, partial(self.describe, kind)),
                Route("GET", f"{base}.json", read, partial(self.read, kind)),
                Route("POST", f"{base}.json", write, partial(self.sync, kind)),
                Route("POST", f"{base}/delete.json", write, partial(self.delete, kind)),
            ]
        return found

    def custom_objects(self, _ask: Ask) -> Reply:
        """None is defined in this subscription."""
        return {"result": []}

    def _check_writable(self) -> None:
        if read_settings(self._store).native_crm:
            raise CallRefused("1018")

    def describe(self, kind: Kind, _ask: Ask) -> Reply:
        """Keys and fields of a kind."""
        described = {
            "name": kind.name.lower().replace(" ", ""),
            "displayName": kind.name,
            "idField": kind.id_field,
            "dedupeFields": list(kind.keys),
            "searchableFields": [[kind.id_field], list(kind.keys)],
            "fields": [field.described2(native_crm=False) for field in kind.fields().values()],
        }
        return {"result": [described]}

    def read(self, kind: Kind, ask: Ask) -> Reply:
        """Rows by their id, their key or a part of it."""
        wanted = ask.required("filterType")
        name = {"idField": kind.id_field, "dedupeFields": kind.keys[0]}.get(wanted, wanted)
        if name not in (kind.id_field, *kind.keys):
            raise CallRefused("1011", wanted)
        values = set(ask.many("filterValues"))
        if not values:
            raise CallRefused("1002", "filterValues")
        names = ask.many("fields") or [kind.id_field, *kind.keys, *_SYSTEM]
        unknown = sorted(set(names) - set(kind.fields()))
        if unknown:
            raise CallRefused("1006", unknown[0])
        rows = [row for row in self._store.rows(kind.table).values() if str(row.get(name)) in values]
        shown = [{"seq": seq, **{field: row.get(field) for field in names}} for seq, row in enumerate(rows)]
        return page_of(shown, ask)

    def sync(self, kind: Kind, ask: Ask) -> Reply:
        """Create and update; the same key twice in one call is refused the second time."""
        self._check_writable()
        body, seen = ask.body(), set[str]()
        action, by_id = body.get("action") or "createOrUpdate", body.get("dedupeBy") == "idField"
        if action not in {"createOrUpdate", "createOnly", "updateOnly"}:
            raise CallRefused("1001", action, "action")

        def one(record: Record) -> Record:
            key = self._key(kind, record, by_id=by_id)
            if key in seen:
                raise RecordSkipped("1036")
            seen.add(key)
            return self._save(kind, ask, key, record, "updateOnly" if by_id else action)

        rows = ask.outcomes(ask.records(), one)
        return {"result": [{"seq": seq, **row} for seq, row in enumerate(rows)]}

    def _key(self, kind: Kind, record: Record, *, by_id: bool) -> str:
        if by_id:
            rows = self._store.rows(kind.table).items()
            found = [key for key, row in rows if str(row[kind.id_field]) == str(record.get(kind.id_field))]
            if not found:
                raise RecordSkipped("1013", "Record")
            return found[0]
        for name in kind.keys:
            if record.get(name) in (None, ""):
                raise RecordSkipped("1002", name)
        return "/".join(str(record[name]) for name in kind.keys)

    def _save(self, kind: Kind, ask: Ask, key: str, record: Record, action: str) -> Record:
        known = self._store.get(kind.table, key)
        if known is None and action == "updateOnly":
            raise RecordSkipped("1013", "Record")
        if known is not None and action == "createOnly":
            raise RecordSkipped("1005")
        values = self._accepted(kind, record)
        if kind is OPPORTUNITY and not (values.get("name") or (known or {}).get("name")):
            raise RecordSkipped("1002", "name")
        if kind is ROLE:
            self._check_ends(values)
        now = stamp(ask.now_ms)
        row = known or {kind.id_field: self._new_id(kind), "createdAt": now}
        after = {**row, **values, "updatedAt": now}
        self._store.put(kind.table, key, after)
        if kind is COMPANY:
            self._tell_leads(ask, known or {}, after)
        return {"status": "updated" if known else "created", kind.id_field: after[kind.id_field]}

    def _accepted(self, kind: Kind, record: Record) -> dict[str, Value]:
        fields, values = kind.fields(), {}
        for name, value in record.items():
            if name not in fields or name in _SYSTEM:
                raise RecordSkipped("1006", name)
            if name != kind.id_field:
                values[name] = fields[name].accept(value)
        return values

    def _check_ends(self, values: dict[str, Value]) -> None:
        lead_id = values.get("leadId")
        if lead_id is not None and self._people.get(int(lead_id)) is None:
            raise RecordSkipped("1004")
        deal = values.get("externalOpportunityId")
        if deal is not None and self._store.get(OPPORTUNITY.table, str(deal)) is None:
            raise RecordSkipped("1013", "Opportunity")

    def _new_id(self, kind: Kind) -> Any:
        number = self._store.next_number(kind.table)
        if kind.id_field == "id":
            return number
        digest = hashlib.sha256(f"{kind.table}/{number}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"

    def _tell_leads(self, ask: Ask, before: Record, after: Record) -> None:
        """All leads of a company show its values; each of them has the change in its log."""
        leads = self._people.find("externalCompanyId", after["externalCompanyId"])
        fields = self._people.fields
        names = [name for name in fields if fields[name].company and before.get(name) != after.get(name)]
        if len(leads) > _SEEN_LEADS:
            return
        for lead_id in leads:
            for name in names:
                field, old, new = fields[name], before.get(name), after.get(name)
                change = {"id": field.id, "name": name, "newValue": _text(new), "oldValue": _text(old)}
                self._journal.log(
                    CHANGE_VALUE,
                    lead_id,
                    ask.now_ms,
                    writer=ask.writer("syncCompanies"),
                    primary=field.display,
                    primary_id=field.id,
                    fields=[change],
                )

    def delete(self, kind: Kind, ask: Ask) -> Reply:
        """Delete by key or id; what others point at stays."""
        self._check_writable()
        by_id = ask.body().get("deleteBy") == "idField"

        def one(record: Record) -> Record:
            key = self._key(kind, record, by_id=by_id)
            row = self._store.get(kind.table, key)
            if row is None:
                raise RecordSkipped("1013", "Record")
            if kind in (COMPANY, SALES_PERSON) and self._people.find(kind.keys[0], key):
                raise RecordSkipped("1022")
            self._store.remove(kind.table, key)
            return {"status": "deleted", kind.id_field: row[kind.id_field]}

        rows = ask.outcomes(ask.records(), one)
        return {"result": [{"seq": seq, **row} for seq, row in enumerate(rows)]}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
