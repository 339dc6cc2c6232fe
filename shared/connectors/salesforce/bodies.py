"""Writes as Salesforce wants them: JSON values by type, owners by id, tasks beside people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from shared.connectors.salesforce.owners import OWNER_FIELD, Owners, is_queue
from shared.connectors.salesforce.queries import names_of
from shared.domain.sync.model import CONTACT, LEAD, SALESFORCE, RemoteWrite, Task
from shared.domain.sync.policy_model import SyncPolicy

TYPES: Final = {LEAD: "Lead", CONTACT: "Contact"}
TASK_KEY: Final = "Leadspine_Id__c"
"""The external id field of tasks: a hand-over that is repeated finds its task again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One write on its way. ``left_out`` names the fields it goes without, ``code`` says why; ``tries`` counts."""

    index: int
    write: RemoteWrite
    values: Mapping[str, Any]
    owner_id: str = ""
    left_out: tuple[str, ...] = ()
    code: str = ""
    tries: int = 0

    def without(self, names: tuple[str, ...], code: str) -> "Entry":
        """The same without some fields."""
        lower = {name.lower() for name in names}
        kept = {name: value for name, value in self.values.items() if name.lower() not in lower}
        gone = tuple(name for name in self.values if name.lower() in lower)
        return replace(self, values=kept, left_out=(*self.left_out, *gone), code=code)


class Bodies:
    """Makes the JSON of writes."""

    def __init__(self, policy: SyncPolicy, owners: Owners) -> None:
        self._owners = owners
        self.key = names_of(policy).leadspine
        self._types = {
            (kind.removeprefix(f"{SALESFORCE}."), remote.name.lower()): one.type
            for one in policy.fields
            for kind, remote in one.remote.items()
            if kind.startswith(f"{SALESFORCE}.")
        }

    def entry(self, index: int, write: RemoteWrite) -> Entry:
        """A write with its values as JSON; the owner's name must have been learnt."""
        values = {
            name: self._json(write.object, name, value) for name, value in write.values.items() if name != OWNER_FIELD
        }
        named = write.values.get(OWNER_FIELD, "")
        owner = self._owners.id_of(named) if named else ""
        made = Entry(index=index, write=write, values=values, owner_id=owner)
        if not named:
            return made
        made = replace(made, values={**values, OWNER_FIELD: owner})
        if not owner:
            return made.without((OWNER_FIELD,), "SALESFORCE.UNKNOWN_OWNER")
        if write.object == CONTACT and is_queue(owner):
            return made.without((OWNER_FIELD,), "SALESFORCE.QUEUE_CANNOT_OWN_CONTACT")
        return made

    def _json(self, kind: str, name: str, value: str) -> Any:
        """A canonical text as JSON. ``""`` clears; a checkbox is never empty."""
        known = self._types.get((kind, name.lower()), "text")
        if known == "flag":
            return value == "true"
        if value == "":
            return None
        return _number(value) if known == "number" else value

    def updated(self, entry: Entry) -> dict[str, Any]:
        """A row of an update by id."""
        return {"attributes": {"type": TYPES[entry.write.object]}, "id": entry.write.remote_id, **entry.values}

    def upserted(self, entry: Entry) -> dict[str, Any]:
        """A row of an upsert by our id."""
        values = {name: value for name, value in entry.values.items() if name.lower() != self.key.lower()}
        return {"attributes": {"type": TYPES[entry.write.object]}, self.key: entry.write.external_id, **values}


def task_row(task: Task, *, who_id: str, owner_id: str) -> dict[str, Any]:
    """A row of an upsert of tasks. A queue cannot own a task: it is the sync user's then."""
    row = {
        "attributes": {"type": "Task"},
        TASK_KEY: task.external_id,
        "Subject": task.subject,
        "Description": task.description,
        "ActivityDate": task.due,
        "WhoId": who_id,
    }
    return {**row, "OwnerId": owner_id} if owner_id and not is_queue(owner_id) else row


def _number(value: str) -> Any:
    """A JSON number; text that is none goes as it is, and Salesforce says what it thinks of it."""
    try:
        return float(value) if "." in value or "e" in value.lower() else int(value)
    except ValueError:
        return value
