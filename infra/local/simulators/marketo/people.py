"""The lead database: who is in it, who is found by what, and what a write really does."""

from collections.abc import Iterable, Mapping
from typing import Any

from infra.local.simulators.marketo.ask import Record, Writer
from infra.local.simulators.marketo.failures import RecordSkipped
from infra.local.simulators.marketo.fields import Field, Value, standard_fields
from infra.local.simulators.marketo.journal import CHANGE_VALUE, DELETE, MERGE, NEW_LEAD, Journal
from infra.local.simulators.marketo.settings import read_settings
from infra.local.simulators.marketo.stamps import stamp
from infra.local.simulators.store import Store

TABLE = "leads"
_GONE = "merged"
_EMAILS = "email_status"
_SYSTEM = Writer(source="Durable Unsubscribe", reason="Master email status")
"""What a write to one record does to the others with its address is nobody's own write."""


class People:
    """Reads and writes leads. Values that come in here were accepted by their fields already."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self._standard = standard_fields()

    @property
    def fields(self) -> dict[str, Field]:
        """All fields by REST name, those of the schema calls included."""
        own = {name: Field(**row) for name, row in self._store.rows("fields").items()}
        return self._standard | own if own else self._standard

    def get(self, lead_id: int) -> Record | None:
        """One lead as stored."""
        return self._store.get(TABLE, str(lead_id))

    def need(self, lead_id: int) -> Record:
        """One lead.

        Raises:
            RecordSkipped: 1004, there is none.
        """
        lead = self.get(lead_id)
        if lead is None:
            raise RecordSkipped("1004")
        return lead

    def all(self) -> Iterable[Record]:
        """Every lead, oldest first."""
        return self._store.rows(TABLE).values()

    def find(self, field: str, value: Any) -> list[int]:
        """Ids of the leads with this value, oldest first; text is found in any case."""
        if field == "id":
            return [int(value)] if str(value).isdigit() and self.get(int(value)) else []
        row = self._store.get(f"by {field}", str(value).lower())
        return list(row["ids"]) if row else []

    def value(self, lead: Record, name: str) -> Value:
        """What a read shows: of a linked company the company's value."""
        field = self.fields.get(name)
        if field is not None and field.company and name != "externalCompanyId" and lead.get("externalCompanyId"):
            company = self._store.get("companies", str(lead["externalCompanyId"])) or {}
            return company.get(name)
        empty = False if field is not None and field.type == "boolean" else None
        return lead.get(name, empty)

    def now_known_as(self, lead_id: int) -> int:
        """The id that activities of a merged lead carry."""
        row = self._store.get(_GONE, str(lead_id))
        return self.now_known_as(row["into"]) if row else lead_id

    def create(self, values: Mapping[str, Value], writer: Writer, now_ms: int, *, partition: int = 1) -> int:
        """Add a lead. An address that unsubscribed once stays so."""
        lead_id = self._store.next_number("lead")
        email = str(values.get("email") or "")
        known = self._store.get(_EMAILS, email.lower()) if email else None
        lead: Record = {
            **{name: value for name, value in values.items() if value is not None},
            "id": lead_id,
            "createdAt": stamp(now_ms),
            "updatedAt": stamp(now_ms),
            "leadPartitionId": partition,
            "originalSourceType": writer.source,
            "isAnonymous": False,
        }
        if known and known["unsubscribed"]:
            lead |= {"unsubscribed": True, "unsubscribedReason": known["reason"]}
        self._save(lead, None)
        self._store.put("births", str(lead_id), {"at": now_ms, "request": writer.request_id})
        details = {"Source Type": writer.source, "Lead Source": lead.get("leadSource"), "Created Date": stamp(now_ms)}
        self._journal.log(NEW_LEAD, lead_id, now_ms, writer=writer, primary=_name(lead), attributes=details)
        if email and lead.get("unsubscribed") is not None:
            self._remember_address(lead, writer, now_ms)
        return lead_id

    def change(self, lead_id: int, values: Mapping[str, Value], writer: Writer, now_ms: int) -> list[str]:
        """Write to a lead; returns the names that really changed."""
        before = self.need(lead_id)
        wanted = self._allowed(before, values, writer)
        wanted |= self._follow_address(before, wanted)
        changed = self._apply(before, wanted, writer, now_ms)
        if "unsubscribed" in changed or ("email" in changed and wanted["email"]):
            self._remember_address(self.need(lead_id), writer, now_ms)
        return changed

    def _allowed(self, lead: Record, values: Mapping[str, Value], writer: Writer) -> dict[str, Value]:
        """What the subscription lets this writer change; the rest is dropped silently, as the vendor does."""
        settings = read_settings(self._store)
        by_api = writer.method != ""
        linked = lead.get("externalCompanyId") or values.get("externalCompanyId")
        kept = {}
        for name, value in values.items():
            blocked = by_api and name in settings.blocked_fields and lead.get(name) is not None
            company = self.fields[name].company and name != "externalCompanyId"
            unlink = name == "externalCompanyId" and value is None
            if not (blocked or unlink or (company and (linked or (by_api and settings.company_fields_locked)))):
                kept[name] = value
        return kept

    def _follow_address(self, lead: Record, wanted: Mapping[str, Value]) -> dict[str, Value]:
        """A new address brings its own status, and no bounce yet."""
        new = str(wanted.get("email") or "").lower()
        if not new or new == str(lead.get("email") or "").lower():
            return {}
        more: dict[str, Value] = {"emailInvalid": False, "emailInvalidCause": None} if lead.get("emailInvalid") else {}
        known = self._store.get(_EMAILS, new)
        if known and "unsubscribed" not in wanted:
            more |= {"unsubscribed": known["unsubscribed"], "unsubscribedReason": known["reason"]}
        return more

    def _apply(self, before: Record, wanted: Mapping[str, Value], writer: Writer, now_ms: int) -> list[str]:
        fields = self.fields
        changed = [name for name, value in wanted.items() if self.value(before, name) != value]
        if not changed:
            return []
        after = {**before, **{name: wanted[name] for name in changed}}
        # Only standard fields move the stamp: who polls by it misses consent, band and every other custom field.
        if any(not fields[name].custom for name in changed):
            after["updatedAt"] = stamp(now_ms)
        self._save(after, before)
        for name in changed:
            self._log_change(fields[name], before, wanted[name], writer, now_ms)
        return changed

    def _log_change(self, field: Field, before: Record, new: Value, writer: Writer, now_ms: int) -> None:
        change = {
            "id": field.id,
            "name": field.name,
            "newValue": _logged(new),
            "oldValue": _logged(self.value(before, field.name)),
        }
        shown: Record = {"primary": field.display, "primary_id": field.id, "fields": [change]}
        self._journal.log(CHANGE_VALUE, before["id"], now_ms, writer=writer, **shown)

    def _remember_address(self, lead: Record, writer: Writer, now_ms: int) -> None:
        """The status belongs to the address: the master table keeps it, and every record with it follows."""
        email = str(lead.get("email") or "").lower()
        if not email:
            return
        state, why = bool(lead.get("unsubscribed")), lead.get("unsubscribedReason")
        self._store.put(_EMAILS, email, {"unsubscribed": state, "reason": why, "by": writer.source})
        for other in self.find("email", email):
            record = self.need(other)
            if other != lead["id"] and bool(record.get("unsubscribed")) != state:
                self._apply(record, {"unsubscribed": state, "unsubscribedReason": why}, _SYSTEM, now_ms)

    def delete(self, lead_id: int, writer: Writer, now_ms: int) -> None:
        """Take a lead out for good; its address's status stays."""
        lead = self.need(lead_id)
        for table, key, _ in self._memberships(lead_id):
            self._store.remove(table, key)
        self._save(None, lead)
        self._journal.log(DELETE, lead_id, now_ms, writer=writer, primary=_name(lead), primary_id=lead_id)

    def merge(self, winner_id: int, losers: list[int], writer: Writer, now_ms: int) -> None:
        """Losers' values fill the winner's gaps; their log and memberships become the winner's; they are gone."""
        found = [self.need(loser) for loser in losers]
        winner = self.need(winner_id)
        gaps: dict[str, Value] = {}
        for name, field in self.fields.items():
            values = [loser[name] for loser in found if loser.get(name) is not None]
            if values and winner.get(name) is None and not field.read_only:
                gaps[name] = values[0]
        if any(loser.get("unsubscribed") for loser in found):
            gaps["unsubscribed"] = True
        for loser in found:
            self._store.put(_GONE, str(loser["id"]), {"into": winner_id})
            self._adopt_memberships(loser["id"], winner_id)
            self.delete(loser["id"], writer, now_ms)
        self.change(winner_id, gaps, writer, now_ms)
        details = {"Merge IDs": ",".join(map(str, losers)), "Master Updated": bool(gaps), "Merge Source": writer.source}
        self._journal.log(MERGE, winner_id, now_ms, writer=writer, primary=str(winner_id), attributes=details)

    def _adopt_memberships(self, loser: int, winner: int) -> None:
        for table, key, row in self._memberships(loser):
            place = f"{key.split('/')[0]}/{winner}"
            if self._store.get(table, place) is None:
                self._store.put(table, place, {**row, "leadId": winner})

    def _memberships(self, lead_id: int) -> list[tuple[str, str, Record]]:
        tables = ("list_members", "program_members")
        every = [(table, key, row) for table in tables for key, row in self._store.rows(table).items()]
        return [entry for entry in every if entry[2]["leadId"] == lead_id]

    def _save(self, after: Record | None, before: Record | None) -> None:
        lead_id = (after or before or {})["id"]
        for name, field in self.fields.items():
            if field.searchable and name != "id":
                self._reindex(name, lead_id, (before or {}).get(name), (after or {}).get(name))
        if after is None:
            self._store.remove(TABLE, str(lead_id))
        else:
            self._store.put(TABLE, str(lead_id), after)

    def _reindex(self, name: str, lead_id: int, old: Any, new: Any) -> None:
        before, after = (str(value).lower() if value is not None else None for value in (old, new))
        if before == after:
            return
        if before is not None:
            rest = [found for found in self.find(name, before) if found != lead_id]
            if rest:
                self._store.put(f"by {name}", before, {"ids": rest})
            else:
                self._store.remove(f"by {name}", before)
        if after is not None:
            self._store.put(f"by {name}", after, {"ids": [*self.find(name, after), lead_id]})


def _name(lead: Record) -> str:
    parts = [str(lead[name]) for name in ("firstName", "lastName") if lead.get(name)]
    return " ".join(parts) or str(lead.get("email") or lead["id"])


def _logged(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value
