"""Conversion of a lead and merging of records: what sales does in Salesforce and the sync only watches."""

from dataclasses import dataclass
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.schema import LEAD_STATUSES, OBJECTS, SObject
from infra.local.simulators.salesforce.writing import create, update
from infra.local.simulators.store import Row

_TO_ACCOUNT = {
    "Company": "Name", "Phone": "Phone", "Website": "Website", "Industry": "Industry",
    "AnnualRevenue": "AnnualRevenue", "NumberOfEmployees": "NumberOfEmployees", "Rating": "Rating",
    "Street": "BillingStreet", "City": "BillingCity", "State": "BillingState", "PostalCode": "BillingPostalCode",
    "Country": "BillingCountry",
}  # fmt: skip
_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
CONVERTED_STATUS = next(status for status, converted in LEAD_STATUSES.items() if converted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What `convertLead` is told. `opportunity` None: named after the company; empty: none is made."""

    lead_id: str
    status: str = CONVERTED_STATUS
    account_id: str | None = None
    contact_id: str | None = None
    opportunity: str | None = None
    owner_id: str | None = None
    overwrite_source: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What became of the lead."""

    lead_id: str
    account_id: str
    contact_id: str
    opportunity_id: str | None


def convert(org: Org, wish: Conversion, actor: Actor) -> Converted:
    """Turn a lead into a contact of an account, and an opportunity.

    Raises:
        SalesforceError: it is converted already, or what it should go into is not there.
    """
    lead = org.get(OBJECTS["Lead"], wish.lead_id)
    if lead["IsConverted"]:
        raise SalesforceError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    if not LEAD_STATUSES.get(wish.status):
        raise SalesforceError("INVALID_STATUS", f"invalid convertedStatus: {wish.status}", ["Status"])
    owner = wish.owner_id or lead["OwnerId"]
    if owner.startswith("00G"):
        raise SalesforceError("INVALID_OWNER", "Converted objects can only be owned by users.", ["OwnerId"])
    account = _account_of(org, lead, wish, owner, actor)
    contact = _contact_of(org, lead, wish, account, owner, actor)
    opportunity = _opportunity_of(org, lead, wish, account, contact, owner, actor)
    now = org.stamp
    row = {
        **lead, "Status": wish.status, "IsConverted": True, "ConvertedDate": now[:10], "ConvertedAccountId": account,
        "ConvertedContactId": contact, "ConvertedOpportunityId": opportunity, "LastModifiedDate": now,
        "LastModifiedById": actor.user_id, "SystemModstamp": now,
    }  # fmt: skip
    org.put(OBJECTS["Lead"], row)
    _move_activities(org, lead["Id"], contact)
    return Converted(lead_id=lead["Id"], account_id=account, contact_id=contact, opportunity_id=opportunity)


def _account_of(org: Org, lead: Row, wish: Conversion, owner: str, actor: Actor) -> str:
    values = {target: lead[source] for source, target in _TO_ACCOUNT.items() if lead[source] is not None}
    if wish.contact_id and not wish.account_id:
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "a contact needs its account: give accountId", [])
    if not wish.account_id:
        return create(org, OBJECTS["Account"], {**values, "OwnerId": owner}, actor)
    return _fill(org, OBJECTS["Account"], wish.account_id, values, actor)


def _contact_of(org: Org, lead: Row, wish: Conversion, account: str, owner: str, actor: Actor) -> str:
    item = OBJECTS["Contact"]
    writable = {field.name for field in org.fields(item, everything=True).values() if field.createable}
    values = {
        name: lead[name]
        for name in writable & set(lead)
        if lead[name] is not None and name not in ("OwnerId", "Description")
    }
    values |= {f"Mailing{name}": lead[name] for name in _ADDRESS if lead[name] is not None}
    if not wish.contact_id:
        return create(org, item, {**values, "AccountId": account, "OwnerId": owner}, actor)
    contact = org.get(item, wish.contact_id)
    if contact["AccountId"] != account:
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "the contact is not in that account", ["ContactId"])
    filled = _fill(org, item, wish.contact_id, values, actor)
    if wish.overwrite_source:
        update(org, item, filled, {"LeadSource": lead["LeadSource"]}, actor)
    return filled


def _fill(org: Org, item: SObject, record_id: str, values: dict[str, Any], actor: Actor) -> str:
    """An existing record takes only what it has no value for (a checkbox always has one)."""
    row = org.get(item, record_id)
    update(org, item, row["Id"], {name: value for name, value in values.items() if row[name] is None}, actor)
    return str(row["Id"])


def _opportunity_of(
    org: Org, lead: Row, wish: Conversion, account: str, contact: str, owner: str, actor: Actor
) -> str | None:
    if wish.opportunity == "":
        return None
    values = {
        "Name": wish.opportunity or f"{lead['Company']}-", "StageName": "Prospecting", "AccountId": account,
        "CloseDate": _quarter_end(org.stamp[:10]), "LeadSource": lead["LeadSource"], "OwnerId": owner,
    }  # fmt: skip
    made = create(org, OBJECTS["Opportunity"], values, actor)
    role = {"OpportunityId": made, "ContactId": contact, "IsPrimary": True}
    create(org, OBJECTS["OpportunityContactRole"], role, actor)
    return made


def _quarter_end(day: str) -> str:
    ends = {1: "03-31", 2: "06-30", 3: "09-30", 4: "12-31"}
    return f"{day[:4]}-{ends[(int(day[5:7]) + 2) // 3]}"


def _move_activities(org: Org, lead_id: str, contact_id: str) -> None:
    """Tasks go to the contact; a campaign member keeps the lead and gains the contact."""
    now = org.stamp
    for row in list(org.rows(OBJECTS["Task"]).values()):
        if row["WhoId"] == lead_id:
            org.put(OBJECTS["Task"], {**row, "WhoId": contact_id, "SystemModstamp": now})
    for row in list(org.rows(OBJECTS["CampaignMember"]).values()):
        if row["LeadId"] == lead_id:
            org.put(OBJECTS["CampaignMember"], {**row, "ContactId": contact_id, "SystemModstamp": now})


def merge(org: Org, item: SObject, master_id: str, loser_ids: list[str], actor: Actor) -> str:
    """Merge one or two records into a master; they end in the recycle bin with `MasterRecordId`.

    Raises:
        SalesforceError: not an object that merges, or a record is not there.
    """
    if item.name not in ("Lead", "Contact", "Account") or not 1 <= len(loser_ids) <= 2:
        raise SalesforceError("INVALID_OPERATION", "merge takes one or two leads, contacts or accounts", [])
    master = org.get(item, master_id)
    losers = [org.get(item, record_id) for record_id in loser_ids]
    if any(row["Id"] == master["Id"] for row in losers):
        raise SalesforceError("INVALID_OPERATION", "a record cannot be merged with itself", [])
    now = org.stamp
    system = {"LastModifiedDate": now, "LastModifiedById": actor.user_id, "SystemModstamp": now}
    for row in losers:
        _reparent(org, item, row["Id"], master["Id"])
        org.put(item, {**row, **system, "IsDeleted": True, "MasterRecordId": master["Id"]})
    org.put(item, {**master, **system})
    return str(master["Id"])


def _reparent(org: Org, item: SObject, loser_id: str, master_id: str) -> None:
    for child, column, _ in item.children:
        for row in list(org.rows(OBJECTS[child]).values()):
            if row[column] == loser_id:
                org.put(OBJECTS[child], {**row, column: master_id, "SystemModstamp": org.stamp})
