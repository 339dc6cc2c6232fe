"""What a field is, and how describe says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_SOAP_TYPES = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "double": "xsd:double",
    "currency": "xsd:double", "percent": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime",
}  # fmt: skip
TEXT_TYPES = frozenset({"string", "textarea", "email", "phone", "url", "picklist", "multipicklist"})
NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of an object.

    Attributes:
        required: a create without a value is refused.
        default: the value of a create that says nothing.
        picks: values of a picklist; `restricted` refuses others.
        refers: names of the objects a reference may point to, `relation` is the name SOQL uses for it.
        unique: a second record with the value is refused; of external ids only.
    """

    name: str
    type: str = "string"
    length: int = 0
    createable: bool = True
    updateable: bool = True
    required: bool = False
    default: Any = None
    picks: Sequence[str] = ()
    restricted: bool = False
    refers: Sequence[str] = ()
    relation: str | None = None
    external_id: bool = False
    unique: bool = False
    name_field: bool = False
    calculated: bool = False
    permissionable: bool = True
    label: str = ""

    @property
    def custom(self) -> bool:
        """True for a field that an administrator made."""
        return self.name.endswith("__c")

    def described(self, *, writable: bool) -> dict[str, Any]:
        """The field in a describe answer; not `writable`: this user may only read it."""
        number = self.type in NUMBER_TYPES
        return {
            "aggregatable": True, "autoNumber": False, "byteLength": self.length * 3, "calculated": self.calculated,
            "calculatedFormula": None, "cascadeDelete": False, "caseSensitive": False, "compoundFieldName": None,
            "controllerName": None, "createable": self.createable and writable, "custom": self.custom,
            "defaultValue": self.default, "defaultedOnCreate": self.default is not None or self.type == "boolean",
            "dependentPicklist": False, "deprecatedAndHidden": False, "digits": 9 if self.type == "int" else 0,
            "encrypted": False, "externalId": self.external_id, "filterable": self.type != "textarea",
            "groupable": not number, "htmlFormatted": False, "idLookup": self.external_id or self.type == "id",
            "inlineHelpText": None, "label": self.label or self.name.removesuffix("__c").replace("_", " "),
            "length": self.length, "name": self.name, "nameField": self.name_field,
            "nillable": not self.required and self.type not in ("boolean", "id"),
            "permissionable": self.permissionable, "picklistValues": self._pick_list(),
            "precision": 18 if number else 0, "referenceTo": list(self.refers), "relationshipName": self.relation,
            "relationshipOrder": None, "restrictedPicklist": self.restricted, "scale": 2 if number else 0,
            "soapType": _SOAP_TYPES.get(self.type, "xsd:string"), "sortable": self.type != "textarea",
            "type": self.type, "unique": self.unique, "updateable": self.updateable and writable,
        }  # fmt: skip

    def _pick_list(self) -> list[dict[str, Any]]:
        return [
            {"active": True, "defaultValue": value == self.default, "label": value, "validFor": None, "value": value}
            for value in self.picks
        ]


def text(name: str, length: int = 80, **more: Any) -> Field:
    """A text field."""
    return Field(name=name, length=length, **more)


def of_type(kind: str, name: str, length: int = 0, **more: Any) -> Field:
    """A field of another type."""
    return Field(name=name, type=kind, length=length, **more)


def pick(name: str, *picks: str, **more: Any) -> Field:
    """A picklist."""
    return Field(name=name, type="picklist", length=255, picks=picks, **more)


def flag(name: str, **more: Any) -> Field:
    """A checkbox, never null."""
    return Field(name=name, type="boolean", **{"default": False, **more})


def lookup(name: str, *refers: str, relation: str | None = None, **more: Any) -> Field:
    """A reference to records of one or more objects."""
    return Field(name=name, type="reference", length=18, refers=refers, relation=relation or name[:-2], **more)


def frozen(kind: str, name: str, length: int = 0, **more: Any) -> Field:
    """A field that the system writes."""
    return Field(name=name, type=kind, length=length, **{"createable": False, "updateable": False, **more})


def frozen_lookup(name: str, *refers: str, relation: str | None = None) -> Field:
    """A reference that the system writes."""
    return lookup(name, *refers, relation=relation, createable=False, updateable=False)


def external_id(name: str, length: int = 64) -> Field:
    """A unique text that another system gives."""
    return Field(name=name, length=length, external_id=True, unique=True)
