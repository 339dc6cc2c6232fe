"""Lists, campaigns, programs, companies and deals, bulk files."""

import json
from typing import Any

from infra.local.simulators.wire import Call
from tests.unit.simulators.marketo.subscription import Subscription, codes

STATUS = "/rest/v1/programs/1002/members/status.json"
MEMBERS = "/rest/v1/programs/1002/members.json"


def test_people_enter_and_leave_a_list(marketo: Subscription) -> None:
    lead, path = marketo.create("a@example.com"), "/rest/v1/lists/2001/leads.json"

    added = marketo.post(path, {"input": [{"id": lead}, {"id": 99}]})["result"]
    member = marketo.get("/rest/v1/lists/2001/leads/ismember.json", id=lead)["result"]
    removed = marketo.api("DELETE", path, id=lead)["result"]
    again = marketo.api("DELETE", path, id=lead)["result"]

    assert (codes(added), codes(removed), codes(again)) == (["added", "1004"], ["removed"], ["1015"])
    assert member == [{"id": lead, "status": "memberof"}]
    assert [row["activityTypeId"] for row in marketo.activities(24, 25)] == [24, 25]
    assert marketo.refusal("GET", "/rest/v1/lists/9/leads.json") == "1013"
    assert [row["name"] for row in marketo.get("/rest/v1/lists.json", name="Newsletter")["result"]] == ["Newsletter"]


def test_a_trigger_campaign_runs_for_known_people(marketo: Subscription) -> None:
    lead, path = marketo.create("a@example.com"), "/rest/v1/campaigns/3001/trigger.json"

    assert marketo.post(path, {"input": {"leads": [{"id": lead}]}})["result"] == [{"id": 3001}]

    assert [row["primaryAttributeValue"] for row in marketo.activities(47)] == ["Send welcome pack"]
    assert marketo.refusal("POST", path, {"input": {"leads": [{"id": 99}]}}) == "1004"
    assert (
        marketo.refusal("POST", "/rest/v1/campaigns/3002/trigger.json", {"input": {"leads": [{"id": lead}]}}) == "1003"
    )
    assert [row["id"] for row in marketo.get("/rest/v1/campaigns.json", isTriggerable="true")["result"]] == [3001]


def test_a_program_status_goes_forward_only(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")

    def move(status: str) -> list[str]:
        return codes(marketo.post(STATUS, {"statusName": status, "input": [{"leadId": lead}]})["result"])

    steps = [move(status) for status in ("Registered", "Invited", "Registered", "Attended")]

    assert steps == [["created"], ["1037"], ["1037"], ["updated"]]
    assert marketo.refusal("POST", STATUS, {"statusName": "Gone", "input": [{"leadId": lead}]}) == "1025"
    (member,) = marketo.get(MEMBERS, filterType="statusName", filterValues="Attended")["result"]
    assert (member["leadId"], member["reachedSuccess"]) == (lead, True)
    assert [row["activityTypeId"] for row in marketo.activities(104)] == [104, 104]


def test_members_are_found_by_the_time_of_their_change_within_a_week(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")
    marketo.post(STATUS, {"statusName": "Invited", "input": [{"leadId": lead}, {"leadId": 99}]})
    day = {"startAt": "2026-11-21T00:00:00Z", "endAt": "2026-11-22T00:00:00Z"}

    found = marketo.get(MEMBERS, filterType="updatedAt", **day)["result"]

    assert [row["leadId"] for row in found] == [lead]
    month = {"startAt": "2026-11-01T00:00:00Z", "endAt": "2026-11-22T00:00:00Z"}
    assert marketo.refusal("GET", MEMBERS, filterType="updatedAt", **month) == "1003"
    assert marketo.refusal("GET", MEMBERS, filterType="shoe", filterValues="1") == "1011"
    removal = {"input": [{"leadId": lead}, {"leadId": 99}]}
    assert codes(marketo.post("/rest/v1/programs/1002/members/delete.json", removal)["result"]) == ["deleted", "1013"]


def test_assets_page_by_offset_and_end_with_a_warning(marketo: Subscription) -> None:
    path = "/rest/asset/v1/programs.json"

    first = marketo.get(path, maxReturn=1)["result"]
    end = marketo.get(path, offset=2)

    assert first[0]["createdAt"].endswith("Z+0000")
    assert ("result" in end, end["warnings"]) == (False, ["No assets found for the given search criteria."])
    channels = marketo.get("/rest/asset/v1/channels.json")["result"]
    assert [step["step"] for step in channels[0]["progressionStatuses"]] == [0, 10, 20]


def test_a_company_lends_its_values_to_all_its_people(marketo: Subscription) -> None:
    path = "/rest/v1/companies.json"
    marketo.post(path, {"input": [{"externalCompanyId": "001A", "company": "Acme", "industry": "Steel"}]})
    people = [marketo.create(f"p{n}@example.com", externalCompanyId="001A") for n in range(2)]
    marketo.sync({"email": "p0@example.com", "company": "Not mine to write"})

    updated = marketo.post(path, {"input": [{"externalCompanyId": "001A", "industry": "Glass"}]})["result"]

    assert codes(updated) == ["updated"]
    expected = [("Acme", "Glass")] * 2
    assert [tuple(marketo.lead(lead, "company", "industry").values())[1:] for lead in people] == expected
    assert [row["leadId"] for row in marketo.changes("industry") if row["activityTypeId"] == 13] == people


def test_company_fields_of_an_unlinked_person_can_be_locked(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com", company="First")
    marketo.sync({"email": "a@example.com", "company": "Second"})
    marketo.settings(company_fields_locked=True)
    marketo.sync({"email": "a@example.com", "company": "Third"})

    assert marketo.lead(lead, "company")["company"] == "Second"


def test_deals_and_roles_need_their_keys_and_both_ends(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")
    deal = {"externalOpportunityId": "006A", "name": "Big", "amount": "1000.5", "isWon": True}
    deals, roles = "/rest/v1/opportunities.json", "/rest/v1/opportunities/roles.json"

    created = marketo.post(deals, {"input": [deal, deal, {"externalOpportunityId": "006B"}, {"name": "x"}]})["result"]
    role = {"externalOpportunityId": "006A", "leadId": lead, "role": "Buyer"}
    ends = [role, {**role, "leadId": 99}, {**role, "externalOpportunityId": "nope"}]

    assert codes(created) == ["created", "1036", "1002", "1002"]
    assert codes(marketo.post(roles, {"input": ends})["result"]) == ["created", "1004", "1013"]
    (found,) = marketo.get(deals, filterType="idField", filterValues=created[0]["marketoGUID"], fields="amount,name")[
        "result"
    ]
    assert (found["amount"], found["name"]) == (1000.5, "Big")
    gone = marketo.post("/rest/v1/opportunities/delete.json", {"input": [{"externalOpportunityId": "006A"}, {}]})[
        "result"
    ]
    assert codes(gone) == ["deleted", "1002"]


def test_updates_by_id_never_create(marketo: Subscription) -> None:
    path = "/rest/v1/companies.json"
    (made,) = marketo.post(path, {"input": [{"externalCompanyId": "001A"}]})["result"]

    by_id = marketo.post(
        path, {"dedupeBy": "idField", "input": [{"id": made["id"], "company": "Acme"}, {"id": 99, "company": "x"}]}
    )

    assert codes(by_id["result"]) == ["updated", "1013"]
    again = {"action": "createOnly", "input": [{"externalCompanyId": "001A"}]}
    assert codes(marketo.post(path, again)["result"]) == ["1005"]
    marketo.create("a@example.com", externalCompanyId="001A")
    delete = {"input": [{"externalCompanyId": "001A"}]}
    assert codes(marketo.post("/rest/v1/companies/delete.json", delete)["result"]) == ["1022"]


def test_with_the_native_sync_on_crm_objects_are_read_only(marketo: Subscription) -> None:
    marketo.settings(native_crm=True)

    assert marketo.refusal("POST", "/rest/v1/companies.json", {"input": [{"externalCompanyId": "1"}]}) == "1018"
    assert marketo.get("/rest/v1/companies/describe.json")["success"]
    results = marketo.sync({"email": "a@example.com", "sfdcLeadId": "00Q"}, {"email": "b@example.com", "company": "x"})
    assert codes(results) == ["1003", "1021"]


def test_an_extract_moves_step_by_step_and_ends_in_a_file(marketo: Subscription) -> None:
    marketo.settings(export_step_seconds=60)
    marketo.create("a@example.com", title='Head, "Sales"', unsubscribed=True)
    base = "/bulk/v1/leads/export"
    day = {"startAt": "2026-11-21T00:00:00Z", "endAt": "2026-11-22T00:00:00Z"}
    wanted = {"fields": ["id", "title", "unsubscribed", "phone"], "filter": {"createdAt": day}}

    job = marketo.post(f"{base}/create.json", wanted)["result"][0]["exportId"]
    states = [marketo.post(f"{base}/{job}/enqueue.json")["result"][0]["status"]]
    assert marketo.refusal("POST", f"{base}/{job}/enqueue.json") == "1029"
    assert marketo.refusal("GET", f"{base}/{job}/file.json") == "1003"
    for _ in range(2):
        marketo.pass_time(seconds=60)
        states.append(marketo.get(f"{base}/{job}/status.json")["result"][0]["status"])

    assert states == ["Queued", "Processing", "Completed"]
    file = marketo.raw("GET", f"{base}/{job}/file.json")
    assert file.body.decode() == 'id,title,unsubscribed,phone\n1,"Head, ""Sales""",true,null\n'
    assert [row["exportId"] for row in marketo.get(f"{base}.json", status="Completed")["result"]] == [job]


def test_extracts_refuse_what_they_cannot_do(marketo: Subscription) -> None:
    create = "/bulk/v1/leads/export/create.json"
    months = {"createdAt": {"startAt": "2026-09-01T00:00:00Z", "endAt": "2026-11-22T00:00:00Z"}}

    def refused(fields: list[str], chosen: dict[str, Any]) -> str:
        return marketo.refusal("POST", create, {"fields": fields, "filter": chosen})

    assert refused(["id"], {}) == "1002"
    assert refused([], months) == "1002"
    assert refused(["id"], months) == "1003"
    assert refused(["id"], {"smartListId": 1}) == "1035"
    assert refused(["nope"], months) == "1006"
    assert marketo.refusal("GET", "/bulk/v1/leads/export/none/status.json") == "1013"


def test_activities_are_extracted_with_their_attributes_as_json(marketo: Subscription) -> None:
    marketo.create("a@example.com", title="Head")
    marketo.sync({"email": "a@example.com", "title": "Boss"})
    base = "/bulk/v1/activities/export"
    day = {"startAt": "2026-11-21T00:00:00Z", "endAt": "2026-11-22T00:00:00Z"}

    job = marketo.post(f"{base}/create.json", {"filter": {"createdAt": day, "activityTypeIds": [13]}})["result"][0][
        "exportId"
    ]
    marketo.post(f"{base}/{job}/enqueue.json")
    marketo.pass_time(seconds=10)

    header, row = marketo.raw("GET", f"{base}/{job}/file.json").body.decode().splitlines()
    assert header.startswith("marketoGUID,leadId,activityDate")
    assert '""New Value"": ""Boss""' in row


def test_an_import_adds_and_updates_and_lists_the_rows_it_refused(marketo: Subscription) -> None:
    known = marketo.create("a@example.com")
    file = "email,firstName,numberOfEmployees\na@example.com,Ann,null\nb@example.com,Bob,7\nbad,Eve,1\n"

    (batch,) = upload(marketo, file)["result"]
    marketo.pass_time(seconds=10)

    (done,) = marketo.get(f"/bulk/v1/leads/batch/{batch['batchId']}.json")["result"]
    assert (batch["status"], done["status"]) == ("Queued", "Complete")
    assert (done["numOfLeadsProcessed"], done["numOfRowsFailed"]) == (2, 1)
    assert marketo.lead(known, "firstName", "numberOfEmployees") == {
        "id": known,
        "firstName": "Ann",
        "numberOfEmployees": None,
    }
    failures = marketo.raw("GET", f"/bulk/v1/leads/batch/{batch['batchId']}/failures.json").body.decode()
    assert failures.splitlines()[1] == "bad,Eve,1,Invalid value 'bad'. Required of type 'email'"
    assert marketo.refusal("POST", "/bulk/v1/leads.json", {}) == "613"


def upload(marketo: Subscription, text: str) -> dict[str, Any]:
    """Send a file as a browser would."""
    part = f'--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n{text}\r\n--xyz--\r\n'
    headers = {"Authorization": f"Bearer {marketo.token}", "Content-Type": "multipart/form-data; boundary=xyz"}
    call = Call.of("POST", "/bulk/v1/leads.json?format=csv", headers=headers, body=part.encode())
    answer: dict[str, Any] = json.loads(marketo.site.answer(call).body)
    return answer
