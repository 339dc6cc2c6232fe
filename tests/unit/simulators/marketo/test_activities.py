"""The activity log and the tokens that walk through it."""

from tests.unit.simulators.marketo.subscription import Subscription, codes

LOG, CHANGES = "/rest/v1/activities.json", "/rest/v1/activities/leadchanges.json"


def named(row: dict) -> dict:  # type: ignore[type-arg]
    return {item["name"]: item["value"] for item in row["attributes"]}


def test_a_change_tells_the_field_both_values_and_who_wrote_it(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com", firstName="A")
    written = marketo.post("/rest/v1/leads.json", {"input": [{"email": "a@example.com", "firstName": "B"}]})

    (change,) = [row for row in marketo.changes("firstName") if row["activityTypeId"] == 13]

    (field,) = change["fields"]
    assert (field["name"], field["oldValue"], field["newValue"]) == ("firstName", "A", "B")
    assert (change["leadId"], change["activityDate"]) == (lead, "2026-11-21T12:00:00Z")
    author = named(change)
    assert author["Source"] == "Web service API"
    assert author["Request Id"] == written["requestId"]
    assert author["Modifying User"] == "leadspine-api@subscription.example"


def test_lead_changes_hold_the_named_fields_and_every_new_lead(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com", title="Head")
    marketo.sync({"email": "a@example.com", "title": "Boss", "phone": "+48"})

    kinds = [(row["leadId"], row["activityTypeId"], len(row["fields"])) for row in marketo.changes("phone", "city")]

    assert kinds == [(lead, 12, 0), (lead, 13, 1)]
    assert marketo.refusal("GET", CHANGES, fields="nope", nextPageToken=marketo.paging_token()) == "1006"
    assert marketo.refusal("GET", CHANGES, nextPageToken=marketo.paging_token()) == "1002"


def test_the_token_of_the_last_page_is_where_the_next_run_starts(marketo: Subscription) -> None:
    marketo.create("a@example.com")
    first = marketo.get(LOG, nextPageToken=marketo.paging_token(), activityTypeIds="12")
    nothing_new = marketo.get(LOG, nextPageToken=first["nextPageToken"], activityTypeIds="12")
    later = marketo.create("b@example.com")

    after = marketo.get(LOG, nextPageToken=nothing_new["nextPageToken"], activityTypeIds="12")

    assert (nothing_new["moreResult"], "result" in nothing_new) == (False, False)
    assert [row["leadId"] for row in after["result"]] == [later]


def test_a_token_starts_at_its_time(marketo: Subscription) -> None:
    marketo.create("early@example.com")
    marketo.pass_time(minutes=10)
    late = marketo.create("late@example.com")

    assert [row["leadId"] for row in marketo.activities(12, token=marketo.paging_token("2026-11-21T12:05:00Z"))] == [
        late
    ]
    future = marketo.paging_token("2026-11-21T13:00:00+01:00")
    assert [row["leadId"] for row in marketo.activities(12, token=future)][-1] == late
    assert marketo.refusal("GET", "/rest/v1/activities/pagingtoken.json", sinceDatetime="soon") == "704"


def test_a_narrow_filter_gives_short_or_empty_pages_with_more_to_follow(marketo: Subscription) -> None:
    for n in range(3):
        marketo.create(f"p{n}@example.com")
    marketo.settings(empty_pages=1)

    first = marketo.get(LOG, nextPageToken=marketo.paging_token(), activityTypeIds="12", batchSize=2)
    second = marketo.get(LOG, nextPageToken=first["nextPageToken"], activityTypeIds="12", batchSize=2)

    assert (first["moreResult"], "result" in first) == (True, False)
    assert (second["moreResult"], len(second["result"])) == (True, 2)
    assert len(marketo.activities(12)) == 3


def test_the_log_is_looked_through_in_pieces(marketo: Subscription) -> None:
    for batch in range(5):
        marketo.sync(*({"email": f"x{batch}-{n}@example.com"} for n in range(300)))

    first = marketo.get(LOG, nextPageToken=marketo.paging_token(), activityTypeIds="13")

    assert (first["moreResult"], "result" in first) == (True, False)
    assert marketo.activities(13, token=first["nextPageToken"]) == []


def test_late_entries_are_never_passed_by_a_token(marketo: Subscription) -> None:
    marketo.fault(kind="late_visibility", seconds=60)
    lead = marketo.create("a@example.com")

    before = marketo.get(LOG, nextPageToken=marketo.paging_token(), activityTypeIds="12")
    marketo.pass_time(seconds=61)

    assert "result" not in before
    assert [row["leadId"] for row in marketo.activities(12, token=before["nextPageToken"])] == [lead]


def test_old_changes_of_values_are_gone_and_other_activities_stay(marketo: Subscription) -> None:
    marketo.create("a@example.com")
    marketo.sync({"email": "a@example.com", "title": "Head"})
    marketo.pass_time(days=91)
    marketo.token = marketo.identity()["access_token"]

    assert [row["activityTypeId"] for row in marketo.activities(12, 13)] == [12]


def test_the_log_can_be_read_for_some_people_or_a_list(marketo: Subscription) -> None:
    first, second = marketo.create("a@example.com"), marketo.create("b@example.com")
    marketo.post("/rest/v1/lists/2001/leads.json", {"input": [{"id": second}]})
    token = marketo.paging_token()

    by_lead = marketo.get(LOG, nextPageToken=token, activityTypeIds="12", leadIds=first)["result"]
    by_list = marketo.get(CHANGES, nextPageToken=token, fields="email", listId=2001)["result"]

    assert [row["leadId"] for row in by_lead] == [first]
    assert [row["leadId"] for row in by_list] == [second]
    many = ",".join(map(str, range(31)))
    assert marketo.refusal("GET", LOG, nextPageToken=token, activityTypeIds="12", leadIds=many) == "1003"
    assert marketo.refusal("GET", LOG, nextPageToken=token, activityTypeIds=",".join(map(str, range(11)))) == "1003"
    assert marketo.refusal("GET", LOG, nextPageToken=token) == "1002"
    assert marketo.refusal("GET", LOG, activityTypeIds="12") == "1002"


def test_custom_activities_are_added_one_by_one_and_say_errors(marketo: Subscription) -> None:
    lead = marketo.create("a@example.com")
    good = {
        "leadId": lead,
        "activityDate": "2026-11-20T10:00:00Z",
        "activityTypeId": 100001,
        "primaryAttributeValue": "Hannover",
        "attributes": [{"apiName": "Stand", "value": "B 12"}],
    }
    bad = [{**good, "leadId": 99}, {**good, "activityTypeId": 12}, {**good, "activityDate": "?"}]
    nameless = {**good, "primaryAttributeValue": ""}

    results = marketo.post("/rest/v1/activities/external.json", {"input": [good, *bad, nameless]})["result"]

    assert results[0]["status"] == "added"
    assert [row["errors"][0]["code"] for row in results[1:]] == ["1004", "1003", "1001", "1002"]
    (row,) = marketo.activities(100001)
    assert (row["activityDate"], row["primaryAttributeValue"]) == ("2026-11-20T10:00:00Z", "Hannover")
    assert named(row)["Stand"] == "B 12"


def test_activity_types_are_found_by_name(marketo: Subscription) -> None:
    types = {row["name"]: row for row in marketo.get("/rest/v1/activities/types.json")["result"]}

    assert (types["New Lead"]["id"], types["Change Data Value"]["id"], types["Delete Lead"]["id"]) == (12, 13, 37)
    assert types["Change Data Value"]["primaryAttribute"]["name"] == "Attribute Name"


def test_a_row_fault_skips_one_record_and_no_other(marketo: Subscription) -> None:
    marketo.fault(kind="row_error", row="poison", code="1001")

    assert codes(marketo.sync({"email": "a@example.com"}, {"email": "poison@example.com"})) == ["created", "1001"]
