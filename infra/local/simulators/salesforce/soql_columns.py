"""Paths of SOQL: fields of a record, and of the records it refers to."""

from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.fields import Field
from infra.local.simulators.salesforce.org import Org
from infra.local.simulators.salesforce.schema import OBJECTS, SObject
from infra.local.simulators.salesforce.soql_conditions import Read
from infra.local.simulators.store import Row


class Columns:
    """Finds and reads columns as the sync user may."""

    def __init__(self, org: Org, version: str) -> None:
        self._org = org
        self._version = version

    def field(self, item: SObject, name: str, path: str) -> Field:
        """A field by name.

        Raises:
            SalesforceError: there is none, or it is hidden; `path` is what the query said.
        """
        found = self._org.fields(item).get(name.lower())
        if found is None:
            raise SalesforceError(
                "INVALID_FIELD",
                f"\nSELECT {path} FROM {item.name}\n       ^\nERROR at Row:1:Column:8\nNo such column '{name}' on "
                f"entity '{item.name}'. If you are attempting to use a custom field, be sure to append the '__c' after "
                "the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
            )
        return found

    def reader(self, item: SObject, path: str) -> tuple[Read, Field]:
        """How to read a path such as `Owner.Name` from a row, and the field at its end."""
        head, _, rest = path.partition(".")
        if rest and head.lower() == item.name.lower():
            return self.reader(item, rest)
        if not rest:
            field = self.field(item, head, path)
            return (lambda row: row.get(field.name)), field
        link = self.relation(item, head)
        readers = {name: self.reader(OBJECTS[name], rest) for name in self.targets(link, rest)}

        def read(row: Row) -> Any:
            target = self.follow(row, link)
            return readers[target[0].name][0](target[1]) if target and target[0].name in readers else None

        return read, next(iter(readers.values()))[1]

    def targets(self, link: Field, rest: str) -> list[str]:
        """Of a reference to several objects, those that have the field."""
        first = rest.partition(".")[0].lower()
        having = [
            name
            for name in link.refers
            if first in self._org.fields(OBJECTS[name])
            or any((field.relation or "").lower() == first for field in OBJECTS[name].fields)
        ]
        return having or list(link.refers[:1])

    def relation(self, item: SObject, name: str) -> Field:
        """The reference with a relationship name.

        Raises:
            SalesforceError: there is none.
        """
        for field in self._org.fields(item).values():
            if field.relation and field.relation.lower() == name.lower():
                return field
        raise SalesforceError(
            "INVALID_FIELD", f"Didn't understand relationship '{name}' in field path. If you are attempting to use a "
            "custom relationship, be sure to append the '__r' after the custom relationship name.",
        )  # fmt: skip

    def follow(self, row: Row, link: Field) -> tuple[SObject, Row] | None:
        """The record that a reference points to."""
        record_id = row.get(link.name)
        for name in link.refers:
            target = self._org.store.get(name, record_id) if record_id else None
            if target is not None:
                return OBJECTS[name], target
        return None

    def attributes(self, item: SObject, row: Row) -> dict[str, str]:
        """Type and address of a record."""
        return {"type": item.name, "url": f"/services/data/v{self._version}/sobjects/{item.name}/{row['Id']}"}
