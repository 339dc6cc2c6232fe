"""What is read of a person: local values, who gets a record, whose lead it is, what the task says, the budget."""

from dataclasses import replace

import pytest

from shared.domain.instant import DAY, HOUR
from shared.domain.sync import budget
from shared.domain.sync.gate import creation_stay, may_create
from shared.domain.sync.handover import answer_of, owner_of, task_of, territory
from shared.domain.sync.local import local_values, purpose_of
from shared.domain.sync.model import LocalValue, Usage
from shared.domain.sync.policy_model import BudgetPolicy
from shared.domain.touchpoint.model import Touchpoint
from tests.unit.sync.builders import NOW, POLICY
from tests.unit.sync.people import consent, handed_over, stated, view


def test_values_are_canonical_and_know_since_when() -> None:
    person = view(
        {"email": stated("Anna@X.io"), "title": stated(" CEO ", NOW - DAY)},
        consents=(consent("ad.email", "given", NOW - HOUR),),
        records=("marketo:17", "marketo:9", "salesforce:00Q1", "salesforce:0031"),
    )

    local = local_values(person, POLICY)

    assert local["email"] == LocalValue("anna@x.io", NOW)
    assert local["title"] == LocalValue("CEO", NOW - DAY)
    assert local["phone"] == LocalValue("")
    assert local["email_opt_out"] == LocalValue("false", NOW - HOUR)
    assert local["consent_status"].value == "given"
    assert local["consent_date"].value == "2023-11-14T21:13:20Z"
    assert local["consent_source"].value == "typeform"
    assert local["score"].value == "70"
    assert local["score_band"].value == "B2"
    assert local["leadspine_id"].value == "lead_1"
    assert local["marketo_id"].value == "9"
    assert local["stage.id"].value == "sql"
    assert local["external.salesforce"].value == "0031"


def test_who_was_never_asked_has_not_opted_out_and_has_no_time() -> None:
    local = local_values(view(), POLICY)

    assert local["email_opt_out"] == LocalValue("false", 0)
    assert (local["consent_status"].value, local["consent_date"].value) == ("unknown", "")


def test_the_address_a_person_is_known_by_stands_in_for_a_stated_one() -> None:
    assert local_values(view(), POLICY)["email"] == LocalValue("anna@x.io", 0)


@pytest.mark.parametrize(
    ("profile", "first", "last"),
    [
        ({"first_name": stated("Anna"), "last_name": stated("Nowak")}, "Anna", "Nowak"),
        ({"name": stated("Anna Maria Nowak")}, "Anna Maria", "Nowak"),
        ({"name": stated("Cher")}, "", "Cher"),
        ({"name": stated("Anna van der Berg"), "last_name": stated("van der Berg", NOW - DAY)}, "Anna", "van der Berg"),
        ({"name": stated("Anna Nowak", NOW - DAY), "last_name": stated("Kowalska")}, "Anna", "Kowalska"),
        ({"name": stated("Anna Nowak"), "first_name": stated("Ania", NOW - DAY)}, "Anna", "Nowak"),
        ({"name": stated("Cher"), "first_name": stated("Ann", NOW - DAY)}, "Ann", "Cher"),
        ({}, "", ""),
    ],
)
def test_each_part_of_a_name_is_the_one_stated_last(profile: dict[str, object], first: str, last: str) -> None:
    local = local_values(view(profile), POLICY)  # type: ignore[arg-type]

    assert (local["first_name"].value, local["last_name"].value) == (first, last)


@pytest.mark.parametrize(
    ("path", "purpose"),
    [("consent.ad.email.opt_out", "ad.email"), ("consent.processing.opt_out", "processing"), ("profile.opt_out", None),
     ("consent.ad.email.status", None), ("consent.opt_out", None)],
)  # fmt: skip
def test_opt_outs_are_known_by_their_path(path: str, purpose: str | None) -> None:
    assert purpose_of(path) == purpose


def test_sales_gets_people_who_were_handed_over() -> None:
    waiting = view({"title": stated("CEO")})
    handed = replace(waiting, handover=handed_over(NOW + HOUR))
    local = local_values(handed, POLICY)

    assert may_create("salesforce", handed, POLICY, local)
    assert not may_create("salesforce", waiting, POLICY, local)
    stay = creation_stay("salesforce", waiting, POLICY, local)
    assert stay is not None
    assert stay.reason == "SYNC.NOT_YET"


@pytest.mark.parametrize(
    ("state", "profile", "created"),
    [("given", {"email": "anna@x.io"}, True), ("withdrawn", {"email": "anna@x.io"}, False), ("given", {}, False)],
)
def test_marketo_gets_people_with_an_address_who_allow_processing(
    state: str, profile: dict[str, str], created: bool
) -> None:  # fmt: skip
    person = view({name: stated(value) for name, value in profile.items()}, consents=(consent("processing", state),))

    assert may_create("marketo", person, POLICY, local_values(person, POLICY)) is created


def test_a_person_of_whom_nothing_is_known_is_created_nowhere() -> None:
    person = view(email=None, handover=handed_over(NOW))

    stay = creation_stay("salesforce", person, POLICY, local_values(person, POLICY))

    assert stay is not None
    assert stay.reason == "SYNC.NOTHING_KNOWN"


def test_the_first_territory_that_fits_takes_the_lead_and_the_last_one_everybody_else() -> None:
    assert territory(view({"country": stated("DE")}), POLICY).name == "dach"
    rest = territory(view({"country": stated("PL")}), POLICY)
    assert [owner_of(rest, turn) for turn in (0, 1, 2)] == [
        "sam.sales@acme.test", "ria.rep@acme.test", "sam.sales@acme.test",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "converted", "answer"),
    [
        ("Accepted", False, ("accepted", "")),
        ("Rejected", False, ("rejected", "recycled")),
        ("Closed - Not Converted", False, ("rejected", "disqualified")),
        ("Open - Not Contacted", False, None),
        ("Closed - Converted", True, ("accepted", "")),
    ],
)
def test_statuses_are_answers(status: str, converted: bool, answer: tuple[str, str] | None) -> None:
    assert answer_of(status, converted, POLICY) == answer


def test_a_task_says_what_a_rep_has_to_know() -> None:
    person = view(
        {"company": stated("Acme")},
        name="Anna Nowak",
        phone="+48123456789",
        answers={"team_size": stated("20\nto 50")},
        consents=(consent("ad.call", "withdrawn"),),
        handover=handed_over(NOW + 4 * HOUR),
    )
    touches = [
        Touchpoint(f"s{n}", "page_viewed", NOW - n * HOUR, NOW, "segment", "Paid Search", 0) for n in range(8)
    ]  # fmt: skip

    task = task_of(person, touches, POLICY, NOW)

    assert task.subject == "Call Anna Nowak, Acme (B2)"
    assert task.external_id == task_of(person, [], POLICY, NOW + DAY).external_id
    assert task.due == "2023-11-15"
    lines = task.description.splitlines()
    assert "- sql since 2023-11-14 22:13 UTC (LIFECYCLE.READY_FOR_SALES)" in lines
    assert "- +16  pricing page" in lines
    assert "- -2.5  student" in lines
    assert "- team size: 20 to 50" in lines
    assert "- phone: +48123456789 (does not want calls)" in lines
    assert sum("page viewed, Paid Search" in line for line in lines) == 5


BUDGET = BudgetPolicy(daily=1000, careful=0.7, urgent_only=0.85, stop=0.95)


@pytest.mark.parametrize(
    ("used", "allowed", "previous", "expected"),
    [
        (0, 1000, "normal", "normal"),
        (700, 1000, "normal", "careful"),
        (850, 0, "normal", "urgent_only"),
        (950, 1000, "normal", "stop"),
        (690, 1000, "careful", "careful"),
        (670, 1000, "careful", "normal"),
        (690, 1000, "normal", "normal"),
        (10, 1000, "stop", "normal"),
    ],
)
def test_the_budget_narrows_step_by_step_and_does_not_flutter(
    used: int, allowed: int, previous: str, expected: str
) -> None:
    assert budget.stance(BUDGET, Usage(used, allowed), previous=previous) == expected


def test_without_a_figure_the_stance_stays() -> None:
    assert budget.stance(BUDGET, None) == "normal"
    assert budget.stance(BUDGET, None, previous="stop") == "stop"
