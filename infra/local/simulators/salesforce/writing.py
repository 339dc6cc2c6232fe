"""Create, update, upsert, delete and undelete, with the checks and stamps of Salesforce's save order."""

from collections.abc import Mapping
from typing import Any

from infra.local.simulators.salesforce.derived import check_owner, derive, duplicates_error, find_duplicates
from infra.local.simulators.salesforce.errors import SalesforceError, no_such_column, not_found
from infra.local.simulators.salesforce.fields import Field
from infra.local.simulators.salesforce.ids import make_id
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.schema import OBJECTS, SObject
from infra.local.simulators.salesforce.values import to_field
from infra.local.simulators.store import Row


class SeveralMatch(Exception):
    """An external id is on several records: nothing was written."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__(", ".join(ids))
        self.ids = ids


def create(org: Org, item: SObject, raw: Mapping[str, Any], actor: Actor) -> str:
    """Insert a record; returns its id.

    Raises:
        SalesforceError: it is not valid.
    """
    _may_write(org, item, actor)
    fields = org.fields(item, everything=actor.administrator)
    values = _checked(org, item, raw, actor, creating=True)
    row: Row = {field.name: field.default for field in org.fields(item, everything=True).values()}
    row |= {name: value for name, value in values.items() if value is not None or fields[name.lower()].default is None}
    missing = [field.name for field in fields.values() if field.required and row[field.name] is None]
    if missing:
        raise SalesforceError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
    if "OwnerId" in row:
        row["OwnerId"] = _first_owner(org, item, row["OwnerId"], actor)
    row["Id"] = make_id(item.prefix, org.store.next_number(item.prefix))
    _check_row(org, item, row, None, actor)
    now = org.stamp
    row |= derive(org, item.name, row, None)
    row |= {"CreatedDate": now, "CreatedById": actor.user_id, "IsDeleted": False}
    org.put(item, row | {"LastModifiedDate": now, "LastModifiedById": actor.user_id, "SystemModstamp": now})
    return str(row["Id"])


def _first_owner(org: Org, item: SObject, given: str | None, actor: Actor) -> str:
    assigned = (
        org.setting("assignment_owner") if item.name == "Lead" and actor.assign and not actor.administrator else ""
    )
    return assigned or given or actor.user_id


def update(org: Org, item: SObject, record_id: str, raw: Mapping[str, Any], actor: Actor) -> None:
    """Change fields of a record. Even a change of nothing stamps it, as in Salesforce.

    Raises:
        SalesforceError: it is not there, may not be changed, or would not be valid.
    """
    _may_write(org, item, actor)
    before = org.get(item, record_id)
    if any(name.lower() == "id" for name in raw):
        raise SalesforceError(
            "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an update call", ["Id"]
        )  # fmt: skip
    if before.get("IsConverted"):
        raise SalesforceError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    values = _checked(org, item, raw, actor, creating=False)
    fields = org.fields(item, everything=True)
    missing = [name for name, value in values.items() if value is None and fields[name.lower()].required]
    if missing:
        raise SalesforceError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
    row = {**before, **values}
    _check_row(org, item, row, before, actor)
    row |= derive(org, item.name, row, before)
    now = org.stamp
    org.put(item, row | {"LastModifiedDate": now, "LastModifiedById": actor.user_id, "SystemModstamp": now})


def upsert(
    org: Org,
    item: SObject,
    field: Field,
    value: str,
    raw: Mapping[str, Any],
    actor: Actor,
    *,
    update_only: bool = False,
) -> tuple[str, bool]:
    """Update the record with an external id, or create it; returns its id and whether it was created.

    Raises:
        SalesforceError: the values are not valid, or nothing is there to be updated.
        SeveralMatch: the external id is not unique.
    """
    if not value:
        raise SalesforceError("MISSING_ARGUMENT", f"{field.name} not specified", [field.name])
    found = org.with_value(item, field, value)
    rest = {name: given for name, given in raw.items() if name.lower() not in ("id", field.name.lower())}
    if len(found) > 1:
        raise SeveralMatch([row["Id"] for row in found])
    if found:
        update(org, item, found[0]["Id"], rest, actor)
        return str(found[0]["Id"]), False
    if update_only:
        raise not_found()
    return create(org, item, {**rest, field.name: value}, actor), True


def key_field(org: Org, item: SObject, name: str) -> Field:
    """The external id field of an upsert.

    Raises:
        SalesforceError: there is none of that name.
    """
    field = org.fields(item).get(name.lower())
    if field is None or not field.external_id:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def delete(org: Org, item: SObject, record_id: str, actor: Actor) -> None:
    """Move a record, and what hangs on it, to the recycle bin.

    Raises:
        SalesforceError: it is not there, or may not be deleted.
    """
    if not (item.deletable or actor.administrator) or item.name in org.rights("read_only"):
        raise _read_only(record_id)
    row = org.get(item, record_id)
    _strike(org, row, actor)
    now = org.stamp
    for child, column, _ in item.children:
        for other in list(org.rows(OBJECTS[child]).values()):
            if other[column] == row["Id"] and not other["IsDeleted"]:
                delete(org, OBJECTS[child], other["Id"], actor)
    org.put(
        item,
        {**row, "IsDeleted": True, "SystemModstamp": now, "LastModifiedDate": now, "LastModifiedById": actor.user_id},
    )


def undelete(org: Org, item: SObject, record_id: str, actor: Actor) -> None:
    """Bring a record back from the recycle bin."""
    row = org.rows(item).get(record_id)
    if row is None or not row["IsDeleted"]:
        raise SalesforceError("UNDELETE_FAILED", "Entity is not in the recycle bin", [])
    now = org.stamp
    back = {"IsDeleted": False, "SystemModstamp": now, "LastModifiedDate": now, "LastModifiedById": actor.user_id}
    org.put(item, {**row, **back, **({"MasterRecordId": None} if "MasterRecordId" in row else {})})


def _may_write(org: Org, item: SObject, actor: Actor) -> None:
    if not actor.administrator and (not item.writable or item.name in org.rights("read_only")):
        raise SalesforceError("INSUFFICIENT_ACCESS_OR_READONLY", f"insufficient access rights on {item.name}", [])


def _read_only(record_id: str) -> SalesforceError:
    return SalesforceError(
        "INSUFFICIENT_ACCESS_OR_READONLY", f"insufficient access rights on object id {record_id}", []
    )


def _checked(org: Org, item: SObject, raw: Mapping[str, Any], actor: Actor, *, creating: bool) -> dict[str, Any]:
    """Given values under canonical names, as stored; refuses unknown and read-only fields."""
    fields = org.fields(item, everything=actor.administrator)
    read_only = set() if actor.administrator else org.rights("read_only")
    found: list[tuple[Field, Any]] = []
    for name, value in raw.items():
        if name != "attributes":
            if name.lower() not in fields:
                raise no_such_column(name, item.name)
            found.append((fields[name.lower()], value))
    refused = [
        field.name
        for field, _ in found
        if not (field.createable if creating else field.updateable) or f"{item.name}.{field.name}" in read_only
    ]
    if refused:
        raise SalesforceError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set.",
            refused,
        )
    return {field.name: to_field(field, value) for field, value in found}


def _check_row(org: Org, item: SObject, row: Row, before: Row | None, actor: Actor) -> None:
    changed = {name for name, value in row.items() if before is None or before.get(name) != value}
    for field in org.fields(item, everything=True).values():
        if field.name in changed and row[field.name] is not None:
            _check_value(org, item, field, row)
    if "OwnerId" in changed:
        check_owner(org, item.name, row["OwnerId"])
    _strike(org, row, actor)
    if item.name in ("Lead", "Contact") and "Email" in changed:
        _check_duplicates(org, item, row, actor)


def _check_value(org: Org, item: SObject, field: Field, row: Row) -> None:
    value = row[field.name]
    if field.type == "reference" and field.createable and not org.exists(value, field.refers):
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name])
    if field.unique:
        others = [other["Id"] for other in org.with_value(item, field, str(value)) if other["Id"] != row["Id"]]
        if others:
            raise SalesforceError(
                "DUPLICATE_VALUE",
                f"duplicate value found: {field.name} duplicates value on record with id: {others[0][:15]}", [],
            )  # fmt: skip


def _strike(org: Org, row: Row, actor: Actor) -> None:
    """Fail this row when a fault switch says so."""
    if actor.call is None:
        return
    fault = org.faults.strike_row(actor.call, " ".join(str(value) for value in row.values()))
    if fault:
        code = fault.code or "UNABLE_TO_LOCK_ROW"
        words = {"UNABLE_TO_LOCK_ROW": "unable to obtain exclusive access to this record"}
        raise SalesforceError(code, words.get(code, f"{code.lower().replace('_', ' ')} (simulated)"), [])


def _check_duplicates(org: Org, item: SObject, row: Row, actor: Actor) -> None:
    rule = org.setting("duplicate_rule")
    if rule == "off" or actor.administrator or (rule == "alert" and actor.save_duplicates):
        return
    found = find_duplicates(org, row)
    if found:
        raise duplicates_error(item.name, found, allow_save=rule == "alert")
