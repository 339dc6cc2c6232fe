"""The lead's fields: REST names, types, who may write them. `describe` is the truth for every client."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.simulators.marketo.failures import RecordSkipped
from infra.local.simulators.marketo.stamps import parse_stamp, stamp

Value = str | int | float | bool | None
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_LENGTHS = {"string": 255, "email": 255, "phone": 255, "url": 255, "text": 30_000}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the lead."""

    id: int
    name: str
    display: str
    type: str = "string"
    read_only: bool = False
    custom: bool = False
    company: bool = False
    """Belongs to the lead's company: a linked company's value shows on all its leads."""
    searchable: bool = False

    def accept(self, value: Any) -> Value:
        """The stored form of a written value; null and "" both clear.

        Raises:
            RecordSkipped: the value is not of this field's type, or too long.
        """
        if value is None or value == "":
            return False if self.type == "boolean" else None
        try:
            accepted = _CONVERT.get(self.type, _text)(value)
        except (ValueError, TypeError) as error:
            raise RecordSkipped("1001", value, self.type) from error
        if isinstance(accepted, str) and len(accepted) > _LENGTHS.get(self.type, 255):
            raise RecordSkipped("1003", f"Value of field '{self.name}' is longer than {_LENGTHS.get(self.type, 255)}")
        return accepted

    def described(self) -> dict[str, Any]:
        """The entry of `describe.json`."""
        entry: dict[str, Any] = {
            "id": self.id,
            "displayName": self.display,
            "dataType": self.type,
            "rest": {"name": self.name, "readOnly": self.read_only},
            "soap": {"name": self.display.replace(" ", ""), "readOnly": self.read_only},
        }
        return entry | ({"length": _LENGTHS[self.type]} if self.type in _LENGTHS else {})

    def described2(self, *, native_crm: bool) -> dict[str, Any]:
        """The entry of `describe2.json`."""
        entry: dict[str, Any] = {
            "name": self.name,
            "displayName": self.display,
            "dataType": self.type,
            "updateable": not self.read_only,
            "crmManaged": native_crm and self.name.startswith("sfdc"),
        }
        return entry | ({"length": _LENGTHS[self.type]} if self.type in _LENGTHS else {})


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise TypeError("a container is no text")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _email(value: Any) -> str:
    text = _text(value).strip()
    local, _, domain = text.rpartition("@")
    if not text.isascii() or not local or not domain or " " in text:
        raise ValueError("not an ASCII address")
    return text


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if text not in _BOOLEANS:
        raise ValueError("neither true nor false")
    return _BOOLEANS[text]


def _integer(value: Any) -> int:
    number = float(_text(value))
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def _day(value: Any) -> str:
    return date.fromisoformat(str(value)[:10]).isoformat()


def _moment(value: Any) -> str:
    ms = parse_stamp(str(value))
    if ms is None:
        raise ValueError("not a time")
    return stamp(ms)


_CONVERT: dict[str, Callable[[Any], Value]] = {
    "email": _email,
    "boolean": _boolean,
    "integer": _integer,
    "score": _integer,
    "float": lambda value: float(_text(value)),
    "currency": lambda value: float(_text(value)),
    "percent": lambda value: float(_text(value)),
    "date": _day,
    "datetime": _moment,
}

_PERSON = """
salutation firstName:"First Name" middleName lastName:"Last Name" email:"Email Address":email phone:"Phone Number":phone
mobilePhone:"Mobile Phone Number":phone fax:"Fax Number":phone title:"Job Title" department address:Address:text city
state postalCode country leadSource:"Person Source" leadStatus:"Person Status" leadScore:"Person Score":score
leadRole:"Role" rating dateOfBirth:"Date of Birth":date doNotCall:"Do Not Call":boolean
doNotCallReason:"Do Not Call Reason":text unsubscribed:Unsubscribed:boolean
unsubscribedReason:"Unsubscribed Reason":text marketingSuspended:"Marketing Suspended":boolean
emailInvalid:"Email Invalid":boolean emailInvalidCause:"Email Invalid Cause" emailSuspended:"Email Suspended":boolean
emailSuspendedAt:"Email Suspended At":datetime emailSuspendedCause:"Email Suspended Cause"
blackListed:"Block List":boolean blackListedCause:"Block List Cause" twitterId facebookId linkedInId
externalSalesPersonId:"External Sales Person Id" personPrimaryLeadInterest:"Primary Interest":integer
sfdcAccountId:"SFDC Account Id" sfdcContactId:"SFDC Contact Id" sfdcLeadId:"SFDC Lead Id"
sfdcLeadOwnerId:"SFDC Owner Id" sfdcOpptyId:"SFDC Opportunity Id" sfdcType:"SFDC Type"
sfdcIsDeleted:"SFDC Is Deleted":boolean sfdcConvertedDate:"SFDC Converted Date":datetime
"""
_COMPANY = """
externalCompanyId:"External Company Id" company:"Company Name" website:Website:url mainPhone:"Main Phone":phone industry
annualRevenue:"Annual Revenue":currency numberOfEmployees:"Num Employees":integer sicCode:"SIC Code" site
billingStreet:"Billing Address":text billingCity:"Billing City" billingState:"Billing State"
billingPostalCode:"Billing Postal Code" billingCountry:"Billing Country"
"""
_SYSTEM = """
id:Id:integer createdAt:"Created At":datetime updatedAt:"Updated At":datetime leadPartitionId:"Partition":integer
isAnonymous:"Is Anonymous":boolean anonymousIP:"Anonymous IP" inferredCompany inferredCountry
originalSourceType:"Original Source Type" originalSourceInfo:"Original Source Info":text
registrationSourceType:"Registration Source Type" acquisitionProgramId:"Acquisition Program":integer
"""
_CUSTOM = """
consentStatus:"Consent Status" consentDate:"Consent Date":datetime consentSource:"Consent Source"
scoreBand:"Score Band" leadspineId:"Leadspine Id"
"""
"""What Leadspine asks an administrator to create: consent and score band for marketers, its own id for look-ups."""

_SEARCHABLE = re.compile(
    "id|email|(twitter|facebook|linkedIn)Id|sfdc(Account|Contact|Lead|LeadOwner|Oppty)Id"
    "|external(Company|SalesPerson)Id|leadspineId"
)
CUSTOM_TYPES = frozenset({"string", "email", "integer"})
"""Custom fields of these types can be looked up by."""


def _display(name: str) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    return words[0].upper() + words[1:]


def _parse(text: str, first_id: int, **flags: bool) -> list[Field]:
    found = []
    for offset, entry in enumerate(shlex.split(text)):
        name, display, kind = (*entry.split(":"), "", "")[:3]
        searchable = bool(_SEARCHABLE.fullmatch(name))
        shown = display or _display(name)
        found.append(Field(first_id + offset, name, shown, kind or "string", searchable=searchable, **flags))
    return found


def standard_fields() -> dict[str, Field]:
    """Every field a fresh subscription has, with Leadspine's custom ones, by REST name."""
    every = [
        *_parse(_SYSTEM, 1, read_only=True),
        *_parse(_COMPANY, 20, company=True),
        *_parse(_PERSON, 40),
        *_parse(_CUSTOM, 1001, custom=True),
    ]
    return {field.name: field for field in every}


DEFAULT_FIELDS = ("id", "email", "updatedAt", "createdAt", "lastName", "firstName")
"""What a read returns when it names no fields."""
