from typing import Any

import pytest
import requests

from tests.unit.simulators.salesforce.world import HOST, World, error_of


def test_down_answers_503_until_it_is_cleared(world: World) -> None:
    world.fault(kind="down")
    assert [world.call("GET", "limits").status_code for _ in range(3)] == [503] * 3
    assert world.token().status_code == 503
    world.heal()
    assert world.call("GET", "limits").status_code == 200


def test_an_html_answer_has_status_200_and_does_nothing(world: World) -> None:
    world.fault(kind="html", times=1)
    answer = world.call("POST", "sobjects/Lead", {"LastName": "A", "Company": "B"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert world.values("SELECT Id FROM Lead") == []


def test_throttling_is_a_403_in_salesforces_words(world: World) -> None:
    world.fault(kind="throttle", path="/query", times=1)
    assert world.call("GET", "limits").status_code == 200
    assert error_of(world.call("GET", "query", params={"q": "SELECT Id FROM Lead"})) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert world.query("SELECT Id FROM Lead")["done"] is True


def test_a_timeout_after_commit_loses_the_answer_but_not_the_work(world: World) -> None:
    world.fault(kind="timeout_after_commit", method="POST", skip=1, times=1)
    world.lead("First")
    with pytest.raises(requests.ReadTimeout):
        world.lead("Second")
    assert world.values("SELECT LastName FROM Lead ORDER BY LastName") == ["First", "Second"]


def test_slowness_is_a_timeout_only_for_the_impatient(world: World) -> None:
    world.fault(kind="slow", seconds=5)
    assert world.call("GET", "limits", timeout=6).status_code == 200
    with pytest.raises(requests.ReadTimeout):
        world.call("GET", "limits", timeout=(1, 4))


def test_late_rows_appear_with_their_old_stamp(world: World) -> None:
    old = world.lead("Old")
    world.fault(kind="late_visibility", seconds=120)
    late = world.lead("Late")
    world.call("PATCH", f"sobjects/Lead/{old}", {"LastName": "New"})
    world.heal()
    world.lead("Next")

    assert world.values("SELECT LastName FROM Lead ORDER BY LastName") == ["Next", "Old"]
    world.time.advance(minutes=2)
    rows = world.query("SELECT Id, LastName, SystemModstamp FROM Lead ORDER BY LastName")["records"]
    assert [row["LastName"] for row in rows] == ["Late", "New", "Next"]
    assert (rows[0]["Id"], rows[0]["SystemModstamp"]) == (late, "2026-03-10T09:00:00.000+0000")


def test_a_row_error_hits_the_nth_write_of_one_record_and_counts_although_the_row_is_undone(world: World) -> None:
    lead, other = world.lead("One"), world.lead("Two")
    world.fault(kind="row_error", row=lead, skip=1, times=1)
    statuses = [world.call("PATCH", f"sobjects/Lead/{lead}", {"Title": str(n)}).status_code for n in range(3)]
    assert statuses == [204, 400, 204]
    world.fault(kind="row_error", code="CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", row="Two", times=1)
    changes = [{"attributes": {"type": "Lead"}, "id": one, "Title": "x"} for one in (lead, other)]
    outcomes = world.call("PATCH", "composite/sobjects", {"records": changes}).json()
    assert [outcome["success"] for outcome in outcomes] == [True, False]
    assert outcomes[1]["errors"][0]["statusCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


@pytest.mark.parametrize("wrong", [{"kind": "flood"}, {"kind": "down", "often": 1}, [], {"kind": "down", "times": "x"}])
def test_what_is_no_switch_is_refused(world: World, wrong: Any) -> None:
    assert world.session.post(f"{HOST}/__sim__/faults", json=wrong).status_code == 400


def test_switches_can_be_read_and_cleared_one_by_one(world: World) -> None:
    world.fault(kind="slow")
    world.fault(kind="throttle")
    listed = world.session.get(f"{HOST}/__sim__/faults").json()["faults"]
    assert [(one["kind"], one["seconds"]) for one in listed] == [("slow", 2.0), ("throttle", 0.0)]
    world.session.delete(f"{HOST}/__sim__/faults", params={"kind": "slow"})
    world.session.delete(f"{HOST}/__sim__/faults", params={"id": listed[1]["id"]})
    assert world.session.get(f"{HOST}/__sim__/faults").json()["faults"] == []


def test_reset_makes_a_new_org(world: World) -> None:
    world.lead(Leadspine_Id__c="L1")
    world.fault(kind="down")
    assert world.session.post(f"{HOST}/__sim__/reset").status_code == 204
    world.log_in()
    assert world.values("SELECT Id FROM Lead", every=True) == []
    world.lead(Leadspine_Id__c="L1")


def test_calls_are_counted_for_benches(world: World) -> None:
    world.session.delete(f"{HOST}/__sim__/calls")
    world.query("SELECT Id FROM Lead")
    world.lead()
    assert world.session.get(f"{HOST}/__sim__/calls").json()["total"] == 2
