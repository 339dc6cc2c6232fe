"""Opportunities, times to the sale and hand-overs on facts written down by hand."""

from typing import Any

from shared.domain.insights.fold import fold
from shared.domain.insights.groups import Wait, count_groups, handover_rows, sale_times
from shared.domain.insights.metrics import Cohort
from shared.domain.insights.model import FactRow, Person
from shared.domain.insights.opportunities import Opportunity, opportunities
from shared.domain.insights.persons import persons
from shared.domain.instant import DAY
from tests.unit.insights.facts_of import day, fact, stage, touch


def people(*facts: FactRow) -> list[Person]:
    return persons(fold({}, facts))


def only(*facts: FactRow) -> Opportunity:
    (found,) = opportunities(people(*facts))
    return found


def told(lead_id: str, at: float, **data: Any) -> FactRow:
    given = {"opportunity_id": "006A", "state": "won", "amount": "100.00", "currency": "EUR", "opened_on": "2026-01-11"}
    return fact("OpportunityChanged", lead_id, 5, at, **{**given, **data})


def company(lead_id: str) -> FactRow:
    return fact("CompanyLinked", lead_id, 1, 0, company_id="c-acme")


def asked(lead_id: str, at: float, due: float = 12) -> FactRow:
    return fact("HandoverRequested", lead_id, 2, at, due=day(due))


def answered(lead_id: str, at: float, due: float = 12, *, in_time: bool = True, owner: str = "005O") -> FactRow:
    return fact("HandoverAccepted", lead_id, 3, at, due=day(due), answered_in_time=in_time, owner=owner)


def test_touch_then_handover_then_opportunity_is_a_marketing_opportunity_in_that_order_only() -> None:
    # Given: the opportunity was opened on day 10
    assert only(touch("ann", 1, 0), asked("ann", 5), told("ann", 10)).marketing
    assert only(touch("ann", 1, 0), asked("ann", 10.9), told("ann", 10)).marketing, "on the day itself"
    assert not only(touch("ann", 1, 0), asked("ann", 11), told("ann", 10)).marketing, "handed over too late"
    assert not only(touch("ann", 1, 6), asked("ann", 5), told("ann", 10)).marketing, "touched after the hand-over"
    assert not only(asked("ann", 5), told("ann", 10)).marketing, "never touched"
    assert not only(touch("ann", 1, 0), told("ann", 10)).marketing, "never handed over"
    timeless = told("ann", 10, opened_on="")
    assert not only(touch("ann", 1, 0), asked("ann", 5), timeless).marketing, "opened at no known time"
    assert only(touch("ann", 1, 6), asked("ann", 5), asked("ann", 7, 13), told("ann", 10)).marketing, "the second one"


def test_colleagues_count_as_people_of_the_opportunity() -> None:
    found = only(
        company("ann"), touch("ann", 1, 0, "Email"), touch("ann", 2, 1, kind="content_downloaded"),
        company("bob"), asked("bob", 5), answered("bob", 6), told("bob", 10),
    )  # fmt: skip

    assert (found.company, found.marketing, found.channel, found.campaign) == ("c-acme", True, "Email", "spring")
    assert (found.owner, found.consumed, found.lead_ids) == ("005O", 1, ("bob",))


def test_an_opportunity_of_two_people_is_one_and_is_what_was_told_last() -> None:
    found = only(told("ann", 10, state="open"), told("bob", 12, amount="250.00"), told("cy", 11, state="lost"))

    assert (found.state, found.amount, found.lead_ids) == ("won", "250.00", ("ann", "bob", "cy"))
    assert found.company == "ann"


def test_a_merged_lead_holds_nothing_of_its_own() -> None:
    merged = fact("LeadMerged", "ann", 6, 20, loser_id="ann-web")

    found = only(touch("ann-web", 1, 0), asked("ann-web", 5), answered("ann", 21), told("ann-web", 10), merged)

    assert (found.lead_ids, found.marketing, found.owner) == (("ann",), True, "005O")


def test_open_leads_wait_until_now_or_until_they_were_disqualified() -> None:
    crowd = people(
        touch("ann", 1, 0), stage("ann", 1, 0, "inquiry"), stage("ann", 2, 3.5, "customer"),
        touch("bob", 1, 0), stage("bob", 1, 0, "inquiry"), stage("bob", 2, 5, "disqualified"),
        touch("cy", 1, 1), stage("cy", 1, 1, "inquiry"),
        touch("visitor", 1, 1),
    )  # fmt: skip

    times = sale_times(crowd, Cohort(), day(9))

    assert times.waits == (Wait(3, 1, 0), Wait(5, 0, 1), Wait(8, 0, 1))
    assert (times.sold, times.median_ms) == (1, 3.5 * DAY)


def test_handovers_are_one_for_each_time_to_answer() -> None:
    rows = handover_rows(
        people(
            asked("ann", 1, 2), answered("ann", 1.5, 2), asked("ann", 8, 9),
            asked("bob", 1, 3), fact("HandoverOverdue", "bob", 3, 3, due=day(3), owner="005Q"),
            asked("cy", 1, 3), fact("HandoverOverdue", "cy", 3, 3, due=day(3), owner="005Q"),
            answered("cy", 4, 3, in_time=False),
        ),
        Cohort(),
    )  # fmt: skip

    assert [(row.lead_id, row.state, row.owner, row.in_time) for row in rows] == [
        ("ann", "accepted", "005O", True),
        ("ann", "requested", "", False),
        ("bob", "overdue", "005Q", False),
        ("cy", "accepted", "005O", False),
    ]


def test_groups_without_a_name_are_named() -> None:
    crowd = people(touch("ann", 1, 0, ""), stage("ann", 1, 0, "mql"), answered("ann", 1), stage("bob", 1, 0, "inquiry"))

    assert [group.label for group in count_groups(crowd, Cohort(), "channel")] == ["(none)", "Unassigned"]
    assert [group.label for group in count_groups(crowd, Cohort(), "owner")] == ["(none)", "005O"]
    assert [group.label for group in count_groups(crowd, Cohort(), "campaign")] == ["(none)", "spring"]
