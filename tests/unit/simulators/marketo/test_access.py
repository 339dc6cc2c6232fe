"""Tokens, limits, figures, and the refusals that come as HTTP 200."""

import json
from pathlib import Path

import pytest
import requests

from infra.local.simulators.in_process import in_process_session
from infra.local.simulators.marketo.subscription import Marketo
from infra.local.simulators.store import Store
from infra.local.simulators.wire import Call
from tests.unit.simulators.marketo.subscription import Subscription

DESCRIBE = "/rest/v1/leads/describe.json"


def test_asking_again_gives_the_same_token_with_the_seconds_it_has_left(marketo: Subscription) -> None:
    marketo.pass_time(seconds=600)

    again = marketo.identity()

    assert (again["access_token"], again["expires_in"], again["token_type"]) == (marketo.token, 3000, "bearer")
    assert marketo.identity("cid", "wrong")["error"] == "invalid_client"
    assert marketo.identity("nobody")["error"] == "unauthorized"
    assert marketo.site.answer(Call.of("GET", "/identity/oauth/token?grant_type=password")).status == 400


def test_identity_takes_a_form_too(marketo: Subscription) -> None:
    form = b"grant_type=client_credentials&client_id=cid&client_secret=secret"

    answer = marketo.site.answer(Call.of("POST", "/identity/oauth/token", body=form))

    assert json.loads(answer.body)["access_token"] == marketo.token


def test_a_token_expires_after_an_hour_and_a_new_one_works(marketo: Subscription) -> None:
    marketo.pass_time(hours=1)
    assert marketo.refusal("GET", DESCRIBE) == "602"

    marketo.token = marketo.identity()["access_token"]

    assert marketo.get(DESCRIBE)["success"]


def test_unknown_revoked_and_missing_tokens_are_refused(marketo: Subscription) -> None:
    marketo.desk("revoke", {})
    assert marketo.refusal("GET", DESCRIBE) == "601"
    marketo.token = "made-up"
    assert marketo.refusal("GET", DESCRIBE) == "601"
    without = marketo.site.answer(Call.of("GET", f"{DESCRIBE}?access_token=made-up"))
    assert json.loads(without.body)["errors"][0]["code"] == "600"


def test_a_hundred_calls_in_twenty_seconds_are_enough(marketo: Subscription) -> None:
    for _ in range(100):
        assert marketo.get(DESCRIBE)["success"]

    assert marketo.refusal("GET", DESCRIBE) == "606"
    marketo.pass_time(seconds=20)
    assert marketo.get(DESCRIBE)["success"]


@pytest.mark.parametrize(
    ("day", "before_midnight", "after_midnight"),
    [("2026-11-21", 17.9, 18.1), ("2026-07-01", 16.9, 17.1)],
    ids=["winter", "summer"],
)
def test_the_daily_quota_starts_anew_at_midnight_central(
    day: str, before_midnight: float, after_midnight: float
) -> None:
    marketo = Subscription()
    marketo.now = marketo.now.fromisoformat(f"{day}T12:00:00+00:00")
    marketo.desk("usage", {"calls": 50_000})
    codes = []
    for hours in (0.0, before_midnight, after_midnight - before_midnight):
        marketo.pass_time(hours=hours)
        marketo.token = marketo.identity()["access_token"]
        codes.append(marketo.get(DESCRIBE).get("errors", [{"code": "served"}])[0]["code"])

    assert codes == ["607", "607", "served"]


def test_calls_that_are_held_back_count_as_under_way_where_callers_wait() -> None:
    marketo = Subscription()
    marketo.site = Marketo(marketo.site.store, lambda: marketo.now, sees_concurrency=True)
    marketo.fault(kind="slow", seconds=30, times=10)

    for _ in range(10):
        assert marketo.get(DESCRIBE)["success"]

    assert marketo.refusal("GET", DESCRIBE) == "615"


def test_usage_and_errors_are_told_by_user_and_by_code(marketo: Subscription) -> None:
    marketo.get(DESCRIBE)
    marketo.get("/rest/v1/nothing.json")
    marketo.desk("usage", {"calls": 40})

    (today,) = marketo.get("/rest/v1/stats/usage.json")["result"]
    week = marketo.get("/rest/v1/stats/errors/last7days.json")["result"]

    assert (today["date"], today["total"]) == ("2026-11-21", 42)
    assert {"userId": "leadspine-api@subscription.example", "count": 2} in today["users"]
    assert (len(week), week[0]["errors"]) == (7, [{"errorCode": "610", "count": 1}])
    assert len(marketo.get("/rest/v1/stats/usage/last7days.json")["result"]) == 7
    assert marketo.get("/rest/v1/stats/errors.json")["result"][0]["total"] == 1


def test_a_role_without_the_right_is_denied(marketo: Subscription) -> None:
    marketo.settings(denied_rights=["Read-Write Lead"])

    assert marketo.get(DESCRIBE)["success"]
    assert marketo.refusal("POST", "/rest/v1/leads.json", {"input": [{"email": "a@example.com"}]}) == "603"


def test_wrong_methods_paths_and_bodies_have_their_codes(marketo: Subscription) -> None:
    def sent(body: bytes, kind: str) -> str:
        headers = {"Authorization": f"Bearer {marketo.token}", "Content-Type": kind}
        answer = marketo.site.answer(Call.of("POST", "/rest/v1/leads.json", headers=headers, body=body))
        return str(json.loads(answer.body)["errors"][0]["code"])

    assert marketo.refusal("DELETE", DESCRIBE) == "605"
    assert marketo.refusal("GET", "/rest/v1/unheard.json") == "610"
    assert sent(b"{", "application/json") == "609"
    assert sent(b"<a/>", "text/xml") == "612"


def test_what_is_too_long_or_too_big_fails_by_http_status(marketo: Subscription) -> None:
    assert marketo.raw("GET", "/rest/v1/leads.json", filterValues="x" * 9000).status == 414
    assert marketo.raw("POST", "/rest/v1/leads.json", {"input": [{"title": "x" * 1_000_001}]}).status == 413


@pytest.mark.parametrize("code", ["", "601", "607", "608", "611", "615", "713"])
def test_a_throttle_answers_with_the_code_it_was_given_and_does_nothing(marketo: Subscription, code: str) -> None:
    marketo.fault(kind="throttle", code=code, times=1)

    refused = marketo.refusal("POST", "/rest/v1/leads.json", {"input": [{"email": "a@example.com"}]})

    assert refused == (code or "606")
    assert marketo.desk("people", method="GET")["items"] == []


def test_a_timeout_after_the_commit_leaves_the_person_behind(marketo: Subscription) -> None:
    marketo.fault(kind="timeout_after_commit", times=1)
    session = in_process_session(marketo.site)
    headers = {"Authorization": f"Bearer {marketo.token}"}

    with pytest.raises(requests.ReadTimeout):
        session.post(
            "http://mk/rest/v1/leads.json", json={"input": [{"email": "a@example.com"}]}, headers=headers, timeout=1
        )

    (again,) = marketo.sync({"email": "a@example.com"})
    assert again["status"] == "updated"


def test_an_unforeseen_failure_is_a_system_error_and_leaves_nothing(marketo: Subscription) -> None:
    body = {"input": [{"email": "a@example.com"}], "action": ["createOnly"]}

    assert marketo.refusal("POST", "/rest/v1/leads.json", body) == "611"
    assert marketo.get(DESCRIBE)["success"]


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    before = Subscription(store)
    lead = before.create("a@example.com", unsubscribed=True)
    token = before.paging_token()
    before.settings(daily_quota=77)
    store.close()

    after = Subscription(Store(tmp_path))

    assert after.token == before.token
    assert after.sync({"email": "a@example.com"}, lookupField="email")[0] == {"id": lead, "status": "updated"}
    assert [row["leadId"] for row in after.activities(12, token=token)] == [lead]
    assert after.desk("settings", method="GET")["daily_quota"] == 77
    assert after.create("b@example.com") == lead + 1


def test_another_service_gets_its_own_token(marketo: Subscription) -> None:
    marketo.site.add_service("second", "other", "second@subscription.example")

    granted = marketo.identity("second", "other")

    assert granted["scope"] == "second@subscription.example"
    assert granted["access_token"] != marketo.token
