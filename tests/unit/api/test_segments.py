"""Segments: who may keep them, what is refused, and that they open with the people of now."""

from typing import Any

import pytest

from shared.app import keep_segments
from shared.ports.segments import SegmentsChanged
from tests.unit.api.world import World, ann_and_bob, signal

ACME = {"name": "Acme people", "filter": {"company": "acme", "from": "2026-01-01"}}


@pytest.fixture
def world() -> World:
    return ann_and_bob()


def add(world: World, **changes: Any) -> tuple[int, Any]:
    return world.call("POST", "/api/segments", {**ACME, **changes}, roles="marketer")


def test_a_segment_is_kept_and_opens_with_the_people_of_now(world: World) -> None:
    status, made = add(world)
    first = world.get(f"/api/segments/{made['id']}")
    world.happen([signal(30, "form_submitted", email="eve@acme.example", company_domain="acme.example")])
    then = world.get(f"/api/segments/{made['id']}")

    assert status == 200
    assert {part: value for part, value in made["filter"].items() if value} == ACME["filter"]
    assert (first["people"], then["people"]) == (2, 3)
    assert len(world.search(filter=ACME["filter"])["items"]) == 3
    assert [item["name"] for item in world.get("/api/segments")["items"]] == ["Acme people"]


def test_segments_are_listed_by_name_whatever_the_case(world: World) -> None:
    for name in ("beta", "Alpha", "Żeta", "gamma"):
        add(world, name=name)

    assert [item["name"] for item in world.get("/api/segments")["items"]] == ["Alpha", "beta", "gamma", "Żeta"]


def test_a_segment_is_renamed_and_deleted(world: World) -> None:
    _, made = add(world)
    path = f"/api/segments/{made['id']}"

    status, changed = world.call("POST", path, {"name": "Others", "filter": {"stage": "mql"}})
    removed = world.call("DELETE", path)

    assert (status, changed["name"], changed["filter"]["stage"], changed["id"]) == (200, "Others", "mql", made["id"])
    assert changed["created_at"] == made["created_at"]
    assert (removed[0], removed[1]["id"]) == (200, made["id"])
    assert world.get("/api/segments")["items"] == []
    for method, body in (("GET", None), ("POST", ACME), ("DELETE", None)):
        gone = world.call(method, path, body)
        assert (gone[0], gone[1]["code"]) == (404, "SEGMENTS.NOT_FOUND")


def test_a_segment_keeps_its_own_name_when_its_filter_changes(world: World) -> None:
    _, made = add(world)

    status, _ = world.call("POST", f"/api/segments/{made['id']}", {"name": "ACME people", "filter": {"grade": "A"}})

    assert status == 200


def test_two_segments_of_one_name_are_refused_whatever_the_case_and_the_spaces(world: World) -> None:
    add(world)

    status, problem = add(world, name="  acme   PEOPLE ")

    assert (status, problem["code"]) == (409, "SEGMENTS.NAME_TAKEN")


def test_there_are_two_hundred_at_most(world: World) -> None:
    for number in range(keep_segments.MOST):
        assert add(world, name=f"Segment {number}")[0] == 200

    status, problem = add(world, name="One more")

    assert (status, problem["code"]) == (409, "SEGMENTS.TOO_MANY")
    assert len(world.get("/api/segments")["items"]) == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"filter": {}}, "SEGMENTS.NO_FILTER"),
        ({"filter": {"grade": "Z"}}, "API.BAD_REQUEST"),
        ({"filter": {"campaign": "ann@acme.example"}}, "API.BAD_REQUEST"),
        ({"name": "   "}, "API.BAD_REQUEST"),
        ({"name": "x" * 81}, "API.BAD_REQUEST"),
        ({"name": "two\nlines"}, "API.BAD_REQUEST"),
        ({"owner": "me"}, "API.BAD_REQUEST"),
    ],
    ids=str,
)
def test_what_is_no_segment_is_refused(world: World, changes: dict[str, Any], code: str) -> None:
    status, problem = add(world, **changes)

    assert (status, problem["code"]) == (400, code)
    assert world.get("/api/segments")["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/segments", {"marketer", "sales", "privacy", "operator"}),
        ("GET", "/api/segments/{id}", {"marketer", "sales", "privacy", "operator"}),
        ("POST", "/api/segments", {"marketer", "operator"}),
        ("POST", "/api/segments/{id}", {"marketer", "operator"}),
        ("DELETE", "/api/segments/{id}", {"marketer", "operator"}),
    ],
)
def test_everybody_opens_segments_and_marketers_and_operators_keep_them(
    world: World, method: str, path: str, allowed: set[str]
) -> None:
    for role in ("marketer", "sales", "privacy", "operator"):
        _, made = add(world, name=f"{method} {role}")
        body = {**ACME, "name": f"New {role}"} if method == "POST" else None
        status, _ = world.call(method, path.replace("{id}", made["id"]), body, roles=role)
        assert status == (200 if role in allowed else 403), role


def test_a_change_that_somebody_overtakes_is_decided_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held = world.segments.put
    overtaken: list[Any] = []

    def put(segment: Any, revision: int) -> None:
        if not overtaken:
            overtaken.append(segment)
            raise SegmentsChanged
        held(segment, revision)

    monkeypatch.setattr(world.segments, "put", put)

    assert add(world)[0] == 200
    assert len(world.get("/api/segments")["items"]) == 1


def test_whom_others_always_overtake_is_asked_to_try_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def always(*_: Any) -> None:
        raise SegmentsChanged

    _, made = add(world)
    monkeypatch.setattr(world.segments, "put", always)
    monkeypatch.setattr(world.segments, "remove", always)

    for answer in (add(world, name="Late"), world.call("DELETE", f"/api/segments/{made['id']}")):
        assert (answer[0], answer[1]["code"]) == (503, "SEGMENTS.BUSY")
