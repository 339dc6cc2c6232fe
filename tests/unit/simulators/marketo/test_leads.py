"""Sync, read, delete, merge: what a record becomes, and why it is skipped."""

import pytest

from infra.local.simulators.in_process import in_process_session
from tests.unit.simulators.marketo.subscription import Subscription, codes


def test_results_come_in_the_order_of_the_records_and_a_bad_one_stops_nobody(marketo: Subscription) -> None:
    results = marketo.sync(
        {"email": "a@example.com", "firstName": "Ann"},
        {"email": "b@example.com", "noSuchField": 1},
        {"email": "no address"},
        {"email": "żółw@example.com"},
        {"firstName": "No key"},
        {"email": "c@example.com", "numberOfEmployees": "many"},
        {"email": "d@example.com", "createdAt": "2026-01-01"},
        {"email": "e@example.com", "title": "x" * 256},
        {"email": "a@example.com", "firstName": "Anna"},
    )

    assert codes(results) == ["created", "1006", "1001", "1001", "1002", "1001", "1003", "1003", "updated"]
    assert marketo.lead(1)["firstName"] == "Anna"
    assert len(marketo.desk("people", method="GET")["items"]) == 1


@pytest.mark.parametrize(
    ("action", "known", "unknown"),
    [
        ("createOrUpdate", "updated", "created"),
        ("createOnly", "1005", "created"),
        ("updateOnly", "updated", "1004"),
        ("createDuplicate", "created", "created"),
    ],
)
def test_each_action_treats_known_and_unknown_people_its_way(
    marketo: Subscription, action: str, known: str, unknown: str
) -> None:
    marketo.create("known@example.com")

    results = marketo.sync({"email": "KNOWN@example.com"}, {"email": "new@example.com"}, action=action)

    assert codes(results) == [known, unknown]


def test_two_people_with_one_address_are_ambiguous_until_the_id_tells(marketo: Subscription) -> None:
    first, second = marketo.create("twin@example.com"), marketo.create("twin@example.com")

    assert codes(marketo.sync({"email": "twin@example.com", "title": "x"})) == ["1007"]
    by_id = marketo.sync({"id": second, "title": "Head"}, action="updateOnly", lookupField="id")
    assert codes(by_id) == ["updated"]
    assert [marketo.lead(number, "title")["title"] for number in (first, second)] == [None, "Head"]


def test_people_are_looked_up_by_a_custom_field(marketo: Subscription) -> None:
    marketo.sync({"leadspineId": "lead_1", "email": "a@example.com"}, lookupField="leadspineId")

    again = marketo.sync({"leadspineId": "lead_1", "email": "b@example.com"}, lookupField="leadspineId")

    assert codes(again) == ["updated"]
    found = marketo.get("/rest/v1/leads.json", filterType="leadspineId", filterValues="lead_1", fields="email")
    assert found["result"] == [{"id": 1, "email": "b@example.com"}]
    assert marketo.refusal("GET", "/rest/v1/leads.json", filterType="title", filterValues="x") == "1011"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"input": [{"id": 1, "email": "a@example.com"}]}, "1003"),
        ({"input": [{"email": "a@example.com"}] * 301}, "1003"),
        ({"input": []}, "1002"),
        ({"input": [{"email": "a@example.com"}], "action": "replace"}, "1001"),
        ({"input": [{"title": "x"}], "lookupField": "title"}, "1011"),
        ([], "609"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_as_a_whole(marketo: Subscription, body: object, code: str) -> None:
    assert marketo.refusal("POST", "/rest/v1/leads.json", body) == code


def test_null_and_empty_text_both_clear_and_an_empty_field_reads_as_null(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com", title="Head", phone="+48")

    marketo.sync({"email": "a@example.com", "title": None, "phone": ""})

    assert marketo.lead(lead, "title", "phone", "doNotCall") == {
        "id": lead,
        "title": None,
        "phone": None,
        "doNotCall": False,
    }


def test_the_stamp_moves_for_standard_fields_only(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")
    marketo.pass_time(minutes=5)

    marketo.sync({"email": "a@example.com", "consentStatus": "given", "scoreBand": "A1"})
    untouched = marketo.lead(lead)["updatedAt"]
    marketo.sync({"email": "a@example.com", "title": "Head"})

    assert untouched == "2026-11-21T12:00:00Z"
    assert marketo.lead(lead)["updatedAt"] == "2026-11-21T12:05:00Z"


def test_writing_the_value_that_is_there_already_changes_and_logs_nothing(marketo: Subscription) -> None:
    marketo.create("a@example.com", numberOfEmployees=5)
    marketo.pass_time(minutes=5)

    assert codes(marketo.sync({"email": "a@example.com", "numberOfEmployees": "5"})) == ["updated"]

    assert marketo.activities(13) == []
    assert marketo.lead(1)["updatedAt"] == "2026-11-21T12:00:00Z"


def test_a_blocked_field_keeps_its_first_value_without_a_word(marketo: Subscription) -> None:
    marketo.settings(blocked_fields=["leadSource"])
    lead = marketo.create("a@example.com")

    marketo.sync({"email": "a@example.com", "leadSource": "Web"})
    second = marketo.sync({"email": "a@example.com", "leadSource": "Fair"})

    assert codes(second) == ["updated"]
    assert marketo.lead(lead, "leadSource")["leadSource"] == "Web"


def test_near_simultaneous_calls_create_duplicates_when_that_is_switched_on(marketo: Subscription) -> None:
    marketo.settings(race_seconds=2)

    first = marketo.sync({"email": "a@example.com"})
    second = marketo.sync({"email": "a@example.com"}, {"email": "a@example.com", "title": "x"})
    marketo.pass_time(seconds=3)

    assert (codes(first), codes(second)) == (["created"], ["created", "updated"])
    assert codes(marketo.sync({"email": "a@example.com"})) == ["1007"]


def test_reads_page_by_token_which_is_absent_on_the_last_page(marketo: Subscription) -> None:
    ids = [marketo.create(f"p{n}@example.com") for n in range(5)]
    wanted = {"filterType": "id", "filterValues": ",".join(map(str, ids)), "batchSize": 2}

    first = marketo.get("/rest/v1/leads.json", **wanted)
    second = marketo.get("/rest/v1/leads.json", nextPageToken=first["nextPageToken"], **wanted)
    last = marketo.get("/rest/v1/leads.json", nextPageToken=second["nextPageToken"], **wanted)

    assert [len(page["result"]) for page in (first, second, last)] == [2, 2, 1]
    assert "nextPageToken" not in last
    assert marketo.refusal("GET", "/rest/v1/leads.json", nextPageToken="junk", **wanted) == "1003"


def test_reads_have_their_limits(marketo: Subscription) -> None:
    path, many = "/rest/v1/leads.json", ",".join(map(str, range(301)))
    marketo.create("a@example.com")

    assert marketo.refusal("GET", path, filterType="id", filterValues=many) == "1003"
    assert marketo.refusal("GET", path, filterType="id") == "1002"
    assert marketo.refusal("GET", path, filterType="id", filterValues="1", fields="nope") == "1006"
    assert marketo.get("/rest/v1/lead/99.json")["result"] == []
    for batch in range(4):
        marketo.sync(*({"email": f"x{batch}-{n}@example.com", "sfdcAccountId": "001A"} for n in range(260)))
    assert marketo.refusal("GET", path, filterType="sfdcAccountId", filterValues="001A") == "1003"


def test_a_long_read_is_sent_as_a_form(marketo: Subscription) -> None:
    lead = marketo.create("a+b@example.com")
    session = in_process_session(marketo.site)
    form = {"_method": "GET", "filterType": "email", "filterValues": "a+b@example.com"}

    answer = session.post(
        "http://marketo/rest/v1/leads.json", data=form, headers={"Authorization": f"Bearer {marketo.token}"}
    )

    assert [row["id"] for row in answer.json()["result"]] == [lead]


def test_deleting_skips_the_unknown_and_leaves_a_trace(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com", firstName="Ann", lastName="Lee")

    results = marketo.post("/rest/v1/leads/delete.json", {"input": [{"id": lead}, {"id": 99}]})["result"]

    assert (codes(results), [row["id"] for row in results]) == (["deleted", "1004"], [lead, 99])
    (gone,) = marketo.pages("/rest/v1/activities/deletedleads.json")
    assert (gone["leadId"], gone["activityTypeId"], gone["primaryAttributeValue"]) == (lead, 37, "Ann Lee")


def test_a_merge_fills_gaps_and_hands_over_log_and_memberships(marketo: Subscription) -> None:
    winner = marketo.create("a@example.com", title="Head")
    loser = marketo.create("b@example.com", title="Boss", phone="+48")
    marketo.post("/rest/v1/lists/2001/leads.json", {"input": [{"id": loser}]})

    answer = marketo.post(f"/rest/v1/leads/{winner}/merge.json", leadIds=loser)

    assert (answer["success"], "result" in answer) == (True, False)
    assert marketo.lead(winner, "email", "title", "phone") == {
        "id": winner,
        "email": "a@example.com",
        "title": "Head",
        "phone": "+48",
    }
    assert {row["leadId"] for row in marketo.activities(12, 24, 32)} == {winner}
    assert [row["leadId"] for row in marketo.pages("/rest/v1/activities/deletedleads.json")] == [loser]
    assert [row["id"] for row in marketo.get("/rest/v1/lists/2001/leads.json")["result"]] == [winner]


def test_a_merge_refuses_what_cannot_be_merged(marketo: Subscription) -> None:
    winner = marketo.create("a@example.com")
    path = f"/rest/v1/leads/{winner}/merge.json"

    assert marketo.refusal("POST", path) == "1002"
    assert marketo.refusal("POST", path, leadIds="99") == "1004"
    assert marketo.refusal("POST", path, leadIds=winner) == "1003"
    assert marketo.refusal("POST", path, leadIds=",".join(map(str, range(2, 28)))) == "1080"
    assert marketo.refusal("POST", path, leadIds="99", mergeInCRM="true") == "703"


def test_partitions_are_named_at_creation_only(marketo: Subscription) -> None:
    assert marketo.get("/rest/v1/leads/partitions.json")["result"][0]["name"] == "Default"
    assert codes(marketo.sync({"email": "a@example.com"}, partitionName="Default")) == ["created"]
    assert codes(marketo.sync({"email": "b@example.com"}, partitionName="Elsewhere")) == ["1008"]
    moved = marketo.post("/rest/v1/leads/partitions.json", {"input": [{"id": 1, "partitionName": "Elsewhere"}]})
    assert codes(moved["result"]) == ["1008"]


def test_describe_names_every_field_and_what_people_are_found_by(marketo: Subscription) -> None:
    fields = {row["rest"]["name"]: row for row in marketo.get("/rest/v1/leads/describe.json")["result"]}
    searchable = marketo.get("/rest/v1/leads/describe2.json")["result"][0]["searchableFields"]

    assert {"email", "unsubscribed", "consentStatus", "consentDate", "consentSource", "scoreBand"} <= set(fields)
    assert (fields["updatedAt"]["rest"]["readOnly"], fields["leadScore"]["dataType"]) == (True, "score")
    assert ["email"] in searchable
    assert ["leadspineId"] in searchable


def test_a_new_custom_field_can_be_written_at_once(marketo: Subscription) -> None:
    path, fields = (
        "/rest/v1/leads/schema/fields.json",
        [{"name": "shoeSize", "displayName": "Shoe", "dataType": "integer"}],
    )

    created = marketo.post(path, {"input": fields * 2})["result"]

    assert codes(created) == ["created", "1003"]
    lead = marketo.create("a@example.com", shoeSize="43")
    assert marketo.lead(lead, "shoeSize")["shoeSize"] == 43
    assert marketo.get("/rest/v1/leads/schema/fields/shoeSize.json")["result"][0]["isCustom"] is True
