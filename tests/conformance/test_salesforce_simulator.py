"""The Salesforce simulator as simple-salesforce, unmodified, sees it; nothing leaves the process."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from simple_salesforce import Salesforce, exceptions

from infra.local.simulators.in_process import in_process_session
from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.store import Store

KEY = "Leadspine_Id__c"
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def site() -> SalesforceSite:
    return SalesforceSite(Store(), lambda: NOW)


@pytest.fixture
def client(site: SalesforceSite) -> Any:
    return Salesforce(
        consumer_key="cid", consumer_secret="secret", domain="acme.my", session=in_process_session(site), version="59.0"
    )


@pytest.mark.parametrize(
    "login",
    [
        {"consumer_key": "cid", "consumer_secret": "secret", "username": "sync@acme.test", "password": "pw"},
        {"username": "sync@acme.test", "password": "pw", "security_token": "token"},
    ],
)
def test_it_logs_in_by_password_and_by_soap(site: SalesforceSite, login: dict[str, str]) -> None:
    assert Salesforce(**login, session=in_process_session(site)).query("SELECT Id FROM Lead")["totalSize"] == 0


def test_a_wrong_secret_is_an_authentication_failure(site: SalesforceSite) -> None:
    with pytest.raises(exceptions.SalesforceAuthenticationFailed):
        Salesforce(consumer_key="cid", consumer_secret="x", domain="acme.my", session=in_process_session(site))


def test_it_reads_limits_and_usage(client: Any) -> None:
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000
    assert client.api_usage["api-usage"].total == 100_000


def test_it_describes_objects_and_fields(client: Any) -> None:
    names = {item["name"] for item in client.describe()["sobjects"]}
    assert {"Lead", "Contact", "Account", "Campaign", "CampaignMember", "Opportunity", "Task", "User"} <= names
    fields = {field["name"]: field for field in client.Lead.describe()["fields"]}
    wanted = {"type", "createable", "updateable", "nillable", "picklistValues", "length", "externalId", "unique"}
    assert all(wanted <= set(field) for field in fields.values())
    assert (fields[KEY]["externalId"], fields[KEY]["idLookup"], fields[KEY]["unique"]) == (True, True, True)
    assert "objectDescribe" in client.Lead.metadata()


def test_one_record_lives_through_all_single_calls(client: Any) -> None:
    made = client.Lead.create({"LastName": "Lovelace", "Company": "Acme", "Email": "ada@example.com"})
    lead = made["id"]
    assert (len(lead), made["success"], made["errors"]) == (18, True, [])
    assert client.Lead.get(lead[:15])["Id"] == lead
    assert client.Lead.update(lead, {"FirstName": "Ada"}) == 204
    assert client.Lead.upsert(f"{KEY}/1", {"LastName": "Up", "Company": "Acme"}) == 201
    assert client.Lead.upsert(f"{KEY}/1", {"LastName": "Up2"}) in (200, 204)
    assert client.Lead.get_by_custom_id(KEY, "1")["LastName"] == "Up2"
    window = (NOW - timedelta(minutes=10), NOW + timedelta(minutes=5))
    assert lead in client.Lead.updated(*window)["ids"]
    assert client.Lead.delete(lead) == 204
    assert lead in [row["id"] for row in client.Lead.deleted(*window)["deletedRecords"]]
    text = f"SELECT Id, IsDeleted FROM Lead WHERE Id = '{lead}'"  # noqa: S608 - SOQL
    assert client.query(text)["totalSize"] == 0
    assert client.query(text, include_deleted=True)["records"][0]["IsDeleted"] is True
    with pytest.raises(exceptions.SalesforceResourceNotFound):
        client.Lead.get(lead)


def test_refusals_become_the_clients_exceptions(client: Any) -> None:
    with pytest.raises(exceptions.SalesforceMalformedRequest, match="INVALID_FIELD"):
        client.query("SELECT Nope__c FROM Lead")
    with pytest.raises(exceptions.SalesforceResourceNotFound):
        client.Nothing__c.describe()
    with pytest.raises(exceptions.SalesforceMalformedRequest, match="INVALID_FIELD_FOR_INSERT_UPDATE"):
        client.Lead.create({"LastName": "a", "Company": "b", "CreatedDate": "2020-01-01T00:00:00Z"})


def test_two_hundred_rows_in_one_call_and_pages_of_a_query(client: Any, site: SalesforceSite) -> None:
    rows = [{"attributes": {"type": "Lead"}, "LastName": f"L{n}", "Company": "Many"} for n in range(200)]
    outcomes = client.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": rows})
    site.org.change_settings({"page_size": 60})
    found = list(client.query_all_iter("SELECT Id FROM Lead WHERE Company = 'Many'"))
    assert [row["Id"] for row in found] == [outcome["id"] for outcome in outcomes]
    with pytest.raises(exceptions.SalesforceMalformedRequest):
        client.restful("composite/sobjects", method="POST", json={"records": [*rows, rows[0]]})


def test_a_composite_refers_to_what_it_made(client: Any) -> None:
    lead = client.Lead.create({"LastName": "Lovelace", "Company": "Acme"})["id"]
    base = f"/services/data/v{client.sf_version}/sobjects"
    calls = [
        {"method": "POST", "url": f"{base}/Campaign", "referenceId": "c", "body": {"Name": "Spring"}},
        {"method": "POST", "url": f"{base}/CampaignMember", "referenceId": "m",
         "body": {"CampaignId": "@{c.id}", "LeadId": lead}},
    ]  # fmt: skip
    answer = client.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": calls})
    assert [one["httpStatusCode"] for one in answer["compositeResponse"]] == [201, 201]


def test_an_ended_session_is_renewed_by_the_client(client: Any, site: SalesforceSite) -> None:
    before = client.session_id
    site.oauth.end_sessions()
    assert client.query("SELECT Id FROM Lead LIMIT 1")["done"] is True
    assert client.session_id != before


def test_bulk_in_and_out(client: Any) -> None:
    job = client.bulk2.Lead.insert(records=[{"LastName": f"B{n}", "Company": "Bulk"} for n in range(5)], wait=0)[0]
    assert job["numberRecordsProcessed"] == 5
    assert "sf__Id" in client.bulk2.Lead.get_successful_records(job["job_id"])
    pages = client.bulk2.Lead.query("SELECT Id FROM Lead WHERE Company = 'Bulk'", max_records=2, wait=0)
    assert [len(page.splitlines()) - 1 for page in pages] == [2, 2, 1]
