"""Companies over the API: found by domain or id, with their people, and whether marketing had a part in it."""

from typing import Any

import pytest

from shared.domain.instant import DAY
from shared.domain.intake.signal import Signal
from tests.unit.api.world import NOW, World, signal
from tests.unit.console.earning import DEMO, READY, earning
from tests.unit.insights.facts_of import fact


@pytest.fixture(scope="module")
def world() -> World:
    return earning()


def came(number: int, email: str, **given: Any) -> Signal:
    domain = email.partition("@")[2]
    return signal(number, "form_submitted", email=email, profile={"email": email}, company_domain=domain, **given)


def told(number: int, email: str, **attributes: Any) -> Signal:
    return signal(number, "remote_changed", email=email, source="salesforce", attributes=attributes)


def deal(state: str = "won", opened: str = "2026-01-10", closed: str = "2026-01-20") -> dict[str, Any]:
    return {"opportunity_id": "006A", "opportunity_state": state, "amount": "700.00", "currency": "EUR",
            "opened_on": opened, "closed_on": closed}  # fmt: skip


def only(world: World) -> Any:
    (item,) = world.get("/api/companies")["items"]
    return world.get(f"/api/companies/{item['id']}")


def test_companies_come_latest_touched_first_with_the_names_that_their_people_gave(world: World) -> None:
    items = world.get("/api/companies")["items"]

    assert len(items) == 17
    assert [item["last_touch_at"] for item in items] == sorted((i["last_touch_at"] for i in items), reverse=True)
    assert items[0]["name"] == "Company 8 GmbH"
    assert (items[0]["domain"], items[0]["people"], items[0]["leads"]) == ("company8.example", 4, 4)


def test_a_company_is_found_by_a_part_of_its_domain_and_by_its_id(world: World) -> None:
    def found(text: str) -> list[str]:
        status, answer = world.call("POST", "/api/companies/search", {"text": text})
        assert status == 200
        return [item["domain"] for item in answer["items"]]

    (one,) = world.call("POST", "/api/companies/search", {"text": "company13"})[1]["items"]

    assert found("Company13.Example") == ["company13.example"]
    assert found(one["id"]) == ["company13.example"]
    assert len(found("company1")) == 8
    assert found("nothing") == []


def test_the_list_continues_where_it_ended() -> None:
    world = World()
    for number in range(30):
        world.happen([came(number, f"a@firm{number:02}.example")])

    first = world.get("/api/companies")
    second = world.get("/api/companies", cursor=first["cursor"])

    domains = [item["domain"] for item in (*first["items"], *second["items"])]
    assert len(first["items"]) == 25
    assert second["cursor"] is None
    assert domains == [f"firm{number:02}.example" for number in reversed(range(30))]
    assert world.call("POST", "/api/companies/search", {"text": "firm", "cursor": first["cursor"]})[0] == 400
    assert world.call("GET", "/api/companies", query={"cursor": "forged"})[1]["code"] == "API.BAD_CURSOR"


def test_a_company_has_its_people_hand_overs_and_what_it_bought(world: World) -> None:
    (item,) = world.call("POST", "/api/companies/search", {"text": "company8.example"})[1]["items"]
    company = world.get(f"/api/companies/{item['id']}")

    assert {name: company[name] for name in item} == item
    assert [person["name"] for person in company["persons"]] == [
        "Lena Fischer", "Georg Lang", "Boris Petrov", "Igor Sokolov",
    ]  # fmt: skip
    (bought,) = company["opportunities"]
    assert (bought["state"], bought["amount"], bought["marketing"]) == ("won", "27425.00", True)
    assert bought["why"] == "opened_after_handover"
    assert bought["touched_on"] <= bought["handed_over_on"] <= bought["opened_on"]
    assert (company["won_amount"], company["marketing_amount"], company["currency"]) == ("27425.00", "27425.00", "EUR")
    (handover,) = company["handovers"]
    assert (handover["name"], handover["state"], handover["owner"]) == ("Boris Petrov", "accepted", "005Anna")


def test_what_nobody_was_handed_over_for_is_not_of_marketing() -> None:
    world = World()
    world.happen([came(0, "ann@acme.example")])
    world.happen([told(10, "ann@acme.example", **deal())])

    company = only(world)

    assert [(d["marketing"], d["why"]) for d in company["opportunities"]] == [(False, "never_handed_over")]
    assert (company["won_amount"], company["marketing_amount"]) == ("700.00", "0.00")


def test_what_sales_had_opened_before_the_hand_over_is_not_of_marketing() -> None:
    world = World()
    world.clock.advance(NOW - world.clock.now())
    world.happen([came(n, "ann@acme.example", attributes=DEMO, answers=READY) for n in range(6)])
    world.happen([told(10, "ann@acme.example", **deal(opened="2025-12-01"))])

    (found,) = only(world)["opportunities"]

    assert (found["marketing"], found["why"]) == (False, "opened_before_handover")
    assert found["opened_on"] < found["handed_over_on"]


def test_what_a_company_bought_that_nobody_touched_is_not_of_marketing() -> None:
    world = World()
    world.happen([signal(0, "remote_changed", email="ann@acme.example", source="salesforce",
                         company_domain="acme.example", attributes=deal())])  # fmt: skip

    (found,) = only(world)["opportunities"]

    assert (found["marketing"], found["why"], found["touched_on"]) == (False, "never_touched", None)


@pytest.mark.parametrize(
    ("ordered", "marketing", "why"),
    [("2026-01-01", True, "order_after_touch"), ("2025-12-31", False, "order_before_touch")],
)
def test_an_order_needs_a_touch_before_it_and_no_hand_over(ordered: str, marketing: bool, why: str) -> None:
    world = World()
    world.happen([came(0, "ann@acme.example")])
    (ann,) = world.search(email="ann@acme.example")["items"]
    order = {**deal(opened=ordered), "opportunity_id": "order:shop:1", "origin": "shop"}
    world.lake.append([fact("OpportunityChanged", ann["id"], 99, 1, **order)])

    (found,) = only(world)["opportunities"]

    assert (found["origin"], found["marketing"], found["why"]) == ("shop", marketing, why)


def test_a_person_who_moved_on_is_of_the_new_company_only(world: World) -> None:
    moving = World()
    moving.happen([came(0, "ann@acme.example"), came(1, "bob@acme.example")])
    before = only(moving)
    account = {"account_id": "001N", "account_name": "New Firm", "account_domain": "newfirm.example"}
    moving.happen([told(5, "ann@acme.example", **account)])

    after = moving.get(f"/api/companies/{before['id']}")

    assert len(before["persons"]) == 2
    assert [person["email"] for person in after["persons"]] == ["bob@acme.example"]


def test_a_company_that_the_lake_does_not_have_yet_is_there_by_its_people() -> None:
    world = World()
    world.happen([came(0, "ann@acme.example"), came(1, "bob@acme.example")])
    known = only(world)
    world.lake.__init__()  # type: ignore[misc]

    company = world.get(f"/api/companies/{known['id']}")

    assert world.get("/api/companies")["items"] == []
    assert {name: company[name] for name in ("people", "leads", "stage", "touches", "domain", "last_touch_at")} == {
        name: known[name] for name in ("people", "leads", "stage", "touches", "domain", "last_touch_at")
    }


def test_a_company_is_gone_with_the_last_of_its_people() -> None:
    world = World()
    world.happen([came(0, "ann@acme.example")])
    known = only(world)
    world.clock.advance(DAY)
    world.tables.heads.clear()

    for company_id in (known["id"], "company_nothing", "lead_1"):
        status, answer = world.call("GET", f"/api/companies/{company_id}")
        assert (status, answer["code"]) == (404, "API.NOT_FOUND")


@pytest.mark.parametrize("role", ["marketer", "sales", "privacy", "operator"])
def test_whoever_sees_leads_sees_companies(world: World, role: str) -> None:
    assert world.call("GET", "/api/companies", roles=role)[0] == 200
    assert world.call("GET", "/api/companies", roles="nobody")[0] == 403
