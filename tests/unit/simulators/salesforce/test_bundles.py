from typing import Any

from tests.unit.simulators.salesforce.world import DATA, World, error_of

LEAD = {"attributes": {"type": "Lead"}}


def rows(*names: str | None) -> list[dict[str, Any]]:
    return [{**LEAD, "Company": "C", **({"LastName": name} if name else {})} for name in names]


def test_outcomes_come_in_order_and_a_bad_row_fails_alone(world: World) -> None:
    outcomes = world.call("POST", "composite/sobjects", {"allOrNone": False, "records": rows("A", None, "B")}).json()

    assert [outcome["success"] for outcome in outcomes] == [True, False, True]
    assert outcomes[1]["errors"] == [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [LastName]",
            "fields": ["LastName"],
        }
    ]
    assert set(world.values("SELECT LastName FROM Lead")) == {"A", "B"}


def test_all_or_none_rolls_the_good_rows_back(world: World) -> None:
    outcomes = world.call("POST", "composite/sobjects", {"allOrNone": True, "records": rows("A", None)}).json()

    codes = [outcome["errors"][0]["statusCode"] for outcome in outcomes]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert world.values("SELECT Id FROM Lead") == []


def test_more_than_200_rows_are_refused_whole(world: World) -> None:
    answer = world.call("POST", "composite/sobjects", {"records": rows(*["A"] * 201)})
    assert answer.status_code == 400
    assert world.values("SELECT Id FROM Lead") == []


def test_upsert_update_read_and_delete_in_bundles(world: World) -> None:
    given = [{**row, "Leadspine_Id__c": f"L{n}"} for n, row in enumerate(rows("A", "B"))]
    path = "composite/sobjects/Lead/Leadspine_Id__c"
    first = world.call("PATCH", path, {"records": given}).json()
    again = world.call("PATCH", path, {"records": given}).json()
    ids = [outcome["id"] for outcome in first]
    changes = [{**LEAD, "id": ids[0], "Title": "CTO"}, {**LEAD, "id": ids[1], "CreatedDate": "2020-01-01"}]
    updated = world.call("PATCH", "composite/sobjects", {"records": changes}).json()
    read = world.call(
        "POST", "composite/sobjects/Lead", {"ids": [*ids, "00Q000000000000AAA"], "fields": ["Title"]}
    ).json()
    deleted = world.call("DELETE", f"composite/sobjects?ids={','.join(ids)}&allOrNone=false").json()

    assert [outcome["created"] for outcome in first + again] == [True, True, False, False]
    assert [outcome["id"] for outcome in again] == ids
    assert [outcome["success"] for outcome in updated] == [True, False]
    assert (read[0]["Title"], read[1]["Title"], read[2]) == ("CTO", None, None)
    assert all(outcome["success"] for outcome in deleted)


def test_the_same_id_twice_in_one_bundle_is_refused_per_row(world: World) -> None:
    lead = world.lead()
    changes = [{**LEAD, "id": lead, "Title": "A"}, {**LEAD, "id": lead[:15], "Title": "B"}]
    outcomes = world.call("PATCH", "composite/sobjects", {"records": changes}).json()
    assert [outcome["errors"][0]["statusCode"] for outcome in outcomes] == ["DUPLICATE_VALUE"] * 2


def step(name: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    return {"referenceId": name, "method": method, "url": f"{DATA}/{path}", "body": body}


def composite(world: World, *steps: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    answer = world.call("POST", "composite", {"allOrNone": all_or_none, "compositeRequest": list(steps)})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["compositeResponse"])


def test_steps_refer_to_what_earlier_ones_answered(world: World) -> None:
    answers = composite(
        world,
        step("acc", "POST", "sobjects/Account", {"Name": "Globex"}),
        step("con", "POST", "sobjects/Contact", {"LastName": "Eva", "AccountId": "@{acc.id}"}),
        step("all", "GET", "query?q=SELECT+Id+FROM+Contact"),
        step("one", "GET", "sobjects/Contact/@{all.records[0].Id}"),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201, 200, 200]
    assert answers[3]["body"]["AccountId"] == answers[0]["body"]["id"]
    assert answers[0]["httpHeaders"]["Location"].endswith(answers[0]["body"]["id"])


def test_only_what_depends_on_a_failed_step_fails_with_it(world: World) -> None:
    answers = composite(
        world,
        step("acc", "POST", "sobjects/Account", {}),
        step("con", "POST", "sobjects/Contact", {"LastName": "Eva", "AccountId": "@{acc.id}"}),
        step("own", "POST", "sobjects/Contact", {"LastName": "Max"}),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400, 201]
    assert answers[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_one_failed_step_undoes_all_when_all_or_none(world: World) -> None:
    steps = (step("a", "POST", "sobjects/Account", {"Name": "X"}), step("b", "POST", "sobjects/Account", {}))
    answers = composite(world, *steps, all_or_none=True)
    assert [answer["body"][0]["errorCode"] for answer in answers] == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert world.values("SELECT Id FROM Account") == []


def test_bounds_of_a_composite(world: World) -> None:
    query = step("q", "GET", "query?q=SELECT+Id+FROM+Lead")
    for steps in ([query] * 6, [step("r", "GET", "limits")] * 26, []):
        assert world.call("POST", "composite", {"compositeRequest": steps}).status_code == 400
    assert world.call("POST", "composite", {"compositeRequest": [query] * 5}).status_code == 200


def test_a_composite_is_one_call_of_the_day(world: World) -> None:
    answer = world.call("POST", "composite", {"compositeRequest": [step("r", "GET", "limits")] * 10})
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/100000"


def test_a_batch_halts_on_the_first_error_when_told_to(world: World) -> None:
    requests = [
        {"method": "GET", "url": "v59.0/sobjects/Lead/00Q000000000000AAA"},
        {"method": "POST", "url": "v59.0/sobjects/Lead", "richInput": {"LastName": "A", "Company": "B"}},
    ]
    free = world.call("POST", "composite/batch", {"batchRequests": requests}).json()
    halted = world.call("POST", "composite/batch", {"batchRequests": requests, "haltOnError": True}).json()
    assert [result["statusCode"] for result in free["results"]] == [404, 201]
    assert [result["statusCode"] for result in halted["results"]] == [404, 412]


def test_a_tree_is_inserted_whole_or_not(world: World) -> None:
    good = [{**row, "attributes": {"type": "Lead", "referenceId": f"r{n}"}} for n, row in enumerate(rows("A", "B"))]
    bad = [*good, {"attributes": {"type": "Lead", "referenceId": "r9"}, "LastName": "C"}]
    refused = world.call("POST", "composite/tree/Lead", {"records": bad})
    assert (refused.status_code, refused.json()["results"][0]["referenceId"]) == (400, "r9")
    assert world.values("SELECT Id FROM Lead") == []
    assert world.call("POST", "composite/tree/Lead", {"records": good}).status_code == 201


def test_graphs_succeed_and_fail_each_as_a_whole(world: World) -> None:
    graphs = [
        {"graphId": "1", "compositeRequest": [step("a", "POST", "sobjects/Account", {"Name": "X"})]},
        {"graphId": "2", "compositeRequest": [
            step("b", "POST", "sobjects/Account", {"Name": "Y"}), step("c", "POST", "sobjects/Account", {})]},
    ]  # fmt: skip
    answer = world.call("POST", "composite/graph", {"graphs": graphs}).json()["graphs"]
    assert [graph["isSuccessful"] for graph in answer] == [True, False]
    assert world.values("SELECT Name FROM Account") == ["X"]


def test_bulk_reports_good_and_bad_rows_in_another_order(world: World) -> None:
    job = world.call("POST", "jobs/ingest", {"object": "Lead", "operation": "insert"}).json()
    upload = "LastName,Company,Title\nA,C,\nB,C,#N/A\n,C,x\n"
    assert world.call("PUT", f"jobs/ingest/{job['id']}/batches", data=upload.encode()).status_code == 201
    world.call("PATCH", f"jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    done = world.call("GET", f"jobs/ingest/{job['id']}").json()
    good = world.call("GET", f"jobs/ingest/{job['id']}/successfulResults").text.splitlines()
    bad = world.call("GET", f"jobs/ingest/{job['id']}/failedResults/").text

    assert (done["state"], done["numberRecordsProcessed"], done["numberRecordsFailed"]) == ("JobComplete", 3, 1)
    assert [line.split(",")[2] for line in good] == ['"LastName"', '"B"', '"A"']
    assert "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --" in bad
    again = world.call("PATCH", f"jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    assert error_of(again) == (400, "INVALIDJOBSTATE")


def test_bulk_upserts_updates_and_deletes(world: World) -> None:
    def run(operation: str, upload: str, **more: str) -> int:
        job = world.call("POST", "jobs/ingest", {"object": "Lead", "operation": operation, **more}).json()["id"]
        world.call("PUT", f"jobs/ingest/{job}/batches", data=upload.encode())
        world.call("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"})
        return int(world.call("GET", f"jobs/ingest/{job}").json()["numberRecordsFailed"])

    key = {"externalIdFieldName": "Leadspine_Id__c"}
    assert run("upsert", "Leadspine_Id__c,LastName,Company\nL1,A,C\n", **key) == 0
    assert run("upsert", "Leadspine_Id__c,LastName\nL1,B\n", **key) == 0
    lead = world.values("SELECT Id FROM Lead WHERE LastName = 'B'")[0]
    assert run("update", f"Id,Title\n{lead},CTO\nnone,x\n") == 1
    assert world.get("Lead", lead)["Title"] == "CTO"
    assert run("delete", f"Id\n{lead}\n") == 0
    assert world.values("SELECT Id FROM Lead") == []


def test_bulk_query_writes_times_with_z(world: World) -> None:
    world.lead()
    job = world.call(
        "POST", "jobs/query", {"operation": "query", "query": "SELECT LastName, Title, SystemModstamp FROM Lead"}
    )
    answer = world.call("GET", f"jobs/query/{job.json()['id']}/results")
    assert answer.text.splitlines()[1] == '"Kowalska","","2026-03-10T09:00:00.000Z"'
    assert (answer.headers["Sforce-Locator"], answer.headers["Sforce-NumberOfRecords"]) == ("null", "1")
