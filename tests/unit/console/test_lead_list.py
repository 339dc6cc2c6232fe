"""The list of leads: what an address may hold, what is recorded, and who may keep segments."""

from typing import Any

import pytest

from tests.unit.api.world import World, ann_and_bob
from tests.unit.console.browsing import Browser, console_of

ACME = {"name": "Acme people", "filter": {"company": "acme"}}


@pytest.fixture
def world() -> World:
    return ann_and_bob()


def browser_of(world: World, *roles: str) -> Browser:
    browser = Browser(console_of(world, roles) if roles else console_of(world))
    browser.log_in()
    return browser


def segment(world: World) -> Any:
    status, made = world.call("POST", "/api/segments", ACME)
    assert status == 200
    return made


def test_a_filter_alone_leads_to_its_address_and_text_never_does(world: World) -> None:
    browser = browser_of(world)

    alone = browser.post("/console/leads", text=" ", stage="sql", company="acme", campaign="")
    both = browser.post("/console/leads", text="smith", stage="sql")

    assert (alone.status, alone.headers["location"]) == (303, "/console/leads?stage=sql&company=acme")
    assert both.status == 200
    assert "Ann Smith" in both.body
    assert 'name="text" value="smith"' in both.body
    assert "text=smith" not in both.body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company", "ann@acme.example"),
        ("grade", "Z"),
        ("from", "2026-02-30"),
        ("handover", "lost"),
        ("owner", "x" * 121),
    ],
)
def test_what_cannot_be_asked_is_said_and_not_searched_for(world: World, field: str, value: str) -> None:
    browser = browser_of(world)
    world.told.clear()

    answered = browser.post("/console/leads", text="", **{field: value})

    assert answered.status == 400
    assert "This cannot be asked for" in answered.body
    assert "Ann Smith" not in answered.body
    assert value not in str(world.told)


def test_the_last_day_before_the_first_is_said(world: World) -> None:
    answered = browser_of(world).get("/console/leads?from=2026-02-02&to=2026-02-01")

    assert answered.status == 400
    assert "The first day is later than the last." in answered.body


def test_text_that_is_too_long_is_said(world: World) -> None:
    answered = browser_of(world).post("/console/leads", text="x" * 321)

    assert answered.status == 400
    assert "too long" in answered.body


def test_an_unknown_value_in_an_address_stays_a_choice(world: World) -> None:
    body = browser_of(world).get("/console/leads?stage=evangelist").body

    assert '<option value="evangelist" selected>' in body
    assert "Nobody fits all these filters." in body


def test_whom_a_list_showed_is_recorded_by_id(world: World) -> None:
    browser = browser_of(world)
    world.told.clear()

    browser.get("/console/leads?company=acme")

    ((code, told),) = world.told
    assert code == "CONSOLE.READ"
    assert len(told["people"]) == 2
    assert "acme" not in str(told)


def test_a_segment_opens_with_its_people_and_their_number(world: World) -> None:
    made = segment(world)
    browser = browser_of(world, "sales")

    listed = browser.get("/console/segments").body
    opened = browser.get(f"/console/segments/{made['id']}").body

    assert f'href="/console/segments/{made["id"]}">Acme people</a>' in listed
    assert "<b>2</b> people" in opened
    assert "Ann Smith" in opened


@pytest.mark.parametrize("role", ["sales", "privacy"])
def test_those_who_only_open_segments_are_not_offered_more_and_cannot_do_more(world: World, role: str) -> None:
    path = f"/console/segments/{segment(world)['id']}"
    browser = browser_of(world, role)

    opened, filtered = browser.get(path).body, browser.get("/console/leads?company=acme").body

    assert "Rename or delete" not in opened
    assert "Keep as a segment" not in filtered
    for action, fields in (("/console/segments", {"name": "x", "stage": "mql"}), (f"{path}/rename", {"name": "x"}),
                           (f"{path}/delete", {})):  # fmt: skip
        assert browser.post(action, **fields).status == 403
    assert [item["name"] for item in world.get("/api/segments")["items"]] == ["Acme people"]


def test_a_marketer_keeps_renames_and_deletes(world: World) -> None:
    browser = browser_of(world, "marketer")
    browser.get("/console/leads?company=acme")

    kept = browser.post("/console/segments", name="Acme", company="acme")
    renamed = browser.post(f"{kept.headers['location']}/rename", name="Acme Industries")
    (there,) = world.get("/api/segments")["items"]
    deleted = browser.post(f"{kept.headers['location']}/delete")

    assert (kept.status, renamed.status, deleted.status) == (303, 303, 303)
    assert (there["name"], there["filter"]["company"]) == ("Acme Industries", "acme")
    assert renamed.headers["location"] == kept.headers["location"] == f"/console/segments/{there['id']}"
    assert deleted.headers["location"] == "/console/segments"
    assert world.get("/api/segments")["items"] == []


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"name": "ACME people", "stage": "mql"}, 409, "There is a segment of that name."),
        ({"name": " ", "stage": "mql"}, 400, "A segment needs a name"),
        ({"name": "Everybody"}, 400, "at least one filter"),
        ({"name": "Wrong", "grade": "Z"}, 400, "This cannot be asked for: Grade."),
    ],
    ids=str,
)
def test_what_is_no_segment_is_said_on_the_list_and_the_name_stays(
    world: World, fields: dict[str, str], status: int, said: str
) -> None:
    segment(world)

    answered = browser_of(world).post("/console/segments", **fields)

    assert answered.status == status
    assert said in answered.body
    assert len(world.get("/api/segments")["items"]) == 1


def test_a_deleted_segment_is_404(world: World) -> None:
    made = segment(world)
    browser = browser_of(world)
    browser.get(f"/console/segments/{made['id']}")
    browser.post(f"/console/segments/{made['id']}/delete")

    assert browser.get(f"/console/segments/{made['id']}").status == 404
    assert browser.post(f"/console/segments/{made['id']}/rename", name="x").status == 404


def test_names_of_segments_are_shown_as_text(world: World) -> None:
    status, made = world.call("POST", "/api/segments", {**ACME, "name": '<img src=x onerror="x">'})
    browser = browser_of(world)

    assert status == 200
    for path in ("/console/segments", f"/console/segments/{made['id']}"):
        body = browser.get(path).body
        assert "<img src=x" not in body
        assert "&lt;img" in body


def test_an_empty_list_of_segments_says_who_makes_them(world: World) -> None:
    assert "keep the filter under a name" in browser_of(world, "marketer").get("/console/segments").body
    assert "Marketers keep filters" in browser_of(world, "sales").get("/console/segments").body
