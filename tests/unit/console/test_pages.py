"""What the pages show, and what they never do: repeat input unescaped, log what was shown, fall over."""

from typing import Any

import pytest

from shared.domain.identity.model import Evidence
from shared.ports.failures import StoreUnavailable
from shared.ports.operations import ParkedRecord
from tests.unit.api.world import NOW, World, ann_and_bob, signal
from tests.unit.console.browsing import Browser, console_of


@pytest.fixture
def world() -> World:
    return ann_and_bob()


@pytest.fixture
def browser(world: World) -> Browser:
    made = Browser(console_of(world))
    made.log_in()
    return made


def ann(world: World) -> str:
    return str(world.search(email="ann@acme.example")["items"][0]["id"])


def test_the_overview_has_the_figures_of_the_reports(world: World, browser: Browser) -> None:
    kpis = world.get("/api/reports/kpis")

    body = browser.get("/console/overview").body

    assert f"<b>{kpis['leads']}</b>" in body
    assert "Paid Search" in body
    assert "Marketing qualified" in body


def test_an_empty_installation_says_what_to_do() -> None:
    browser = Browser(console_of(World()))
    browser.log_in()

    for page, words in {
        "overview": "Nobody came in",
        "leads": "Nobody is here yet",
        "handovers": "Nobody waits",
        "sync": "No conflicts",
        "operations": "Nothing is parked",
    }.items():
        answered = browser.get(f"/console/{page}")
        assert answered.status == 200
        assert words in answered.body


def test_every_period_is_answered(browser: Browser) -> None:
    for period in ("30", "90", "365", "all", "", "-1", "x", "9" * 50):
        assert browser.get(f"/console/overview?period={period}").status == 200


def test_people_are_found_by_address_number_and_company(browser: Browser) -> None:
    for text in ("ann@acme.example", "ANN@acme.example ", "+48 600 100 200", "acme"):
        assert "Ann Smith" in browser.post("/console/leads", text=text).body


def test_stage_and_text_narrow_each_other(world: World, browser: Browser) -> None:
    stage = world.search(email="ann@acme.example")["items"][0]["stage"]["id"]

    assert "Ann Smith" in browser.post("/console/leads", text="ann@acme.example", stage=stage).body
    assert "Nobody found" in browser.post("/console/leads", text="ann@acme.example", stage="customer").body
    assert "Nobody found" in browser.post("/console/leads", text="acme", stage="customer").body


def test_a_search_is_never_in_an_address(world: World, browser: Browser) -> None:
    body = browser.post("/console/leads", text="ann@acme.example").body

    assert 'action="/console/leads"' in body
    assert "text=" not in body
    assert "ann@acme.example" not in str(world.told)


def test_lists_continue_where_they_ended(world: World) -> None:
    for number in range(60):
        email = f"person{number}@many.example"
        world.happen([signal(100 + number, "form_submitted", email=email, profile={"email": email})])
    browser = Browser(console_of(world))
    browser.log_in()

    first = browser.get("/console/leads").body
    following = first.split('href="/console/leads?cursor=')[1].split('"')[0]
    second = browser.get(f"/console/leads?cursor={following}").body

    def listed(body: str) -> set[str]:
        return {part.split('"')[0] for part in body.split('href="/console/leads/')[1:]}

    assert len(listed(first)) == 50
    assert listed(second)
    assert not listed(first) & listed(second)
    assert browser.get("/console/leads?cursor=forged").status == 400


def test_a_person_is_shown_whole(world: World, browser: Browser) -> None:
    body = browser.get(f"/console/leads/{ann(world)}").body

    for shown in ("Ann Smith", "Head of IT", "+48600100200", "acme.example", "Advertising by e-mail", "Agreed",
                  "Never asked", "Page viewed: /pricing", "What the person agreed to", "Total"):  # fmt: skip
        assert shown in body


def test_reading_a_person_is_recorded_by_id_and_nothing_else(world: World, browser: Browser) -> None:
    lead = ann(world)
    world.told.clear()

    browser.get(f"/console/leads/{lead}")

    ((code, told),) = world.told
    assert code == "CONSOLE.READ"
    assert told["subject"] == "service"
    assert lead in told["people"]
    for secret in ("Ann", "acme", "600"):
        assert secret not in str(told)


def test_what_people_type_is_shown_as_text(world: World) -> None:
    evil = '<script>alert("x")</script>'
    world.happen(
        [
            signal(
                500,
                "form_submitted",
                email="eve@evil.example",
                evidence=Evidence.VERIFIED,
                profile={"email": "eve@evil.example", "name": evil, "title": '"><img src=x>'},
                answers={evil: evil},
                attributes={"form_name": evil},
            )
        ]
    )
    browser = Browser(console_of(world))
    browser.log_in()

    found = browser.post("/console/leads", text="eve@evil.example").body
    lead = found.split('href="/console/leads/')[1].split('"')[0]
    page = browser.get(f"/console/leads/{lead}").body
    searched = browser.post("/console/leads", text=evil).body

    for body in (found, page, searched):
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "&lt;script&gt;" in body


def test_the_id_of_a_merged_lead_leads_to_the_person(world: World, browser: Browser) -> None:
    person = world.search(email="ann@acme.example")["items"][0]
    (merged,) = person["merged_ids"][:1]

    answered = browser.get(f"/console/leads/{merged}")

    assert (answered.status, answered.headers["location"]) == (303, f"/console/leads/{person['id']}")


def test_what_is_not_there_is_a_page_too(browser: Browser) -> None:
    for path in ("leads/lead_nobody", "leads/x/timeline", "sync/nothing", "nothing", "leads/a/b/c"):
        answered = browser.get(f"/console/{path}")
        assert answered.status == 404
        assert "There is nothing here" in answered.body


def test_operators_pause_and_resume(world: World, browser: Browser) -> None:
    browser.get("/console/sync")
    assert browser.post("/console/sync/marketo/pause").headers["location"] == "/console/sync"
    assert world.sync.cycle("marketo").paused
    assert "Paused" in browser.get("/console/sync").body

    browser.post("/console/sync/marketo/resume")
    assert not world.sync.cycle("marketo").paused


def test_a_parked_record_is_shown_with_its_reason_and_run_again_once(world: World, browser: Browser) -> None:
    record = ParkedRecord(
        parked_id="parked_1", code="DECISION.FAILED", reason="because", source="form", parked_at=NOW,
        redrive={"queue": "signals", "body": {"delivery_id": "d1"}},
    )  # fmt: skip
    world.parked.park(record)
    assert "DECISION.FAILED" in browser.get("/console/operations").body

    for _ in range(2):
        assert browser.post("/console/operations/parked_1/redrive").status == 303

    assert len(world.queues.sent["signals"]) == 1
    assert "Nothing is parked" in browser.get("/console/operations").body


@pytest.mark.parametrize(
    ("error", "status"), [(StoreUnavailable("read"), 503), (RuntimeError("ann@acme.example"), 500)]
)
def test_a_failure_is_a_page_that_tells_nothing_of_it(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(world.store, "get_many", fail)

    answered = browser.get("/console/leads/lead_1")

    assert answered.status == status
    assert "ann@acme.example" not in answered.body + str(world.told)


def test_forms_that_are_no_forms_are_refused(browser: Browser) -> None:
    assert browser.console({
        "rawPath": "/console/leads", "body": "not base64!", "isBase64Encoded": True,
        "headers": {"cookie": f"leadspine_session={browser.cookies['leadspine_session']}"},
        "requestContext": {"http": {"method": "POST"}},
    })["statusCode"] == 400  # fmt: skip
    assert browser.post("/console/leads", text="x" * 40_000).status == 413
    assert browser.post("/console/leads", text="x" * 400).status == 400
