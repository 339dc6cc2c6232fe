"""Hand-overs as the API lists them: by where they stand now, the first due first."""

from typing import Any

from shared.domain.intake.signal import Signal
from shared.domain.sync.model import FieldVerdict
from tests.unit.api.world import MINUTE, World, signal

READY = {"budget": "90000", "role": "Head of Procurement", "timeline": "this quarter"}
DEMO = {"form_id": "demo-request", "path": "/request-demo"}


def asks(number: int, email: str) -> list[Signal]:
    """Forms that make somebody ready for sales, ``number`` minutes after the start."""
    profile = {"email": email, "name": email.partition("@")[0].title()}
    return [
        signal(number + n, "form_submitted", email=email, profile=profile, attributes=DEMO, answers=READY)
        for n in range(6)
    ]


def told(number: int, email: str, **attributes: Any) -> Signal:
    return signal(number, "remote_changed", email=email, source="salesforce", attributes=attributes)


def a_world() -> World:
    world = World()
    world.clock.advance(-900 * MINUTE)
    world.happen(asks(20, "boris@example.com"))
    world.happen(asks(10, "anna@example.com"))
    return world


def test_who_waits_for_sales_is_listed_with_the_time_to_answer_the_first_due_first() -> None:
    world = a_world()

    answer = world.get("/api/handovers", state="requested")

    assert [item["name"] for item in answer["items"]] == ["Anna", "Boris"]
    assert [item["state"] for item in answer["items"]] == ["requested", "requested"]
    assert {item["stage"] for item in answer["items"]} == {"sql"}
    assert answer["items"][0]["due"] < answer["items"][1]["due"]
    assert answer["cursor"] is None


def test_an_answered_hand_over_changes_lists_and_the_lead_shows_it() -> None:
    world = a_world()

    world.happen([told(60, "anna@example.com", handover="accepted", owner="005A")])
    world.happen(
        [
            told(
                61, "anna@example.com", opportunity_id="006A", opportunity_state="open", amount="12500.00",
                currency="EUR", opened_on="2026-01-01", account_id="001A",
            )
        ]
    )  # fmt: skip

    (item,) = world.get("/api/handovers", state="accepted")["items"]
    lead = world.get(f"/api/leads/{item['lead_id']}")
    assert (item["owner"], item["stage"]) == ("005A", "opportunity")
    assert lead["handover"] == {"state": "accepted", "owner": "005A", "due": item["due"]}
    assert lead["opportunities"] == [
        {
            "id": "006A", "state": "open", "stage": None, "amount": "12500.00", "currency": "EUR",
            "opened_on": "2026-01-01", "closed_on": None, "account_id": "001A", "origin": "crm",
        }
    ]  # fmt: skip
    assert [found["name"] for found in world.get("/api/handovers", state="requested")["items"]] == ["Boris"]


def test_many_are_read_page_by_page() -> None:
    world = World()
    world.clock.advance(-900 * MINUTE)
    for n in range(53):
        world.happen(asks(1, f"person{n}@example.com"))

    first = world.get("/api/handovers", state="requested")
    second = world.get("/api/handovers", state="requested", cursor=first["cursor"])
    status, _ = world.call("GET", "/api/handovers", query={"state": "overdue", "cursor": first["cursor"]})

    ids = [item["lead_id"] for item in (*first["items"], *second["items"])]
    assert (len(first["items"]), len(set(ids)), second["cursor"]) == (50, 53, None)
    assert status == 400, "a cursor belongs to its list"


def test_a_state_that_does_not_exist_is_refused() -> None:
    status, _ = World().call("GET", "/api/handovers", query={"state": "none"})

    assert status in (400, 422)


def test_verdicts_and_answers_are_in_the_timeline() -> None:
    world = a_world()
    verdict = FieldVerdict("salesforce", "phone", "latest", "salesforce", "SYNC.NEWER")
    told_of = signal(70, "remote_changed", email="anna@example.com", source="salesforce", verdicts=(verdict,))
    world.happen([told(60, "anna@example.com", handover="rejected", handover_reason="No budget"), told_of])
    (item,) = world.get("/api/handovers", state="rejected")["items"]

    items = world.get(f"/api/leads/{item['lead_id']}/timeline")["items"]

    noted = {found["kind"]: found for found in items}
    assert noted["conflicts_resolved"]["verdicts"] == [verdict._asdict()]
    assert noted["handover_rejected"]["summary"] == "Handover rejected: No budget"
    assert noted["remote_changed"]["source"] == "salesforce"
