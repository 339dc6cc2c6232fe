"""The funnel and the key figures on facts written down by hand, with the numbers worked out by hand."""

from collections.abc import Sequence

import pytest

from shared.domain.insights.fold import fold
from shared.domain.insights.metrics import (
    ChannelCount,
    Cohort,
    CohortCount,
    Grain,
    count_funnel,
    count_kpis,
    days,
    label_of,
    share,
)
from shared.domain.insights.model import FactRow, Person
from shared.domain.insights.persons import persons
from shared.domain.instant import DAY
from tests.unit.insights.facts_of import START, day, fact, stage, touch

WORLD = [
    # Ann: by the book, in ten days to sql; a customer after thirty.
    fact("LeadCaptured", "ann", 1, 0, source="form", channel="Paid Search", evidence="verified"),
    touch("ann", 1, 0),
    touch("ann", 2, 2, "Email"),
    stage("ann", 1, 0, "inquiry"),
    stage("ann", 2, 4, "mql"),
    stage("ann", 3, 10, "sql"),
    stage("ann", 4, 20, "opportunity"),
    stage("ann", 5, 30, "customer"),
    fact("CompanyLinked", "ann", 1, 0, company_id="c-acme", domain="acme.com", by="domain"),
    fact("ConsentGiven", "ann", 1, 0, purpose="ad.email", source="form"),
    # Bob: mql after two days, colleague of Ann, withdrew his consent.
    touch("bob", 1, 5),
    stage("bob", 1, 5, "inquiry"),
    stage("bob", 2, 7, "mql"),
    fact("CompanyLinked", "bob", 1, 5, company_id="c-acme", domain="acme.com", by="domain"),
    fact("ConsentGiven", "bob", 1, 5, purpose="ad.email", source="form"),
    fact("ConsentWithdrawn", "bob", 2, 6, purpose="ad.email", source="form"),
    # Cy: a visitor who became known in February, by two devices that turned out to be one person.
    touch("cy-web", 1, 40, "Organic Search"),
    touch("cy", 1, 41, "Direct"),
    stage("cy", 1, 41, "inquiry"),
    fact("LeadMerged", "cy", 2, 41, loser_id="cy-web"),
    # Di went straight to sql: the stages she skipped count as reached, and as entered where the fact says so.
    touch("di", 1, 45),
    stage("di", 1, 46, "sql", "inquiry", "mql"),
    stage("di", 2, 50, "recycled"),
    # A visitor, and a machine that clicked.
    touch("eve", 1, 50),
    touch("bot", 1, 50, human=False),
]


def people(facts: Sequence[FactRow] = tuple(WORLD)) -> list[Person]:
    return persons(fold({}, facts))


def test_the_funnel_counts_who_reached_each_stage_and_how_long_it_took() -> None:
    counts = count_funnel(people(), Cohort(), "month")

    assert [(s.stage, s.reached, s.entered, s.current) for s in counts.line] == [
        ("inquiry", 4, 4, 1),
        ("mql", 3, 3, 1),
        ("sql", 2, 2, 0),
        ("opportunity", 1, 1, 0),
        ("customer", 1, 1, 1),
        ("advocate", 0, 0, 0),
    ]
    # inquiry → mql: Ann 4 days, Bob 2, Di 0; mql → sql: Ann 6, Di 0; then Ann alone.
    assert [days(s.median_ms) for s in counts.line] == [2.0, 3.0, 10.0, 10.0, None, None]
    assert [(s.stage, s.reached, s.current) for s in counts.side] == [("recycled", 1, 1), ("disqualified", 0, 0)]
    assert counts.visitors == 1
    assert counts.cohorts == (
        CohortCount("2026-01", (2, 2, 1, 1, 1, 0)),
        CohortCount("2026-02", (2, 1, 1, 0, 0, 0)),
    )


def test_the_key_figures_follow_their_definitions() -> None:
    counts = count_kpis(people(), Cohort())

    assert (counts.leads, counts.visitors, counts.companies, counts.touches) == (4, 1, 1, 6)
    assert counts.reached == (4, 3, 2, 1, 1, 0)
    assert days(counts.median_ms_to_sql) == 5.5  # Ann 10, Di 1
    assert counts.consents == {"ad.email": 1}
    assert counts.channels == (
        ChannelCount("Paid Search", (3, 3, 2, 1, 1, 0)),
        ChannelCount("Organic Search", (1, 0, 0, 0, 0, 0)),
    )


def test_a_cohort_is_the_day_of_the_first_touch_with_its_last_day_included() -> None:
    counts = count_kpis(people(), Cohort(day(5), day(41)))

    assert counts.leads == 2  # Bob on day 5, Cy by the first of both devices on day 40; Ann before, Di after
    assert count_kpis(people(), Cohort(day(5), day(40))).leads == 1
    assert count_kpis(people(), Cohort(None, START)).leads == 0


def test_merged_leads_are_one_person_and_two_again_after_an_unmerge() -> None:
    merged = people()
    apart = people([*WORLD, fact("LeadUnmerged", "cy", 3, 42, member_id="cy-web")])

    assert [p.lead_id for p in merged if p.lead_id.startswith("cy")] == ["cy"]
    assert [p.lead_id for p in apart if p.lead_id.startswith("cy")] == ["cy", "cy-web"]


def test_a_merge_counts_touches_of_both_and_the_earliest_entry_and_the_strictest_consent() -> None:
    facts = [
        touch("a", 1, 3), touch("b", 1, 1, "Referral"), touch("b", 2, 4),
        stage("a", 1, 3, "inquiry"), stage("b", 1, 2, "inquiry"), stage("a", 2, 5, "mql"),
        fact("ConsentGiven", "a", 1, 3, purpose="ad.sms", source="form"),
        fact("ConsentWithdrawn", "b", 1, 1, purpose="ad.sms", source="form"),
        fact("LeadMerged", "a", 3, 6, loser_id="b"),
    ]  # fmt: skip

    (person,) = people(facts)

    assert (person.touches, person.channel, person.stage) == (3, "Referral", "mql")
    assert person.entered == {"inquiry": day(2), "mql": day(5)}
    assert person.consents == frozenset()


def test_a_late_fact_never_moves_a_stage_back_and_a_record_of_no_lead_is_no_lead() -> None:
    facts = [
        stage("a", 2, 5, "mql"),
        stage("a", 1, 1, "inquiry"),
        fact("RecordParked", "", 0, 1, parked_id="p", code="X", source="form"),
    ]

    (person,) = people(facts)

    assert (person.lead_id, person.stage) == ("a", "mql")


def test_chains_and_cycles_of_merges_end_in_one_root() -> None:
    chain = [fact("LeadMerged", f"l{n + 1}", 1, n, loser_id=f"l{n}") for n in range(5)]
    circle = [*chain, fact("LeadMerged", "l0", 2, 9, loser_id="l5")]

    assert [person.lead_id for person in people(chain)] == ["l5"]
    assert len(people(circle)) >= 1


@pytest.mark.parametrize(("grain", "label"), [("day", "2026-01-01"), ("week", "2026-W01"), ("month", "2026-01")])
def test_cohorts_are_labelled_in_utc(grain: Grain, label: str) -> None:
    assert label_of(START, grain) == label
    assert label_of(START + DAY - 1, grain) == label


def test_ratios_of_nothing_are_none() -> None:
    assert share(1, 0) is None
    assert share(1, 3) == 0.3333
    assert days(None) is None
    empty = count_kpis([], Cohort())
    assert (empty.leads, empty.reached, empty.median_ms_to_sql) == (0, (0, 0, 0, 0, 0, 0), None)
