"""Answers that the simulator does not give: poison in a bundle, too many calls at once, half answers, redirects."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
import requests

from shared.connectors.salesforce.system import SalesforceSystem
from shared.domain.sync.model import REJECTED, RETRY_LATER, UPDATED
from shared.ports.sync import BudgetSpent, RemoteRefused, RemoteUnavailable
from tests.contracts.salesforce_world import CREDENTIALS, a_policy, a_write

TOKEN = {"access_token": "00D!token"}
Say = Callable[[str, str, Any], Any]


class Org:
    """Answers by a function of method, path and body: JSON, or (status, body, headers)."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.calls: list[tuple[str, str]] = []
        self.waits: list[float] = []
        self.time = 1_000_000_000_000
        self.system = SalesforceSystem(
            credentials=lambda: CREDENTIALS, policy=a_policy(), clock=self, pause=self.waits.append,
            session=lambda: self,  # type: ignore[arg-type,return-value]
        )  # fmt: skip

    def now(self) -> int:
        return self.time

    def request(self, method: str, url: str, *, json: Any = None, data: Any = None, **_: Any) -> requests.Response:
        path = url.removeprefix(CREDENTIALS["base_url"])
        self.calls.append((method, path))
        if path == "/services/oauth2/token":
            return respond(200, TOKEN)
        said = self.say(method, path.removeprefix("/services/data/v62.0/"), json)
        return said if isinstance(said, requests.Response) else respond(200, said)


def respond(status: int, body: Any, headers: Mapping[str, str] | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response.headers.update(headers or {})
    return response


def error(code: str, message: str = "") -> list[dict[str, Any]]:
    return [{"errorCode": code, "message": message}]


def good(body: Any) -> list[dict[str, Any]]:
    return [{"id": row["id"], "success": True, "errors": []} for row in body["records"]]


def leads(count: int) -> list[Any]:
    return [a_write(f"00QD0000000{number:04d}AAA", values={"Title": "CEO"}) for number in range(count)]


def empty(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    page = {"totalSize": 0, "done": True, "records": []}
    return {
        "compositeResponse": [{"body": page, "httpStatusCode": 200, "referenceId": one["referenceId"]} for one in parts]
    }


def pages(body: Any) -> dict[str, Any]:
    return {"compositeResponse": [{"body": body, "httpStatusCode": 200}] * 4}


@pytest.mark.parametrize(
    ("status", "code", "becomes"),
    [(400, "APEX_ERROR", REJECTED), (500, "UNKNOWN_EXCEPTION", RETRY_LATER), (400, "UNKNOWN_EXCEPTION", RETRY_LATER)],
)
def test_a_poisonous_row_is_isolated(status: int, code: str, becomes: str) -> None:
    writes = leads(200)
    poison = writes[131].remote_id

    def say(_method: str, _path: str, body: Any) -> Any:
        if any(row["id"] == poison for row in body["records"]):
            return respond(status, error(code, "Apex CPU time limit exceeded"))
        return good(body)

    org = Org(say)
    outcomes = org.system.write(writes)
    assert [number for number, one in enumerate(outcomes) if one.status != UPDATED] == [131]
    assert outcomes[131].status == becomes
    assert len(org.calls) <= 18


def test_an_outage_is_not_searched_for_poison() -> None:
    org = Org(lambda *_: respond(500, error("UNKNOWN_EXCEPTION")))
    assert {one.status for one in org.system.write(leads(1000))} == {RETRY_LATER}
    assert len(org.calls) < 40


def test_no_call_of_a_write_begins_after_two_minutes() -> None:
    def say(_method: str, _path: str, body: Any) -> Any:
        org.time += 50_000
        return good(body)

    org = Org(say)
    outcomes = org.system.write(leads(1000))

    assert [one.status for one in outcomes] == [UPDATED] * 600 + [RETRY_LATER] * 400
    assert len(org.calls) == 1 + 3
    assert {one.status for one in org.system.write(leads(1))} == {UPDATED}


def test_a_field_that_fails_the_whole_call_is_left_out() -> None:
    def say(_method: str, _path: str, body: Any) -> Any:
        if any("Title" in row for row in body["records"]):
            return respond(400, error("INVALID_FIELD", "No such column 'Title' on sobject of type Lead"))
        return good(body)

    writes = [a_write(f"00QD0000000{n:04d}AAA", values={"Title": "CEO", "Phone": "1"}) for n in range(3)]
    org = Org(say)
    assert {(one.status, one.fields) for one in org.system.write(writes)} == {(UPDATED, ("Title",))}
    assert len(org.calls) == 3


def test_too_many_calls_at_once_is_waited_out() -> None:
    refused = [respond(403, error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.")) for _ in range(2)]
    org = Org(lambda _m, _p, body: refused.pop() if refused else empty(body["compositeRequest"]))
    assert org.system.changes({}).records == ()
    assert len(org.waits) == 2
    org = Org(lambda *_: respond(403, error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.")))
    with pytest.raises(RemoteUnavailable) as caught:
        org.system.changes({})
    assert not isinstance(caught.value, BudgetSpent)


def test_the_servers_wish_for_patience_is_met_or_handed_on() -> None:
    answers = [respond(503, error("SERVER_UNAVAILABLE"), {"Retry-After": "7"})]
    org = Org(lambda _m, _p, body: answers.pop() if answers else empty(body["compositeRequest"]))
    org.system.changes({})
    assert org.waits == [7.0]
    org = Org(lambda *_: respond(503, b"<html>", {"Retry-After": "600"}))
    with pytest.raises(RemoteUnavailable) as caught:
        org.system.changes({})
    assert (caught.value.retry_after_ms, org.waits) == (600_000, [])


@pytest.mark.parametrize(
    "said",
    [b"", b'{"compositeResponse": [{"bo', b"<html>", {"compositeResponse": []}, {"other": 1}, [], 7,
     pages({"records": None}), pages({"records": [], "done": False}),
     pages({"records": [], "done": False, "nextRecordsUrl": "/x"})],
)  # fmt: skip
def test_nonsense_is_never_success(said: Any) -> None:
    org = Org(lambda *_: respond(200, said))
    with pytest.raises(RemoteUnavailable):
        org.system.changes({})


def test_another_number_of_rows_is_never_success() -> None:
    org = Org(lambda _m, _p, body: good(body)[1:])
    assert {one.status for one in org.system.write(leads(3))} == {RETRY_LATER}


def test_a_second_refused_session_ends_it() -> None:
    org = Org(lambda *_: respond(401, error("INVALID_SESSION_ID")))
    with pytest.raises(RemoteRefused, match="SESSION_REFUSED"):
        org.system.changes({})
    assert len(org.calls) == 4


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [(302, "", "WRONG_HOST"), (403, "API_DISABLED_FOR_ORG", "API_DISABLED_FOR_ORG"), (404, "NOT_FOUND", "NOT_FOUND")],
)
def test_what_a_person_has_to_repair(status: int, code: str, expected: str) -> None:
    with pytest.raises(RemoteRefused, match=f"SALESFORCE.{expected}"):
        Org(lambda *_: respond(status, error(code))).system.changes({})


def test_a_query_that_cannot_be_helped_is_a_refusal_not_a_loop() -> None:
    def say(_method: str, _path: str, body: Any) -> Any:
        one = {"httpStatusCode": 400, "body": error("INVALID_FIELD", "No such column 'Id' on entity 'Lead'")}
        return {"compositeResponse": [one for _ in body["compositeRequest"]]}

    org = Org(say)
    with pytest.raises(RemoteRefused, match="QUERY_REFUSED"):
        org.system.changes({})
    assert len(org.calls) == 2


def test_a_page_that_takes_too_long_is_asked_for_in_halves() -> None:
    asked: list[str] = []

    def say(_method: str, _path: str, body: Any) -> Any:
        asked.append(unquote(body["compositeRequest"][0]["url"]))
        if len(asked) < 3:
            return {"compositeResponse": [{"httpStatusCode": 400, "body": error("QUERY_TIMEOUT")}] * 4}
        return empty(body["compositeRequest"])

    org = Org(say)
    for _ in range(2):
        with pytest.raises(RemoteUnavailable):
            org.system.changes({})
    for _ in range(3):
        org.system.changes({})
    assert [one.rpartition(" ")[2] for one in asked] == ["2000", "1000", "500", "1000", "2000"]


def test_without_a_date_the_last_row_is_the_position() -> None:
    row = {"Id": "00QD00000000001AAA", "SystemModstamp": "2026-03-10T09:00:00.000+0000", "IsDeleted": False}

    def say(_method: str, _path: str, body: Any) -> Any:
        answer = empty(body["compositeRequest"])
        answer["compositeResponse"][0]["body"] = {"done": True, "records": [row]}
        return answer

    org = Org(say)
    first = org.system.changes({}).position
    assert (first["lead"]["stamp"], first["contact"]["stamp"]) == (1_773_133_200_000, 0)
    org.say = lambda _m, _p, body: empty(body["compositeRequest"])
    assert org.system.changes(first).position["lead"]["stamp"] == 1_773_133_200_000


def test_the_pull_ends_where_it_began_by_the_servers_clock() -> None:
    def say(_method: str, _path: str, body: Any) -> Any:
        org.time += 4_000
        return respond(200, empty(body["compositeRequest"]), {"Date": "Tue, 10 Mar 2026 09:00:10 GMT"})

    org = Org(say)
    assert org.system.changes({}).position["lead"]["stamp"] == 1_773_133_206_000


def test_more_roles_than_a_page_holds_are_fetched() -> None:
    roles = {"done": False, "nextRecordsUrl": "/services/data/v62.0/query/01g-200", "records": [{"ContactId": "0031"}]}
    row = {
        "Id": "006D00000000001AAA",
        "SystemModstamp": "2026-03-10T09:00:00.000+0000",
        "OpportunityContactRoles": roles,
    }

    def say(method: str, _path: str, body: Any) -> Any:
        if method == "GET":
            return {"done": True, "records": [{"ContactId": "0032"}]}
        answer = empty(body["compositeRequest"])
        answer["compositeResponse"][2]["body"] = {"done": True, "records": [row]}
        return answer

    assert Org(say).system.changes({}).records[0].references["contacts"] == "0031,0032"


def test_rights_that_a_sync_user_must_not_have() -> None:
    granted = {"PermissionsViewAllData": True, "PermissionsModifyAllData": False}

    def say(_method: str, path: str, body: Any) -> Any:
        if path.endswith("userinfo"):
            return {"user_id": "005D00000000001AAA"}
        if path == "/services/data/":
            return [{"version": "62.0"}]
        if path == "composite/batch":
            return {"results": [{"statusCode": 404, "result": error("NOT_FOUND")} for _ in body["batchRequests"]]}
        answer = empty(body["compositeRequest"])
        if "PermissionSet" in body["compositeRequest"][0]["url"]:
            answer["compositeResponse"][0]["body"] = {"done": True, "records": [granted]}
        return answer

    findings = {one.subject: one.ok for one in Org(say).system.preflight()}
    assert (findings["ViewAllData"], findings["ModifyAllData"], findings["Lead"]) == (False, True, False)


def test_requests_is_not_loaded_before_it_is_needed() -> None:
    import subprocess

    script = "import sys, shared.connectors.registry, shared.connectors.salesforce; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_bundle_that_is_too_large_is_split() -> None:
    def say(_method: str, _path: str, body: Any) -> Any:
        return respond(413, b"<html>") if len(body["records"]) > 60 else good(body)

    org = Org(say)
    assert {one.status for one in org.system.write(leads(200))} == {UPDATED}
    assert len(org.calls) == 8


def test_urgent_writes_go_first() -> None:
    seen: list[str] = []

    def say(_method: str, _path: str, body: Any) -> Any:
        seen.extend(row["id"] for row in body["records"])
        return good(body)

    writes = leads(300)
    writes[299] = replace(writes[299], urgent=True)
    outcomes = Org(say).system.write(writes)
    assert seen.index(writes[299].remote_id) < 200
    assert [one.remote_id for one in outcomes] == [write.remote_id for write in writes]


def test_a_trigger_that_fails_its_chunk_takes_nobody_along() -> None:
    writes = leads(200)
    poison = {writes[7].remote_id, writes[150].remote_id}
    failed = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "LeadTrigger: CPU time", "fields": []}

    def say(_method: str, _path: str, body: Any) -> Any:
        if any(row["id"] in poison for row in body["records"]):
            return [{"success": False, "errors": [failed]} for _ in body["records"]]
        return good(body)

    org = Org(say)
    outcomes = org.system.write(writes)
    assert {write.remote_id for write, one in zip(writes, outcomes, strict=True) if one.status == REJECTED} == poison
    assert [one.status for one in outcomes].count(UPDATED) == 198
    assert len(org.calls) <= 34


def test_a_token_never_goes_to_another_host() -> None:
    hosts: list[str] = []
    org = Org(lambda _m, _p, body: empty(body["compositeRequest"]))
    given = dict(CREDENTIALS)
    org.system._client._session._credentials = lambda: given
    org.system.changes({})
    given["base_url"] = "https://other.my.salesforce.com"
    request = org.request

    def watched(method: str, url: str, **more: Any) -> requests.Response:
        hosts.append(url)
        return request(method, url.replace("other", "acme"), **more)

    org.request = watched  # type: ignore[method-assign]
    org.system.changes({})
    assert hosts[0] == "https://other.my.salesforce.com/services/oauth2/token"
