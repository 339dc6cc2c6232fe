"""What the API shows of synchronisation, and what people may ask of it."""

from typing import Any

import pytest

from shared.domain.sync.model import FieldState, Link, Verdict
from shared.ports.sync import Cycle, Wish
from tests.unit.api.world import MINUTE, NOW, World, ann_and_bob, signal

LATER = NOW + 1000 * MINUTE
SALESFORCE_ID = "00QAA0000000001AAA"
MARKETO_ID = "1001"


@pytest.fixture
def world() -> World:
    """Ann is known to both systems, Bob to none. Ann's title was judged in Salesforce."""
    world = ann_and_bob()
    asked = {"email": "ann@acme.example", "profile": {"email": "ann@acme.example", "title": "Head of IT"}}
    world.happen([signal(30, "form_submitted", external=f"marketo:{MARKETO_ID}", **asked)])
    world.happen([signal(31, "form_submitted", external=f"salesforce:{SALESFORCE_ID}", **asked)])
    ann = ann_of(world)
    states = {
        "email": FieldState("ann@acme.example", "ann@acme.example", "SYNC.ECHO", "latest", LATER),
        "title": FieldState("CTO", "CTO", "SYNC.WRITTEN", "owner:salesforce", LATER),
    }
    salesforce = Link(
        system="salesforce", object="lead", remote_id=SALESFORCE_ID, lead_id=ann, fields=states, read_at=LATER,
        written_at=LATER, references={"owner": "005AA", "owner_name": "Sam Sales"}, parked={"title": "x"},
    )  # fmt: skip
    world.sync.save(salesforce, [verdict(ann, "title", at=LATER)])
    world.sync.save(Link(system="marketo", object="person", remote_id=MARKETO_ID, lead_id=ann, read_at=LATER))
    return world


def ann_of(world: World) -> str:
    return str(world.search(email="ann@acme.example")["items"][0]["id"])


def verdict(lead_id: str, field: str, *, at: int, remote_id: str = SALESFORCE_ID) -> Verdict:
    return Verdict(
        system="salesforce", remote_id=remote_id, field=field, rule="owner:salesforce", winner="salesforce",
        code="SYNC.JUDGED", base="CTO", local="Head of IT", remote="CIO", value="CIO", at=at,
    )  # fmt: skip


def cycle(world: World, system: str, **given: Any) -> None:
    now = world.clock.now()
    lease = world.sync.acquire(f"pull:{system}", now=now, for_ms=1)
    assert lease
    standard = {"started_at": now - 2_000, "finished_at": now - 1_000, "calls": 3, "records": 7, "used": 70}
    found = {**standard, **given}
    world.sync.save_cycle(system, Cycle(**{"read_until": found["started_at"], **found}), lease)
    world.sync.release(lease)


def system(world: World, name: str) -> Any:
    (found,) = [item for item in world.get("/api/sync")["items"] if item["system"] == name]
    return found


def test_a_system_that_never_ran_is_off_and_one_that_just_ran_is_ok(world: World) -> None:
    cycle(world, "salesforce")

    shown = system(world, "salesforce")
    assert (shown["status"], shown["lag_s"], shown["calls"], shown["records"]) == ("ok", 2, 3, 7)
    assert (shown["used"], shown["allowed"], shown["budget"]) == (70, 1000, "normal")
    assert (system(world, "marketo")["status"], system(world, "marketo")["lag_s"]) == ("off", None)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"error": "SYNC.REMOTE_UNAVAILABLE"}, "behind"), ({"error": "SYNC.BUDGET_SPENT"}, "behind"),
        ({"error": "SALESFORCE.LOGIN_REFUSED"}, "refused"), ({"error": "SYNC.CREDENTIALS_UNREADABLE"}, "refused"),
        ({"started_at": LATER - 16 * MINUTE}, "behind"), ({"started_at": LATER - 14 * MINUTE}, "ok"),
        ({"started_at": LATER - 40 * MINUTE, "used": 700}, "ok"), ({"started_at": LATER - 50 * MINUTE, "used": 700},
         "behind"),
    ],
)  # fmt: skip
def test_trouble_has_a_name(world: World, given: dict[str, Any], status: str) -> None:
    cycle(world, "salesforce", **given)

    shown = system(world, "salesforce")
    assert (shown["status"], shown["error"]) == (status, given.get("error", ""))
    assert shown["lag_s"] == (LATER - given.get("started_at", LATER - 2_000)) // 1_000


def test_an_operator_pauses_and_resumes_and_positions_stay(world: World) -> None:
    cycle(world, "marketo", position={"token": "t1"})

    assert world.call("POST", "/api/sync/marketo/pause")[1]["status"] == "paused"
    assert system(world, "marketo")["status"] == "paused"
    assert world.call("POST", "/api/sync/marketo/resume")[1]["status"] == "ok"
    assert world.sync.cycle("marketo").position == {"token": "t1"}
    assert world.call("POST", "/api/sync/hubspot/pause")[0] == 404


def test_a_person_is_shown_field_by_field_for_every_record(world: World) -> None:
    shown = world.get(f"/api/leads/{ann_of(world)}/sync")

    items = {(item["system"], item["field"]): item for item in shown["items"]}
    title = items["salesforce", "title"]
    assert (title["value"], title["base"], title["remote"]) == ("Head of IT", "CTO", "CTO")
    assert (title["rule"], title["verdict"], title["direction"]) == ("owner:salesforce", "SYNC.WRITTEN", "both")
    unseen = items["marketo", "title"]
    assert (unseen["base"], unseen["remote"], unseen["verdict"], unseen["at"]) == ("", "", "SYNC.UNSEEN", None)
    assert len(shown["items"]) == 8
    (record,) = [record for record in shown["records"] if record["system"] == "salesforce"]
    assert (record["object"], record["remote_id"], record["owner"]) == ("lead", SALESFORCE_ID, "Sam Sales")
    assert (record["state"], record["parked"]) == ("linked", ["title"])


def test_a_person_without_records_says_why(world: World) -> None:
    bob = world.search(email="bob@acme.example")["items"][0]["id"]

    shown = world.get(f"/api/leads/{bob}/sync")

    assert (shown["items"], shown["records"]) == ([], [])
    assert {plan["system"]: plan["action"] for plan in shown["plans"]} == {"salesforce": "stay", "marketo": "stay"}
    assert all(plan["reason"] for plan in shown["plans"])


def test_a_dry_run_names_value_shadow_and_rule_and_changes_nothing(world: World) -> None:
    ann = ann_of(world)

    result = world.call("POST", "/api/sync/dry-run", {"leads": [ann, "lead_nobody"]})[1]

    plans = {plan["system"]: plan for plan in result["items"]}
    assert (result["people"], result["unknown"]) == (1, ["lead_nobody"])
    marketo = plans["marketo"]
    assert (marketo["action"], marketo["remote_id"]) == ("update", MARKETO_ID)
    title = next(field for field in marketo["fields"] if field["field"] == "title")
    assert title == {"field": "title", "value": "Head of IT", "base": "", "remote": "", "rule": "owner:salesforce"}
    assert result["writes"] == sum(plan["action"] != "stay" for plan in result["items"])
    assert world.out.sent == {}
    assert world.sync.claim("salesforce", ann, now=LATER, for_ms=1), "nothing was claimed"


def test_a_dry_run_without_ids_takes_the_newest_people(world: World) -> None:
    everybody = world.call("POST", "/api/sync/dry-run", {})[1]
    one = world.call("POST", "/api/sync/dry-run", {"limit": 1})[1]

    assert everybody["people"] == 2
    assert one["people"] == 1
    for body in ({"limit": 0}, {"limit": 201}, {"leads": ["x"] * 201}, {"leads": [""]}, {"limit": True, "x": 1}):
        assert world.call("POST", "/api/sync/dry-run", body)[0] == 400


def test_resync_asks_for_records_and_writers_and_twice_is_once(world: World) -> None:
    ann = ann_of(world)

    for _ in range(2):
        answer = world.call("POST", f"/api/leads/{ann}/resync")[1]

    assert {(record["system"], record["remote_id"]) for record in answer["records"]} >= {
        ("salesforce", SALESFORCE_ID), ("marketo", MARKETO_ID),
    }  # fmt: skip
    assert SALESFORCE_ID in world.sync.to_read("salesforce")
    assert world.sync.to_read("marketo") == (MARKETO_ID,)
    assert set(world.out.sent["marketo"]) == {Wish(lead_id=ann, reason="redrive")}
    assert system(world, "marketo")["waiting"] == 1
    assert world.call("POST", "/api/leads/lead_nobody/resync")[0] == 404


def test_conflicts_name_rule_winner_and_lead(world: World) -> None:
    (item,) = world.get("/api/sync/conflicts")["items"]

    assert (item["lead_id"], item["field"], item["rule"], item["winner"]) == (
        ann_of(world), "title", "owner:salesforce", "salesforce",
    )  # fmt: skip
    assert (item["base"], item["local"], item["remote"], item["value"]) == ("CTO", "Head of IT", "CIO", "CIO")


@pytest.mark.parametrize("of_one_lead", [True, False])
def test_conflicts_are_paged_newest_first_without_repetition(world: World, of_one_lead: bool) -> None:
    ann = ann_of(world)
    for n in range(120):
        link = world.sync.links([("salesforce", SALESFORCE_ID)])[("salesforce", SALESFORCE_ID)]
        world.sync.save(link, [verdict(ann, f"field_{n}", at=LATER + n)])
    query = {"lead": ann} if of_one_lead else {}

    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.get("/api/sync/conflicts", **query, **cursor)
        found += page["items"]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}

    assert len(found) == len({item["field"] for item in found}) == 121
    assert [item["at"] for item in found] == sorted((item["at"] for item in found), reverse=True)


def test_conflicts_of_nobody_are_404_and_a_cursor_fits_its_own_list_only(world: World) -> None:
    ann = ann_of(world)
    for n in range(60):
        link = world.sync.links([("salesforce", SALESFORCE_ID)])[("salesforce", SALESFORCE_ID)]
        world.sync.save(link, [verdict(ann, f"field_{n}", at=LATER + n)])
    cursor = world.get("/api/sync/conflicts")["cursor"]

    assert world.call("GET", "/api/sync/conflicts", query={"lead": "lead_nobody"})[0] == 404
    assert world.call("GET", "/api/sync/conflicts", query={"lead": ann, "cursor": cursor})[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/sync", {"marketer", "sales", "operator"}),
        ("GET", "/api/sync/conflicts", {"marketer", "sales", "operator"}),
        ("POST", "/api/sync/dry-run", {"marketer", "sales", "operator"}),
        ("GET", "/api/leads/{id}/sync", {"marketer", "sales", "operator", "privacy"}),
        ("POST", "/api/leads/{id}/resync", {"operator"}),
        ("POST", "/api/sync/marketo/pause", {"operator"}),
        ("POST", "/api/sync/marketo/resume", {"operator"}),
    ],
)
def test_who_may_see_and_who_may_act(world: World, method: str, path: str, allowed: set[str]) -> None:
    url = path.replace("{id}", ann_of(world))

    for role in ("marketer", "sales", "privacy", "operator"):
        status, _ = world.call(method, url, {} if path.endswith("dry-run") else None, roles=role)
        assert status == (200 if role in allowed else 403), role


def test_nothing_about_people_is_logged(world: World) -> None:
    world.get(f"/api/leads/{ann_of(world)}/sync")
    world.get("/api/sync/conflicts")

    assert "acme" not in str(world.told)
    assert "Head of IT" not in str(world.told)
