"""Finding people: by name, by company, by filter, and in which order."""

from typing import Any

import pytest

from shared.app import search_leads
from tests.unit.api.world import ANN, NOW, World, ann_and_bob, signal


@pytest.fixture
def world() -> World:
    """Ann and Bob of Acme; Anna Kowalska and her namesakes; Nowak of the company nowak.example."""
    made = ann_and_bob()
    for number, (name, domain) in enumerate(
        [
            ("Anna Kowalska", "one.example"),
            ("Żółć-Łukasz Kowalski", "two.example"),
            ("Anna Nowak", "three.example"),
            ("Celia Smith", "nowak.example"),
            ("Jan Nowak", "nowak.example"),
        ]
    ):
        email = f"p{number}@{domain}"
        made.happen(
            [
                signal(
                    100 + number,
                    "form_submitted",
                    email=email,
                    channel="Email" if number % 2 else "Direct",
                    company_domain=domain,
                    profile={"email": email, "name": name},
                    consents={"ad.email": bool(number % 2)},
                    utm={"campaign": f"spring{number % 2}"},
                )
            ]
        )
    return made


def names(answer: Any) -> list[str]:
    return [item["name"] for item in answer["items"]]


def in_words(value: object) -> str:
    """The same name of a case in every process: sets have no order."""
    if isinstance(value, dict):
        return " ".join(f"{name}={held}" for name, held in value.items())
    return " ".join(sorted(map(str, value))) if isinstance(value, set) else str(value)


@pytest.mark.parametrize("text", ["anna kowalska", "Kowalska Anna", "KOWALSKA", " kowalska,  ANNA "])
def test_a_person_is_found_by_words_of_the_name_in_any_order_and_case(world: World, text: str) -> None:
    assert names(world.search(text=text)) == ["Anna Kowalska"]


def test_accents_and_strokes_do_not_matter(world: World) -> None:
    assert names(world.search(text="lukasz zolc")) == ["Żółć-Łukasz Kowalski"]


def test_a_part_of_a_word_is_no_name(world: World) -> None:
    assert names(world.search(text="kowal")) == []


def test_people_of_the_name_come_before_people_of_a_company_of_that_name_and_nobody_twice(world: World) -> None:
    found = names(world.search(text="nowak"))

    assert sorted(found[:2]) == ["Anna Nowak", "Jan Nowak"]
    assert found[2:] == ["Celia Smith"]


def test_pages_go_on_from_names_to_companies_and_show_everybody_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_leads, "PAGE", 1)
    found, cursor = [], None
    for _ in range(9):
        page = world.search(text="nowak", **({"cursor": cursor} if cursor else {}))
        found += names(page)
        cursor = page["cursor"]
        if cursor is None:
            break

    assert sorted(found[:2]) == ["Anna Nowak", "Jan Nowak"]
    assert found[2:] == ["Celia Smith"]


def test_a_corrected_name_is_the_only_one_that_finds(world: World) -> None:
    world.happen([signal(200, "form_submitted", email="p0@one.example", profile={"name": "Anna Zielińska"})])

    assert names(world.search(text="kowalska")) == []
    assert names(world.search(text="zielinska")) == ["Anna Zielińska"]


def test_a_cursor_of_one_question_fits_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_leads, "PAGE", 1)
    cursor = world.search(text="nowak")["cursor"]

    status, problem = world.call("POST", "/api/leads/search", {"text": "anna", "cursor": cursor})

    assert (status, problem["code"]) == (400, "API.BAD_CURSOR")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"channel": "Email"}, {"Żółć-Łukasz Kowalski", "Celia Smith"}),
        ({"channel": "Email", "company": "NOWAK"}, {"Celia Smith"}),
        ({"campaign": "spring1"}, {"Żółć-Łukasz Kowalski", "Celia Smith"}),
        ({"consent": "ad.email", "channel": "Email"}, {"Żółć-Łukasz Kowalski", "Celia Smith"}),
        ({"consent": "ad.email", "channel": "Direct"}, set()),
        ({"company": "acme.example"}, {"Ann Smith", None}),
        ({"from": "2026-01-02", "channel": "Email"}, set()),
        ({"to": "2026-01-01", "channel": "Email"}, {"Żółć-Łukasz Kowalski", "Celia Smith"}),
        ({"stage": "customer"}, set()),
        ({"handover": "requested"}, {"Ann Smith"}),
        ({"handover": "overdue"}, set()),
        ({"owner": "005A"}, set()),
    ],
    ids=in_words,
)
def test_every_part_of_a_filter_has_to_hold(world: World, asked: dict[str, str], found: set[str | None]) -> None:
    assert set(names(world.search(filter=asked))) == found


def test_a_grade_is_asked_for_whole_or_by_its_letter(world: World) -> None:
    ann = next(item for item in world.search(filter={"company": "acme"})["items"] if item["name"] == "Ann Smith")
    grade = ann["score"]["grade"]

    assert "Ann Smith" in names(world.search(filter={"grade": grade}))
    assert "Ann Smith" in names(world.search(filter={"grade": grade[0]}))
    assert "Ann Smith" not in names(world.search(filter={"grade": "A1" if grade != "A1" else "D4"}))


@pytest.mark.parametrize(
    ("text", "asked", "found"),
    [
        ("nowak", {"channel": "Email"}, {"Celia Smith"}),
        ("nowak", {"channel": "Direct", "campaign": "spring0"}, {"Anna Nowak", "Jan Nowak"}),
        ("nowak", {"company": "three"}, {"Anna Nowak"}),
        ("anna", {"consent": "ad.email"}, set()),
        ("anna", {"from": "2026-01-02"}, set()),
        ("anna", {"owner": "005A"}, set()),
        ("anna", {"grade": "A"}, set()),
        ("ann@acme.example", {"company": "acme"}, {"Ann Smith"}),
        ("ann@acme.example", {"stage": "customer"}, set()),
        ("ann@acme.example", {"handover": "overdue"}, set()),
    ],
    ids=in_words,
)
def test_text_is_looked_for_among_the_people_of_a_filter(
    world: World, text: str, asked: dict[str, str], found: set[str]
) -> None:
    assert set(names(world.search(text=text, filter=asked))) == found


def test_a_filter_counts_the_people_it_shows(world: World) -> None:
    services = world.services
    shape = type(services.search).size.__annotations__["asked"]

    for asked in ({}, {"channel": "Email"}, {"company": "nowak"}, {"stage": "customer"}):
        assert services.search.size(shape.model_validate(asked)) == len(world.search(filter=asked)["items"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "a", "stage": "mql"},
        {"filter": {"stage": "mql"}, "email": "a@b.example"},
        {"filter": {"grade": "E"}},
        {"filter": {"handover": "lost"}},
        {"filter": {"company": "ann@acme.example"}},
        {"filter": {"from": "2026-02-30"}},
        {"filter": {"from": "2026-02-02", "to": "2026-02-01"}},
        {"filter": {"colour": "red"}},
    ],
    ids=in_words,
)
def test_questions_that_are_none_are_refused_without_repeating_them(world: World, body: dict[str, Any]) -> None:
    status, problem = world.call("POST", "/api/leads/search", body)

    assert (status, problem["code"]) == (400, "API.BAD_REQUEST")
    assert "ann@acme.example" not in str(problem)


def test_a_last_day_at_the_end_of_the_calendar_is_refused(world: World) -> None:
    status, problem = world.call("POST", "/api/leads/search", {"filter": {"to": "9999-12-31"}})

    assert (status, problem["code"]) == (400, "API.BAD_REQUEST")


def test_nothing_that_was_typed_is_told_to_the_log(world: World) -> None:
    world.search(text="Anna Kowalska")
    world.search(text=ANN["email"])

    assert "owalska" not in str(world.told)
    assert "acme" not in str(world.told)
    assert world.clock.now() > NOW
