"""What sales answers, owns and wins reaches the lead: in any order, once, and from nobody else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.company.policy import company_id
from shared.domain.identity.model import EXTERNAL, Evidence, Identifier, Stamp
from shared.domain.instant import DAY, HOUR, MINUTE
from shared.domain.intake.signal import Signal
from shared.domain.lead.decide import decide_link, decide_overdue
from shared.domain.lead.decision import Decision, Fact, Timer
from shared.domain.lead.opportunity import MAX_OPPORTUNITIES, Opportunity, add
from shared.domain.lead.rules import Rules
from shared.domain.sync.model import FieldVerdict
from tests.property.people import EMAILS, EXTERNALS, NOW, START, People, rules
from tests.property.test_decide import form, page

ANNA = EMAILS[0]
RECORD = EXTERNALS[0]
READY = {"budget": "90000", "role": "Head of Procurement", "timeline": "this quarter"}
DEMO = {"form_id": "demo-request", "path": "/request-demo"}


@pytest.fixture(scope="module")
def compiled() -> Rules:
    return rules()


def told(
    n: int,
    *,
    at: int = NOW,
    evidence: Evidence = Evidence.VERIFIED,
    who: tuple[Identifier, ...] = (RECORD, ANNA),
    profile: dict[str, str] | None = None,
    verdicts: tuple[FieldVerdict, ...] = (),
    **attributes: Any,
) -> Signal:
    return Signal(
        signal_id=f"told_{n}",
        kind="remote_changed",
        occurred_at=at,
        recorded_at=NOW,
        source="salesforce",
        evidence=evidence,
        identifiers=who,
        profile=profile or {},
        attributes={"system": "salesforce", "object": "lead", **attributes},
        verdicts=verdicts,
    )


def linking(at: int = NOW) -> Signal:
    return Signal(
        signal_id=f"link_{at}",
        kind="identity_linked",
        occurred_at=at,
        recorded_at=at,
        source="salesforce",
        evidence=Evidence.VERIFIED,
        identifiers=(),
        attributes={"object": "lead"},
    )


def names(facts: list[Fact], *wanted: str) -> list[str]:
    return [fact.name for fact in facts if not wanted or fact.name in wanted]


def facts_of(people: People, *signals: Signal) -> list[Fact]:
    return [fact for signal in signals for decision in people.decide([signal]) for fact in decision.facts]


def handed_over(compiled: Rules) -> tuple[People, list[Decision]]:
    """Anna asked for a demonstration an hour ago and waits for sales."""
    people = People(compiled)
    live = [form(n, ANNA, at=NOW - HOUR + n * MINUTE, attributes=DEMO, answers=READY) for n in range(6)]
    return people, [decision for signal in live for decision in people.decide([signal])]


def test_a_request_sets_a_timer_for_the_moment_it_is_due(compiled: Rules) -> None:
    people, decisions = handed_over(compiled)
    (view,) = people.views()

    assert view.handover is not None
    assert view.handover.due is not None
    timers = [timer for decision in decisions for timer in decision.timers]
    assert timers == [Timer(view.handover.due, "handover", view.lead_id)]
    assert people.store.due_timers(view.handover.due + 1) == tuple(timers)


def test_sales_accepts_once_however_often_it_says_so(compiled: Rules) -> None:
    people, _ = handed_over(compiled)

    facts = facts_of(
        people,
        told(1, at=NOW, handover="accepted", owner="005A"),
        told(2, at=NOW + MINUTE, handover="accepted", owner="005B"),
    )

    (view,) = people.views()
    assert view.handover is not None
    assert (view.handover.state, view.handover.owner, view.handover.answered_at) == ("accepted", "005B", NOW)
    (accepted,) = [fact for fact in facts if fact.name == "HandoverAccepted"]
    assert accepted.data == {"owner": "005A", "answered_in_time": True, "due": view.handover.due}


@given(st.permutations(range(4)))
def test_the_later_answer_and_the_later_owner_hold_in_any_order(order: list[int]) -> None:
    people, _ = handed_over(rules())
    said = [
        told(1, at=NOW, handover="accepted", owner="005A"),
        told(2, at=NOW + MINUTE, handover="rejected", handover_reason="No budget"),
        told(3, at=NOW + 2 * MINUTE, owner="005B"),
        told(4, at=NOW - MINUTE, handover="accepted", owner="005C"),
    ]

    facts_of(people, *(said[n] for n in order))

    (view,) = people.views()
    assert view.handover is not None
    assert (view.handover.state, view.handover.owner, view.handover.reason) == ("rejected", "005B", "No budget")


def test_an_answer_without_a_request_changes_nothing_but_the_owner(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([form(1, ANNA, at=START)])

    facts = facts_of(people, told(1, handover="accepted", owner="005A"))

    (view,) = people.views()
    assert view.handover is not None
    assert (view.handover.state, view.handover.owner, view.handover.due) == ("none", "005A", None)
    assert names(facts, "HandoverAccepted") == []


def test_a_person_whom_sales_owned_before_is_handed_over_to_that_owner(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([told(1, at=NOW - DAY, owner="005A")])
    live = [form(n, ANNA, at=NOW - HOUR + n * MINUTE, attributes=DEMO, answers=READY) for n in range(6)]

    facts = facts_of(people, *live)

    (view,) = people.views()
    assert view.handover is not None
    assert (view.handover.state, view.handover.owner) == ("requested", "005A")
    assert names(facts, "HandoverRequested") == ["HandoverRequested"]


def test_who_is_not_answered_in_time_is_overdue_once_and_an_answer_still_counts(compiled: Rules) -> None:
    people, _ = handed_over(compiled)
    (before,) = people.views()
    assert before.handover is not None
    assert before.handover.due is not None
    due = before.handover.due

    def looked(at: int) -> Decision:
        decision = decide_overdue(people.store.load((ANNA,)), before.lead_id, linking(due), compiled, at)
        people.store.commit(decision)
        return decision

    early, late, again = looked(due - 1), looked(due), looked(due + 1)
    facts = facts_of(people, told(1, at=due + HOUR, handover="rejected", handover_reason="Not now", stage="recycled"))

    assert (early.writes, again.writes) == ((), ())
    assert [(fact.name, dict(fact.data)) for fact in late.facts] == [("HandoverOverdue", {"owner": None, "due": due})]
    (rejected,) = [fact for fact in facts if fact.name == "HandoverRejected"]
    assert rejected.data == {"owner": None, "answered_in_time": False, "due": due, "reason": "Not now"}
    (view,) = people.views()
    assert (view.stage.id, view.stage.reason) == ("recycled", "LIFECYCLE.BACK_TO_MARKETING")


def test_an_opportunity_moves_the_stage_with_its_own_date_and_tells_only_real_changes(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([form(1, ANNA, at=START)])
    deal: dict[str, Any] = {
        "opportunity_id": "006A", "opportunity_stage": "Proposal", "amount": "12500.00", "currency": "EUR",
        "account_id": "001A", "account_domain": "acme.example", "account_name": "Acme",
    }  # fmt: skip

    facts = facts_of(
        people,
        told(1, at=START + DAY, opportunity_state="open", opened_on="2023-11-15", **deal),
        told(2, at=START + 2 * DAY, opportunity_state="open", opened_on="2023-11-15", **deal),
        told(3, at=START + 3 * DAY, opportunity_state="won", closed_on="2023-11-17", **deal),
    )

    (view,) = people.views()
    assert view.stage.id == "customer"
    assert view.stage.entered["opportunity"] == START + DAY
    assert view.stage.entered["customer"] == START + 3 * DAY
    changes = [fact.data for fact in facts if fact.name == "OpportunityChanged"]
    assert [(change["state"], change["amount"]) for change in changes] == [("open", "12500.00"), ("won", "12500.00")]
    assert view.company is not None
    assert view.company.company_id == changes[0]["company_id"] == company_id("domain", "acme.example")
    assert view.opportunities["006A"].state == "won"


def test_an_account_without_a_domain_is_a_company_of_its_own_and_the_latest_account_holds(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([told(2, at=START + DAY, account_id="001B"), told(1, at=START, account_id="001A")])

    (view,) = people.views()
    assert view.company is not None
    assert view.company.company_id == company_id("account", "001B")


def test_nobody_with_a_public_key_speaks_for_sales(compiled: Rules) -> None:
    people, _ = handed_over(compiled)
    (before,) = people.views()

    facts = facts_of(
        people,
        told(
            1,
            evidence=Evidence.CLAIMED,
            handover="accepted",
            owner="005A",
            opportunity_id="006A",
            opportunity_state="won",
        ),
    )

    (view,) = people.views()
    assert view.handover == before.handover
    assert view.opportunities == {}
    assert view.stage == before.stage
    assert names(facts, "HandoverAccepted", "OpportunityChanged") == []


def test_what_another_system_tells_is_no_touch_and_earns_no_points(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([form(1, ANNA, at=START)])
    (before,) = people.views()

    facts = facts_of(people, told(1, at=START - DAY, fields="phone"))

    (view,) = people.views()
    assert (view.touch_count, view.first_touch, view.last_touch) == (
        before.touch_count, before.first_touch, before.last_touch,
    )  # fmt: skip
    assert view.score.engagement == before.score.engagement
    (touch,) = [fact for fact in facts if fact.name == "TouchpointRecorded"]
    assert touch.data["human"] is False


def test_an_empty_value_clears_a_field_and_a_later_one_fills_it_again(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([told(1, at=START, profile={"title": "CTO", "phone": "+48600100200"})])
    facts = facts_of(people, told(2, at=START + DAY, profile={"title": "", "phone": ""}))

    (cleared,) = people.views()
    people.decide([told(3, at=START + 2 * DAY, profile={"title": "CFO"})])
    (filled,) = people.views()

    assert (dict(cleared.profile), cleared.phone) == ({}, None)
    assert [fact.data["fields"] for fact in facts if fact.name == "ProfileChanged"] == [["phone", "title"]]
    assert filled.profile["title"].value == "CFO"


def test_an_address_that_was_cleared_is_shown_no_more(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([form(1, ANNA, at=START)])

    people.decide([told(1, at=START + DAY, profile={"email": ""})])

    (view,) = people.views()
    assert view.email is None
    assert ANNA in view.identifiers


def test_verdicts_are_told_by_name_and_noted_once(compiled: Rules) -> None:
    people = People(compiled)
    verdicts = tuple(
        FieldVerdict("salesforce", name, "latest", "salesforce", "SYNC.NEWER") for name in ("phone", "title")
    )

    (decision,) = people.decide([told(1, verdicts=verdicts)])

    conflicts = [fact.data for fact in decision.facts if fact.name == "FieldConflictResolved"]
    assert [conflict["field"] for conflict in conflicts] == ["phone", "title"]
    (note,) = [note for row in decision.history for note in row.notes]
    assert (note["kind"], note["reason"]) == ("conflicts_resolved", "phone, title")


def test_a_linked_record_finds_the_person_is_no_touch_and_is_told_once(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([form(1, ANNA, at=START, evidence=Evidence.CLAIMED)])
    (before,) = people.views()

    decision = decide_link(people.store.load((ANNA, RECORD)), before.lead_id, RECORD, linking(), compiled, NOW)
    people.store.commit(decision)
    again = decide_link(people.store.load((ANNA, RECORD)), before.lead_id, RECORD, linking(NOW + 1), compiled, NOW)

    (view,) = people.views()
    assert people.store.find(RECORD) == before.lead_id
    assert (view.verified, view.touch_count) == (False, before.touch_count)
    assert [dict(fact.data) for fact in decision.facts] == [
        {"system": "salesforce", "object": "lead", "remote_id": "00Q0"}
    ]
    assert again.writes == ()


def test_a_record_of_another_person_makes_both_one(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([form(1, ANNA, at=START), form(2, EMAILS[1], RECORD, at=START + DAY)])
    anna = people.store.find(ANNA)
    assert anna is not None

    decision = decide_link(people.store.load((ANNA, RECORD)), anna, RECORD, linking(), compiled, NOW)
    people.store.commit(decision)

    (view,) = people.views()
    assert view.touch_count == 2
    assert set(names(list(decision.facts))) >= {"LeadMerged", "RemoteLinked"}


def test_a_contact_stands_for_a_person_before_a_lead_and_all_records_are_named(compiled: Rules) -> None:
    people = People(compiled)
    contact, lead = Identifier(EXTERNAL, "salesforce:003A"), Identifier(EXTERNAL, "salesforce:00QA")
    marketo = [Identifier(EXTERNAL, f"marketo:{n}") for n in (7, 12)]
    people.decide([told(1, at=START, who=(contact, ANNA)), told(2, at=START + DAY, who=(lead, ANNA))])
    people.decide([told(3, at=START + DAY, who=(marketo[0], ANNA)), told(4, at=START, who=(marketo[1], ANNA))])

    (view,) = people.views()

    assert view.external == {"marketo": "7", "salesforce": "003A"}
    assert view.external_ids == ("marketo:12", "marketo:7", "salesforce:003A", "salesforce:00QA")


@given(st.permutations(range(MAX_OPPORTUNITIES + 10)), st.integers(1, 5))
def test_a_head_keeps_the_opportunities_told_of_last_in_any_order(order: list[int], ids: int) -> None:
    held: dict[str, Opportunity] = {}
    for n in order:
        held = add(held, f"006{n // ids}", Opportunity(Stamp(1, n, f"told_{n}"), "open"))

    latest = {f"006{n // ids}": n for n in range(MAX_OPPORTUNITIES + 10)}
    kept = sorted(latest, key=lambda key: latest[key])[-MAX_OPPORTUNITIES:]
    assert {key: found.stamp.occurred_at for key, found in held.items()} == {key: latest[key] for key in kept}


def test_the_first_grade_and_every_other_one_is_told_as_changed(compiled: Rules) -> None:
    people = People(compiled)

    facts = facts_of(people, form(1, ANNA, at=START), page(2, Identifier("anonymous", "a-0"), START))

    scores = [fact.data for fact in facts if fact.name == "ScoreChanged"]
    assert scores
    assert scores[0]["grade_changed"] is True
