from typing import Any

import pytest

from infra.local.simulators.salesforce.ids import id18, make_id, normal_id
from tests.unit.simulators.salesforce.world import World, error_of


@pytest.mark.parametrize(
    ("short", "whole"), [("001D000000IRFma", "001D000000IRFmaIAH"), ("003RO0000035WQg", "003RO0000035WQgYAM")]
)
def test_the_checksum_of_documented_ids_is_right(short: str, whole: str) -> None:
    assert id18(short) == whole
    assert normal_id(short) == normal_id(whole) == whole


def test_an_id_with_a_wrong_checksum_is_none() -> None:
    assert normal_id("001D000000IRFmaAAA") is None
    assert len({make_id("00Q", number) for number in range(1, 5000)}) == 4999


def test_a_new_lead_has_defaults_owner_and_stamps(world: World) -> None:
    lead = world.get("Lead", world.lead(FirstName=" Ada ", Email="Ada@Example.com", Phone=""))

    assert (lead["Name"], lead["Email"], lead["Phone"]) == ("Ada Kowalska", "Ada@Example.com", None)
    assert (lead["Status"], lead["IsConverted"], lead["HasOptedOutOfEmail"]) == ("Open - Not Contacted", False, False)
    assert lead["SystemModstamp"] == lead["CreatedDate"] == "2026-03-10T09:00:00.000+0000"
    assert lead["OwnerId"] == lead["CreatedById"] == lead["LastModifiedById"]


def test_every_update_stamps_even_one_that_changes_nothing(world: World) -> None:
    lead = world.lead()
    world.time.advance(minutes=1)

    assert world.call("PATCH", f"sobjects/Lead/{lead}", {"LastName": "Kowalska"}).status_code == 204
    assert world.get("Lead", lead)["LastModifiedDate"] == "2026-03-10T09:01:00.000+0000"


def test_a_system_job_moves_only_the_system_stamp(world: World) -> None:
    lead = world.lead()
    world.time.advance(minutes=1)
    world.act("restamp", object="Lead")

    row = world.get("Lead", lead)
    assert row["LastModifiedDate"] < row["SystemModstamp"]


@pytest.mark.parametrize(
    ("values", "code", "fields"),
    [
        ({"Company": None}, "REQUIRED_FIELD_MISSING", ["Company"]),
        ({"Title": "x" * 129}, "STRING_TOO_LONG", ["Title"]),
        ({"Email": "nobody"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"Nope__c": 1}, "INVALID_FIELD", None),
        ({"CreatedDate": "2020-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate"]),
        ({"NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", None),
        ({"NumberOfEmployees": 10**12}, "NUMBER_OUTSIDE_VALID_RANGE", ["NumberOfEmployees"]),
        ({"Consent_Date__c": "yesterday"}, "JSON_PARSER_ERROR", None),
        ({"Email": {"a": 1}}, "JSON_PARSER_ERROR", None),
        ({"OwnerId": "me"}, "MALFORMED_ID", ["OwnerId"]),
        ({"OwnerId": "005000000000000AAA"}, "INVALID_CROSS_REFERENCE_KEY", ["OwnerId"]),
    ],
)
def test_what_is_not_valid_is_refused_in_salesforces_words(
    world: World, values: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    answer = world.call("POST", "sobjects/Lead", {"LastName": "A", "Company": "B", **values})

    assert error_of(answer) == (400, code)
    assert answer.json()[0].get("fields") == fields
    assert world.query("SELECT COUNT() FROM Lead")["totalSize"] == 0


def test_a_body_that_is_no_json_object_is_refused(world: World) -> None:
    for body in (b"{", b"[]", b""):
        assert error_of(world.call("POST", "sobjects/Lead", data=body)) == (400, "JSON_PARSER_ERROR")


def test_an_inactive_user_cannot_own(world: World) -> None:
    rep = world.values("SELECT Id FROM User WHERE LastName = 'Rep'")[0]
    world.act("update", object="User", id=rep, IsActive=False)

    answer = world.call("POST", "sobjects/Lead", {"LastName": "A", "Company": "B", "OwnerId": rep})
    assert error_of(answer) == (400, "INACTIVE_OWNER_OR_USER")


def test_upsert_by_external_id_creates_then_updates_one_record(world: World) -> None:
    path = "sobjects/Lead/Leadspine_Id__c/lead_1%2F2"
    first = world.call("PATCH", path, {"LastName": "A", "Company": "B"})
    second = world.call("PATCH", path, {"LastName": "C"})

    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()) == (200, {**first.json(), "created": False})
    assert world.call("GET", path).json()["LastName"] == "C"
    assert world.values("SELECT Leadspine_Id__c FROM Lead") == ["lead_1/2"]


def test_upsert_that_may_only_update_does_not_create(world: World) -> None:
    answer = world.call("PATCH", "sobjects/Lead/Leadspine_Id__c/x?updateOnly=true", {"LastName": "A", "Company": "B"})
    assert error_of(answer) == (404, "NOT_FOUND")


def test_an_external_id_field_that_is_none_is_not_found(world: World) -> None:
    assert error_of(world.call("PATCH", "sobjects/Lead/Email/x", {"LastName": "A"})) == (404, "NOT_FOUND")


def test_a_unique_value_names_the_record_that_has_it(world: World) -> None:
    first = world.lead(Leadspine_Id__c="L1")
    answer = world.call("POST", "sobjects/Lead", {"LastName": "A", "Company": "B", "Leadspine_Id__c": "l1"})

    assert error_of(answer) == (400, "DUPLICATE_VALUE")
    assert first[:15] in answer.json()[0]["message"]


def test_an_external_id_that_is_not_unique_answers_300_and_writes_nothing(world: World) -> None:
    world.act("fields", object="Lead", name="Old_Id__c", external_id=True)
    ids = [world.lead(Old_Id__c="7") for _ in range(2)]

    answer = world.call("PATCH", "sobjects/Lead/Old_Id__c/7", {"LastName": "New"})
    assert answer.status_code == 300
    assert [url.rpartition("/")[2] for url in answer.json()] == ids
    assert set(world.values("SELECT LastName FROM Lead")) == {"Kowalska"}


def test_a_deleted_record_waits_in_the_bin_and_can_come_back(world: World) -> None:
    lead = world.lead()
    assert world.call("DELETE", f"sobjects/Lead/{lead}").status_code == 204

    assert error_of(world.call("DELETE", f"sobjects/Lead/{lead}")) == (404, "ENTITY_IS_DELETED")
    assert world.values("SELECT Id FROM Lead") == []
    assert world.values("SELECT Id FROM Lead WHERE IsDeleted = true", every=True) == [lead]
    world.act("undelete", object="Lead", id=lead)
    assert world.values("SELECT Id FROM Lead") == [lead]
    world.call("DELETE", f"sobjects/Lead/{lead}")
    world.act("empty-bin", all=True)
    assert world.values("SELECT Id FROM Lead", every=True) == []


def test_changed_since_is_guarded_by_if_unmodified_since(world: World) -> None:
    lead = world.lead()
    world.time.advance(minutes=5)
    world.act("update", object="Lead", id=lead, Title="CTO")

    based_on = {"If-Unmodified-Since": "Tue, 10 Mar 2026 09:02:00 GMT"}
    answer = world.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "CEO"}, headers=based_on)
    assert answer.status_code == 412
    assert world.get("Lead", lead)["Title"] == "CTO"


def test_hidden_and_read_only_fields_look_as_under_field_level_security(world: World) -> None:
    lead = world.lead(Title="CTO")
    world.act("rights", hidden=["Lead.Title", "Campaign"], read_only=["Lead.Phone"])

    described = {field["name"]: field for field in world.call("GET", "sobjects/Lead/describe").json()["fields"]}
    assert "Title" not in described
    assert (described["Phone"]["updateable"], described["Fax"]["updateable"]) == (False, True)
    assert error_of(world.call("GET", "query", params={"q": "SELECT Title FROM Lead"})) == (400, "INVALID_FIELD")
    assert error_of(world.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "x"})) == (400, "INVALID_FIELD")
    refused = world.call("PATCH", f"sobjects/Lead/{lead}", {"Phone": "1"})
    assert (error_of(refused)[1], refused.json()[0]["fields"]) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["Phone"])
    assert world.call("GET", "sobjects/Campaign/describe").status_code == 404
    assert "Campaign" not in {item["name"] for item in world.call("GET", "sobjects").json()["sobjects"]}


@pytest.mark.parametrize(("rule", "saved_with_header"), [("alert", True), ("block", False)])
def test_the_duplicate_rule_finds_leads_and_contacts_by_email(world: World, rule: str, saved_with_header: bool) -> None:
    first = world.lead(Email="ada@example.com")
    world.act("settings", duplicate_rule=rule)
    again = {"LastName": "A", "Email": "ADA@example.com"}

    refused = world.call("POST", "sobjects/Contact", again)
    assert error_of(refused) == (400, "DUPLICATES_DETECTED")
    found = refused.json()[0]["duplicateResult"]["matchResults"][0]["matchRecords"][0]["record"]
    assert (found["attributes"]["type"], found["Id"]) == ("Lead", first)
    header = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert (world.call("POST", "sobjects/Contact", again, headers=header).status_code == 201) is saved_with_header


def test_the_assignment_rule_takes_new_leads_unless_told_not_to(world: World) -> None:
    queue = world.values("SELECT Id FROM Group")[0]
    world.act("settings", assignment_owner=queue)

    assert world.get("Lead", world.lead())["OwnerId"] == queue
    answer = world.call(
        "POST", "sobjects/Lead", {"LastName": "A", "Company": "B"}, headers={"Sforce-Auto-Assign": "FALSE"}
    )
    assert world.get("Lead", answer.json()["id"])["OwnerId"].startswith("005")


def test_an_opportunity_follows_its_stage(world: World) -> None:
    deal = world.create("Opportunity", Name="Deal", StageName="Qualification", CloseDate="2026-06-30", Amount=2000)
    assert world.get("Opportunity", deal)["ExpectedRevenue"] == 200
    world.call("PATCH", f"sobjects/Opportunity/{deal}", {"StageName": "Closed Won"})

    won = world.get("Opportunity", deal)
    assert (won["IsClosed"], won["IsWon"], won["Probability"], won["ForecastCategoryName"]) == (
        True,
        True,
        100,
        "Closed",
    )


def test_a_finished_task_restamps_its_lead_but_is_no_change_by_a_user(world: World) -> None:
    lead = world.lead()
    world.time.advance(minutes=3)
    world.create("Task", Subject="Call", WhoId=lead, Status="Completed", ActivityDate="2026-03-10")

    row = world.get("Lead", lead)
    assert row["LastActivityDate"] == "2026-03-10"
    assert row["LastModifiedDate"] < row["SystemModstamp"]


def test_the_sync_user_may_not_write_users(world: World) -> None:
    answer = world.call("POST", "sobjects/User", {"LastName": "A", "Username": "a@b.test"})
    assert error_of(answer) == (400, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_updated_and_deleted_windows_cut_to_the_minute(world: World) -> None:
    kept, gone = world.lead(), world.lead()
    world.time.advance(seconds=90)
    world.call("DELETE", f"sobjects/Lead/{gone}")
    world.time.advance(minutes=1)

    window = {"start": "2026-03-10T08:55:30+00:00", "end": "2026-03-10T09:10:00Z"}
    updated = world.call("GET", "sobjects/Lead/updated/", params=window).json()
    deleted = world.call("GET", "sobjects/Lead/deleted/", params=window).json()
    assert updated == {"ids": [kept], "latestDateCovered": "2026-03-10T09:02:30.000+0000"}
    assert deleted["deletedRecords"] == [{"id": gone, "deletedDate": "2026-03-10T09:01:30.000+0000"}]
    for start, end in (("2026-03-10T09:00:10Z", "2026-03-10T09:00:50Z"), ("2025-12-01T00:00:00Z", window["end"])):
        answer = world.call("GET", "sobjects/Lead/updated", params={"start": start, "end": end})
        assert error_of(answer) == (400, "INVALID_REPLICATION_DATE")
