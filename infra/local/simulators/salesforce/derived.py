"""What Salesforce computes when a record is saved, and what it refuses for the object's own reasons."""

from collections.abc import Callable
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError
from infra.local.simulators.salesforce.org import Org
from infra.local.simulators.salesforce.schema import OBJECTS, STAGES
from infra.local.simulators.store import Row

Derive = Callable[[Org, Row, Row | None], dict[str, Any]]
_RESPONDED = frozenset({"Responded", "Attended", "Registered"})


def derive(org: Org, object_name: str, row: Row, before: Row | None) -> dict[str, Any]:
    """The values that follow from a row about to be saved; `before` is None for a new one.

    Raises:
        SalesforceError: the row breaks a rule of its object.
    """
    rule = _RULES.get(object_name)
    return rule(org, row, before) if rule else {}


def _person(_org: Org, row: Row, _before: Row | None) -> dict[str, Any]:
    return {"Name": " ".join(filter(None, (row.get("FirstName"), row.get("LastName"))))}


def _opportunity(_org: Org, row: Row, before: Row | None) -> dict[str, Any]:
    probability, closed, won, forecast = STAGES.get(row["StageName"], (50, False, False, "Pipeline"))
    moved = before is None or before["StageName"] != row["StageName"]
    said = row["Probability"] is not None and (before is None or before["Probability"] != row["Probability"])
    chance = row["Probability"] if said or not moved else probability
    expected = None if row["Amount"] is None else round(row["Amount"] * (chance or 0) / 100, 2)
    return {
        "Probability": chance, "IsClosed": closed, "IsWon": won, "ForecastCategoryName": forecast,
        "ExpectedRevenue": expected,
    }  # fmt: skip


def _campaign_member(org: Org, row: Row, before: Row | None) -> dict[str, Any]:
    if before is None:
        if (row["LeadId"] is None) == (row["ContactId"] is None):
            raise SalesforceError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LeadId or ContactId]", [])
        for other in org.store.rows("CampaignMember").values():
            person = ("LeadId", "ContactId", "CampaignId")
            if not other["IsDeleted"] and all(other[name] == row[name] for name in person):
                raise SalesforceError("DUPLICATE_VALUE", "Already a campaign member.", [])
    responded = row["Status"] in _RESPONDED
    first = row["FirstRespondedDate"] or (org.stamp[:10] if responded else None)
    return {"HasResponded": responded, "FirstRespondedDate": first}


def _task(org: Org, row: Row, before: Row | None) -> dict[str, Any]:
    closed = row["Status"] == "Completed"
    if closed and row["WhoId"] and (before is None or not before["IsClosed"]):
        item = org.object_of(row["WhoId"])
        person = org.get(item, row["WhoId"])
        # A finished activity restamps the person: SystemModstamp moves, LastModifiedDate stays.
        day = row["ActivityDate"] or org.stamp[:10]
        org.put(item, {**person, "LastActivityDate": day, "SystemModstamp": org.stamp})
    return {"IsClosed": closed}


_RULES: dict[str, Derive] = {
    "Lead": _person,
    "Contact": _person,
    "User": _person,
    "Opportunity": _opportunity,
    "CampaignMember": _campaign_member,
    "Task": _task,
}


def check_owner(org: Org, object_name: str, owner_id: str) -> None:
    """Refuse an owner who cannot own.

    Raises:
        SalesforceError: an inactive user, or a queue for what only leads may be given to.
    """
    user = org.store.get("User", owner_id)
    if user is not None and not user["IsActive"]:
        raise SalesforceError(
            "INACTIVE_OWNER_OR_USER",
            f"operation performed with inactive user [{owner_id}] as owner of {object_name.lower()}", ["OwnerId"],
        )  # fmt: skip


def find_duplicates(org: Org, row: Row) -> list[tuple[str, Row]]:
    """Other leads and contacts with the same e-mail address; converted leads do not count."""
    email = (row.get("Email") or "").lower()
    if not email:
        return []
    return [
        (name, other)
        for name in ("Lead", "Contact")
        for other in org.rows(OBJECTS[name]).values()
        if (other["Email"] or "").lower() == email
        and other["Id"] != row.get("Id")
        and not other["IsDeleted"]
        and not other.get("IsConverted")
    ]


def duplicates_error(object_name: str, found: list[tuple[str, Row]], *, allow_save: bool) -> SalesforceError:
    """The refusal of the duplicate rule, with the records that match."""
    matches = [
        {
            "entityType": name, "errors": [], "matchEngine": "ExactMatchEngine",
            "matchRecords": [
                {
                    "additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                    "record": {
                        "attributes": {"type": name, "url": f"/services/data/v59.0/sobjects/{name}/{other['Id']}"},
                        "Id": other["Id"],
                    },
                }
                for kind, other in found
                if kind == name
            ],
            "rule": f"Standard_{name}_Match_Rule_v1_1", "size": sum(kind == name for kind, _ in found),
            "success": True,
        }
        for name in dict.fromkeys(kind for kind, _ in found)
    ]  # fmt: skip
    result = {
        "allowSave": allow_save, "duplicateRule": f"Standard_{object_name}_Duplicate_Rule",
        "duplicateRuleEntityType": object_name, "errorMessage": "Use one of these records?", "matchResults": matches,
    }  # fmt: skip
    return SalesforceError("DUPLICATES_DETECTED", "Use one of these records?", [], details={"duplicateResult": result})
