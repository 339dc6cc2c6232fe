import pytest

from infra.local.simulators.salesforce.conversion import CONVERTED_STATUS
from tests.unit.simulators.salesforce.world import HOST, World, error_of

ENVELOPE = """<?xml version="1.0"?><se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:urn="urn:partner.soap.sforce.com"><se:Header><urn:SessionHeader><urn:sessionId>{token}</urn:sessionId>
</urn:SessionHeader></se:Header><se:Body>{body}</se:Body></se:Envelope>"""


def soap(world: World, body: str) -> str:
    token = str(world.session.headers["Authorization"]).removeprefix("Bearer ")
    return world.session.post(
        f"{HOST}/services/Soap/u/59.0", data=ENVELOPE.format(token=token, body=body), headers={"SOAPAction": '""'}
    ).text


def test_a_converted_lead_points_to_account_contact_and_opportunity(world: World) -> None:
    lead = world.lead(FirstName="Ada", Email="a@example.com", City="Berlin", Leadspine_Id__c="L1", Score_Band__c="A")
    task = world.create("Task", Subject="Call", WhoId=lead)
    world.time.advance(minutes=1)
    done = world.act("convert", lead_id=lead, opportunity="Big deal")

    row, contact = world.get("Lead", lead), world.get("Contact", done["contact_id"])
    assert (row["IsConverted"], row["Status"], row["ConvertedDate"]) == (True, CONVERTED_STATUS, "2026-03-10")
    assert row["ConvertedContactId"] == contact["Id"]
    assert row["SystemModstamp"] == "2026-03-10T09:01:00.000+0000"
    assert (contact["Name"], contact["MailingCity"], contact["Leadspine_Id__c"]) == ("Ada Kowalska", "Berlin", "L1")
    assert world.get("Account", row["ConvertedAccountId"])["Name"] == "Acme"
    deal = world.get("Opportunity", row["ConvertedOpportunityId"])
    assert (deal["Name"], deal["StageName"], deal["CloseDate"]) == ("Big deal", "Prospecting", "2026-03-31")
    assert world.values("SELECT ContactId FROM OpportunityContactRole") == [contact["Id"]]
    assert world.get("Task", task)["WhoId"] == contact["Id"]


def test_a_converted_lead_cannot_be_changed_or_converted_again(world: World) -> None:
    lead = world.lead()
    world.act("convert", lead_id=lead, opportunity="")

    assert world.get("Lead", lead)["ConvertedOpportunityId"] is None
    assert error_of(world.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "x"})) == (
        400,
        "CANNOT_UPDATE_CONVERTED_LEAD",
    )
    again = world.session.post(f"{HOST}/__sim__/convert", json={"lead_id": lead})
    assert again.status_code == 400


def test_conversion_into_an_existing_contact_fills_only_what_is_empty(world: World) -> None:
    account = world.create("Account", Name="Globex")
    contact = world.create("Contact", LastName="Known", AccountId=account)
    lead = world.lead(FirstName="Ada", Email="a@example.com")
    world.act("convert", lead_id=lead, account_id=account, contact_id=contact, opportunity="")

    row = world.get("Contact", contact)
    assert (row["LastName"], row["FirstName"], row["Email"]) == ("Known", "Ada", "a@example.com")
    assert world.values("SELECT Id FROM Contact") == [contact]


def test_a_lead_of_a_queue_needs_an_owner_to_be_converted(world: World) -> None:
    queue = world.values("SELECT Id FROM Group")[0]
    rep = world.values("SELECT Id FROM User WHERE LastName = 'Rep'")[0]
    lead = world.lead(OwnerId=queue)
    assert world.session.post(f"{HOST}/__sim__/convert", json={"lead_id": lead}).status_code == 400
    done = world.act("convert", lead_id=lead, owner_id=rep)
    assert world.get("Contact", done["contact_id"])["OwnerId"] == rep


def test_convert_lead_by_soap(world: World) -> None:
    lead = world.lead()
    body = (
        f"<urn:convertLead><urn:leadConverts><urn:leadId>{lead}</urn:leadId><urn:convertedStatus>{CONVERTED_STATUS}"
        "</urn:convertedStatus><urn:doNotCreateOpportunity>true</urn:doNotCreateOpportunity></urn:leadConverts></urn:convertLead>"
    )
    assert "<success>true</success>" in soap(world, body)
    assert world.get("Lead", lead)["IsConverted"] is True
    assert "<statusCode>CANNOT_UPDATE_CONVERTED_LEAD</statusCode>" in soap(world, body)


def test_a_merge_leaves_a_trail_from_loser_to_master(world: World) -> None:
    master, loser = world.lead(), world.lead()
    task = world.create("Task", Subject="Call", WhoId=loser)
    body = (
        f"<urn:merge><urn:request><urn:masterRecord><urn:type>Lead</urn:type><urn:Id>{master}</urn:Id></urn:masterRecord>"
        f"<urn:recordToMergeIds>{loser}</urn:recordToMergeIds></urn:request></urn:merge>"
    )
    assert "<success>true</success>" in soap(world, body)
    trail = world.values(
        "SELECT MasterRecordId FROM Lead WHERE IsDeleted = true AND MasterRecordId != null", every=True
    )
    assert trail == [master]
    assert world.get("Task", task)["WhoId"] == master


@pytest.mark.parametrize("body", ["<urn:nothing/>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", ""])
def test_soap_refuses_with_faults(world: World, body: str) -> None:
    assert "<soapenv:Fault>" in soap(world, body)
