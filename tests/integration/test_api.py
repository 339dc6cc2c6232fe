"""The API as callers see it: events of API Gateway in, JSON out, on memory adapters and the real decision core."""

import json
from decimal import Decimal
from typing import Any

import pytest

from shared.contracts import api
from shared.domain.identity.model import Evidence
from shared.ports.operations import ParkedRecord
from tests.unit.api.world import ANN, NOW, World, ann_and_bob, event, signal


@pytest.fixture(scope="module")
def world() -> World:
    return ann_and_bob()


def lead_of(world: World, **question: str) -> Any:
    (lead,) = world.search(**question)["items"]
    return lead


def test_a_lead_is_found_by_every_identifier_it_has_however_it_is_written(world: World) -> None:
    found = [
        lead_of(world, **question)["id"]
        for question in (
            {"email": " Ann@ACME.example "},
            {"phone": "+48 600 100 200"},
            {"phone": "48600100200"},
            {"external_id": "salesforce:00Q1"},
            {"external_id": "u-1"},
            {"text": "ann@acme.example"},
            {"text": "+48 600-100-200"},
        )
    ]

    assert len(set(found)) == 1


def test_the_lead_has_the_published_shape(world: World) -> None:
    lead = lead_of(world, email="ann@acme.example")

    assert lead["email"] == "ann@acme.example"
    assert lead["phone"] == "+48600100200"
    assert lead["name"] == "Ann Smith"
    assert lead["company"]["domain"] == "acme.example"
    assert set(lead["company"]) == {"id", "name", "domain"}
    assert set(lead["stage"]) == {"id", "since", "reason"}
    assert set(lead["score"]) == {"total", "fit", "engagement", "grade", "lines", "policy_version", "at"}
    assert {c["purpose"]: c["state"] for c in lead["consents"]} == {"processing": "given", "ad.email": "given"}
    assert set(lead["consents"][0]) == {"purpose", "channel", "state", "since", "source"}
    assert lead["external"] == {"salesforce": "00Q1", "marketo": None}
    assert lead["first_touch"]["channel"] == "Paid Search"
    assert lead["touch_count"] == 6
    assert lead["merged_ids"]
    assert lead["updated_at"].endswith("Z")
    api.Lead.model_validate(lead)


def test_the_lines_of_a_score_add_up_to_the_total_in_hundredths(world: World) -> None:
    score = lead_of(world, email="ann@acme.example")["score"]
    exact = [Decimal(str(line["points"])) for line in score["lines"]]

    assert score["lines"]
    assert sum(exact) == Decimal(str(score["total"]))
    assert all(points == points.quantize(Decimal("0.01")) for points in exact)


def test_the_id_of_a_merged_lead_resolves_to_the_person(world: World) -> None:
    lead = lead_of(world, email="ann@acme.example")

    for old in lead["merged_ids"]:
        assert world.get(f"/api/leads/{old}") == world.get(f"/api/leads/{lead['id']}")
        assert world.get(f"/api/leads/{old}/timeline") == world.get(f"/api/leads/{lead['id']}/timeline")


def test_the_timeline_shows_every_signal_once_newest_first_and_what_became_of_it(world: World) -> None:
    lead = lead_of(world, email="ann@acme.example")
    items = world.get(f"/api/leads/{lead['id']}/timeline")["items"]

    assert [item["id"] for item in items if item["id"].startswith("s")] == ["s10", "s4", "s3", "s2", "s1", "s0"]
    assert [item["occurred_at"] for item in items] == sorted((i["occurred_at"] for i in items), reverse=True)
    assert {"page_viewed", "form_submitted", "stage_changed", "consent_given", "lead_merged"} <= {
        item["kind"] for item in items
    }
    assert {"id", "kind", "occurred_at", "recorded_at", "source", "summary"} <= set(items[0])
    assert len({item["id"] for item in items}) == len(items)
    viewed = next(item for item in items if item["kind"] == "page_viewed")
    assert viewed["summary"] == "Page viewed: /pricing"


def test_a_long_timeline_is_paged_without_gaps_or_repetitions() -> None:
    world = World()
    for start in range(0, 250, 50):
        world.happen([signal(n, email="cy@acme.example") for n in range(start, start + 50)])
    lead = lead_of(world, email="cy@acme.example")
    seen: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = world.get(f"/api/leads/{lead['id']}/timeline", **query)
        seen += [item["id"] for item in page["items"] if item["kind"] == "page_viewed"]
        if page["cursor"] is None:
            break
        query = {"cursor": page["cursor"]}

    assert seen == [f"s{n}" for n in range(249, -1, -1)]


def test_score_consents_and_company_answer_for_themselves(world: World) -> None:
    lead = lead_of(world, email="ann@acme.example")
    score = world.get(f"/api/leads/{lead['id']}/score")
    company = world.get(f"/api/leads/{lead['id']}/company")

    assert score["total"] == lead["score"]["total"]
    assert score["history"][0]["lines"]
    assert world.get(f"/api/leads/{lead['id']}/consents")["items"] == lead["consents"]
    assert company["domain"] == "acme.example"
    assert set(company["lead_ids"]) == {lead["id"], lead_of(world, email="bob@acme.example")["id"]}


def test_people_are_listed_by_stage_and_by_company_from_the_state_table(world: World) -> None:
    ann = lead_of(world, email="ann@acme.example")

    assert ann["id"] in [lead["id"] for lead in world.search(stage=ann["stage"]["id"])["items"]]
    assert len(world.search(text="acme")["items"]) == 2
    assert world.search(text="nobody-has-this")["items"] == []


def test_a_list_by_stage_is_paged() -> None:
    world = World()
    for n in range(120):
        world.happen([signal(n, "form_submitted", email=f"p{n}@acme.example")])
    found: list[str] = []
    question = {"text": "acme"} if not world.search(stage="inquiry")["items"] else {"stage": "inquiry"}
    page = world.search(**question)
    while page["cursor"]:
        found += [lead["email"] or lead["id"] for lead in page["items"]]
        page = world.search(**question, cursor=page["cursor"])
    found += [lead["email"] or lead["id"] for lead in page["items"]]

    assert len(found) == len(set(found)) == 120


def test_unknown_people_are_an_empty_list_and_unknown_ids_are_404(world: World) -> None:
    for question in (
        {"email": "no@body.example"},
        {"email": "not an address"},
        {"phone": "+48000"},
        {"external_id": "x"},
    ):
        assert world.search(**question) == {"items": [], "cursor": None}
    for path in ("/api/leads/lead_nobody", "/api/leads/lead_nobody/timeline", "/api/parked/none", "/api/nothing"):
        status, problem = world.call("GET", path)
        assert (status, problem["code"]) == (404, "API.NOT_FOUND")


def test_a_person_without_a_known_company_has_none() -> None:
    world = World()
    world.happen([signal(1, "form_submitted", email="me@mail.example")])
    lead = lead_of(world, email="me@mail.example")

    assert lead["company"] is None
    assert world.call("GET", f"/api/leads/{lead['id']}/company")[0] == 404


@pytest.mark.parametrize(
    "question",
    [
        {}, {"email": "a@b.example", "phone": "+1"}, {"email": 5}, {"email": ""}, {"email": "x" * 400},
        {"surprise": "canary-7f3@acme.example"}, {"email": "a@b.example", "consents": {"ad.email": True}},
        "not json", "[]", "null", '{"email": "\\ud800"}', "{" * 5000,
    ],
)  # fmt: skip
def test_questions_we_do_not_understand_are_400_and_never_repeated(world: World, question: Any) -> None:
    status, problem = world.call("POST", "/api/leads/search", question)

    assert (status, problem["code"]) == (400, "API.BAD_REQUEST")
    assert "canary" not in json.dumps(problem)


def test_a_cursor_fits_only_the_list_it_came_from_and_no_other_change_of_it() -> None:
    world = World()
    for start in range(0, 150, 50):
        world.happen([signal(n, email="cy@acme.example") for n in range(start, start + 50)])
        world.happen([signal(1000 + n, email="di@acme.example") for n in range(start, start + 50)])
    cy, di = (lead_of(world, email=f"{name}@acme.example")["id"] for name in ("cy", "di"))
    cursor = world.get(f"/api/leads/{cy}/timeline")["cursor"]
    assert cursor
    tampered = ("A" if cursor[0] != "A" else "B") + cursor[1:]

    for path, wrong in (
        (f"/api/leads/{di}/timeline", cursor),
        (f"/api/leads/{cy}/score", cursor),
        (f"/api/leads/{cy}/timeline", tampered),
        (f"/api/leads/{cy}/timeline", cursor + "A"),
        (f"/api/leads/{cy}/timeline", "∑"),
        (f"/api/leads/{cy}/timeline", "AAAA"),
    ):
        status, problem = world.call("GET", path, query={"cursor": wrong})
        assert (status, problem["code"]) == (400, "API.BAD_CURSOR"), wrong


def test_a_claimed_contact_of_a_verified_person_is_not_shown(world: World) -> None:
    world.happen(
        [signal(500, "identified", email=ANN["email"], evidence=Evidence.CLAIMED, profile={"name": "Mallory"})]
    )

    assert lead_of(world, email="ann@acme.example")["name"] == "Ann Smith"


def parked(world: World, number: int, **given: Any) -> str:
    record = ParkedRecord(
        parked_id=f"parked_{number:03}",
        code="INTAKE.UNREADABLE",
        reason="The payload cannot be understood.",
        source="typeform",
        parked_at=NOW + number,
        **given,
    )
    world.parked.park(record)
    return record.parked_id


def test_an_operator_sees_parked_records_and_sends_one_again_once() -> None:
    world = World()
    body = {"delivery_id": "d1", "archive_key": "raw/d1"}
    parked_id = parked(world, 1, redrive={"queue": "signals", "body": body})

    shown = world.get("/api/parked")["items"]
    first = world.call("POST", f"/api/parked/{parked_id}/redrive")
    again = world.call("POST", f"/api/parked/{parked_id}/redrive")

    assert [(item["id"], item["queue"], item["state"]) for item in shown] == [(parked_id, "signals", "parked")]
    assert first[0] == again[0] == 200
    assert again[1]["state"] == "redriven"
    assert world.queues.sent["signals"] == [body]
    assert world.get("/api/parked")["items"] == []


def test_parked_records_are_paged_and_one_without_a_message_cannot_be_sent() -> None:
    world = World()
    for number in range(120):
        parked(world, number)
    first = world.get("/api/parked")
    second = world.get("/api/parked", cursor=first["cursor"])

    assert not {i["id"] for i in first["items"]} & {i["id"] for i in second["items"]}
    assert world.call("POST", "/api/parked/parked_001/redrive")[1]["code"] == "API.NOT_REDRIVABLE"


@pytest.mark.parametrize("path", ["/api/parked", "/api/parked/parked_1"])
@pytest.mark.parametrize("roles", ["marketer", "sales", "privacy", "marketer sales"])
def test_parked_records_are_for_operators_only(world: World, path: str, roles: str) -> None:
    status, problem = world.call("GET", path, roles=roles)

    assert (status, problem["code"]) == (403, "API.FORBIDDEN")


def test_nobody_gets_in_without_a_login_or_a_role(world: World) -> None:
    for route in world.routes:
        path = route.path.replace("{id}", "x").replace("{name}", "funnel").replace("{system}", "marketo")
        anonymous = event(route.method, path, {})
        anonymous["requestContext"].pop("authorizer")
        assert world.router(anonymous)["statusCode"] == 401
        assert world.call(route.method, path, {}, roles="")[0] == 403
        assert world.call(route.method, path, {}, roles="admin")[0] == 403


def test_reports_are_complete_the_moment_the_facts_are_in_the_lake(world: World) -> None:
    funnel = world.get("/api/reports/funnel")
    kpis = world.get("/api/reports/kpis", **{"from": "2026-01-01", "to": "2026-01-01"})

    assert funnel["name"] == "funnel"
    assert funnel["from"] is None
    assert [stage["stage"] for stage in funnel["stages"]][:3] == ["inquiry", "mql", "sql"]
    assert funnel["stages"][0]["count"] == 2
    assert {"stage", "count", "conversion", "conversion_total", "median_days"} <= set(funnel["stages"][0])
    assert kpis["leads"] == 2
    assert kpis["companies"] == 1
    assert (kpis["from"], kpis["to"]) == ("2026-01-01", "2026-01-01")
    assert world.get("/api/reports/kpis", **{"from": "2026-01-02"})["leads"] == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"from": "2026-02-30"}, 400), ({"from": "yesterday"}, 400), ({"from": "2026-02-02", "to": "2026-02-01"}, 400),
        ({"to": "9999-12-31"}, 400), ({"by": "year"}, 400), ({"surprise": "1"}, 400), ({"to": "2026-02-01"}, 200),
    ],
)  # fmt: skip
def test_reports_take_real_dates_only(world: World, query: dict[str, str], status: int) -> None:
    assert world.call("GET", "/api/reports/funnel", query=query)[0] == status
    assert world.call("GET", "/api/reports/nothing")[0] == 404


def test_no_answer_is_cached_and_nothing_about_people_is_logged(world: World) -> None:
    answer = world.router(event("POST", "/api/leads/search", {"email": "ann@acme.example"}))

    assert answer["headers"]["cache-control"] == "no-store"
    assert "acme" not in json.dumps(world.told, default=str)
    assert "600100200" not in json.dumps(world.told, default=str)


def test_what_breaks_inside_is_a_500_without_a_trace() -> None:
    world = ann_and_bob()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("canary-7f3@acme.example")

    world.store.get_many = broken  # type: ignore[method-assign, assignment]
    status, problem = world.call("GET", "/api/leads/lead_1")

    assert (status, problem["code"]) == (500, "API.INTERNAL")
    assert "canary" not in json.dumps([problem, world.told], default=str)


def test_an_oversize_question_is_413_and_a_wrong_method_is_405(world: World) -> None:
    assert world.call("POST", "/api/leads/search", {"text": "x" * 20_000})[0] == 413
    answer = world.router(event("DELETE", "/api/status"))
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET")


def test_the_status_says_which_policies_hold(world: World) -> None:
    assert world.get("/api/status") == {
        "status": "ok", "time": "2026-01-01T16:40:00.000Z", "policy_version": world.rules.version,
    }  # fmt: skip
