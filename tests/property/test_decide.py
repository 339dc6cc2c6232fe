"""Design §4: any permutation, duplication and batching of the same signals ends in the equal projection."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.identity.model import ANONYMOUS, EMAIL, SIGNAL, Evidence, Identifier
from shared.domain.instant import DAY, HOUR, MINUTE
from shared.domain.intake.signal import ConsentClaim, Signal
from shared.domain.lead.decide import decide, decide_unmerge
from shared.domain.lead.rules import Rules
from tests.property.people import DEVICES, EMAILS, EXTERNALS, NOW, START, USERS, People, rules, signals

SLOW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def compiled() -> Rules:
    return rules()


def in_batches(people: People, given_signals: list[Signal], shuffle: random.Random) -> None:
    waiting = list(given_signals)
    while waiting:
        size = shuffle.randint(1, 4)
        people.decide(waiting[:size])
        waiting = waiting[size:]


@SLOW
@given(signals(), st.randoms(use_true_random=False))
def test_any_order_repetition_and_batching_ends_in_the_equal_projection(
    compiled: Rules, given_signals: list[Signal], shuffle: random.Random
) -> None:
    together = People(compiled)
    together.decide(given_signals)

    scrambled = [*given_signals, *shuffle.sample(given_signals, k=len(given_signals) // 2)]
    shuffle.shuffle(scrambled)
    apart = People(compiled)
    in_batches(apart, scrambled, shuffle)

    assert apart.projections() == together.projections()


@SLOW
@given(signals())
def test_deciding_again_on_the_same_signals_changes_nothing(compiled: Rules, given_signals: list[Signal]) -> None:
    people = People(compiled)
    people.decide(given_signals)
    before = dict(people.tables.heads)

    again = people.decide(given_signals)

    assert all(not decision.writes for decision in again)
    assert people.tables.heads == before


@SLOW
@given(signals())
def test_every_score_is_the_sum_of_its_lines_and_every_line_names_its_rule(
    compiled: Rules, given_signals: list[Signal]
) -> None:
    people = People(compiled)
    people.decide(given_signals)

    for view in people.views():
        assert sum(line.points for line in view.score.lines) == view.score.total
        assert view.score.total == view.score.fit + view.score.engagement
        assert {line.rule for line in view.score.lines} <= compiled.scorer.rules.keys()
        assert all(line.points for line in view.score.lines)


@SLOW
@given(signals(minimum=2), st.randoms(use_true_random=False))
def test_a_stage_never_moves_back(compiled: Rules, given_signals: list[Signal], shuffle: random.Random) -> None:
    people = People(compiled)
    order = compiled.ladder.order
    reached: dict[str, int] = {}
    scrambled = list(given_signals)
    shuffle.shuffle(scrambled)

    for signal in scrambled:
        people.decide([signal])
        for lead_id, lead in people.tables.heads.items():
            assert order[lead.stage.id] >= reached.get(lead_id, -1)
            reached[lead_id] = order[lead.stage.id]


@SLOW
@given(signals(minimum=2))
def test_versions_of_facts_are_gapless_and_their_ids_unique(compiled: Rules, given_signals: list[Signal]) -> None:
    people = People(compiled)
    facts = [fact for signal in given_signals for decision in people.decide([signal]) for fact in decision.facts]

    assert len({fact.event_id for fact in facts}) == len(facts)
    touches = [fact for fact in facts if fact.name == "TouchpointRecorded"]
    assert sorted(fact.causation_id for fact in touches) == sorted(s.signal_id for s in given_signals)


@SLOW
@given(signals(minimum=2), st.randoms(use_true_random=False))
def test_a_claim_never_changes_what_a_verified_person_is_seen_as(
    compiled: Rules, given_signals: list[Signal], shuffle: random.Random
) -> None:
    verified = [s for s in given_signals if s.evidence]
    if not verified:
        return
    honest = People(compiled)
    honest.decide(verified)
    attacked = People(compiled)
    scrambled = list(given_signals)
    shuffle.shuffle(scrambled)
    in_batches(attacked, scrambled, shuffle)

    def told(people: People) -> dict[str, tuple[object, ...]]:
        return {
            view.email: (view.profile, view.consents, view.company, view.external)
            for view in people.views()
            if view.verified and view.email
        }

    assert told(attacked) == told(honest)


def page(n: int, who: Identifier, at: int) -> Signal:
    return Signal(
        signal_id=f"page_{n}",
        kind="page_viewed",
        occurred_at=at,
        recorded_at=at,
        source="segment",
        evidence=Evidence.CLAIMED,
        identifiers=(who,),
        attributes={"path": "/blog"},
    )


def form(n: int, *who: Identifier, at: int = START, evidence: Evidence = Evidence.VERIFIED, **more: object) -> Signal:
    email = next((i.value for i in who if i.kind == EMAIL), None)
    return Signal(
        signal_id=f"form_{n}",
        kind="form_submitted",
        occurred_at=at,
        recorded_at=at,
        source="json",
        evidence=evidence,
        identifiers=who,
        profile={"email": email} if email else {},
        **more,  # type: ignore[arg-type]
    )


def test_1500_anonymous_page_views_and_an_identification_end_in_one_complete_lead(compiled: Rules) -> None:
    people = People(compiled)
    device = DEVICES[0]
    views = [page(n, device, START + n * MINUTE) for n in range(1500)]
    for start in range(0, 1500, 60):
        people.decide(views[start : start + 60])
    people.decide([form(1, EMAILS[0], device, at=START + 2 * DAY)])

    (view,) = people.views()

    assert view.email == "anna@example.com"
    assert view.touch_count == 1501
    assert view.first_touch is not None
    assert view.first_touch.signal_id == "page_0"
    rows = [row for lead_id in people.tables.heads for row in people.store.history(lead_id, limit=1000).rows]
    assert len({t.signal_id for row in rows for t in row.touchpoints}) == 1501


def test_a_phone_alone_never_merges(compiled: Rules) -> None:
    people = People(compiled)
    for n in (1, 2):
        own = Identifier(SIGNAL, f"form_{n}")
        people.decide([form(n, own, phone="+48600100200")])

    views = people.views()

    assert len(views) == 2
    assert len(people.store.find_by_phone("+48600100200")) == 2


def test_a_shared_device_stays_with_whoever_used_it_first(compiled: Rules) -> None:
    people = People(compiled)
    anna, boris = EMAILS[0], EMAILS[1]
    people.decide([form(2, boris, DEVICES[0], at=START + 2 * DAY)])
    people.decide([page(1, DEVICES[0], START)])
    people.decide([form(1, anna, DEVICES[0], at=START + DAY)])

    by_email = {view.email: view for view in people.views()}

    assert by_email["anna@example.com"].touch_count == 2
    assert by_email["boris@example.com"].touch_count == 1


def test_two_addresses_of_one_crm_record_become_one_person_and_withdrawal_wins(compiled: Rules) -> None:
    people = People(compiled)
    given = ConsentClaim(purpose="ad.email", given=True)
    withdrawn = ConsentClaim(purpose="ad.email", given=False)
    people.decide([form(1, EMAILS[0], at=START + DAY, consents=(given,))])
    people.decide([form(2, EMAILS[1], at=START, consents=(withdrawn,))])
    people.decide([form(3, EXTERNALS[0], EMAILS[0], at=START + 2 * DAY)])
    people.decide([form(4, EXTERNALS[0], EMAILS[1], at=START + 3 * DAY)])

    (view,) = people.views()

    assert {i.value for i in view.identifiers if i.kind == EMAIL} == {EMAILS[0].value, EMAILS[1].value}
    assert [(c.purpose, c.state) for c in view.consents] == [("ad.email", "withdrawn")]


def test_a_withdrawal_wins_a_tie_and_an_older_consent_that_arrives_later_changes_nothing(compiled: Rules) -> None:
    people = People(compiled)
    anna = EMAILS[0]
    people.decide([form(2, anna, at=START + DAY, consents=(ConsentClaim(purpose="ad.email", given=False),))])
    people.decide([form(3, anna, at=START + DAY, consents=(ConsentClaim(purpose="ad.email", given=True),))])
    people.decide([form(1, anna, at=START, consents=(ConsentClaim(purpose="ad.email", given=True),))])

    (view,) = people.views()

    assert [(c.state, c.since) for c in view.consents] == [("withdrawn", START + DAY)]


def test_unmerging_gives_both_their_own_history_back_and_they_never_merge_again(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([form(1, EMAILS[0], at=START), form(2, EMAILS[1], at=START + HOUR)])
    before = people.projections()
    people.decide([form(3, EXTERNALS[0], EMAILS[0], at=START + 2 * HOUR)])
    people.decide([form(4, EXTERNALS[0], EMAILS[1], at=START + 3 * HOUR)])
    (root,) = [lead for lead in people.tables.heads.values() if lead.members]
    request = Signal(
        signal_id="unmerge_1",
        kind="identity_linked",
        occurred_at=NOW,
        recorded_at=NOW,
        source="operator",
        evidence=Evidence.VERIFIED,
        identifiers=tuple(i for i in root.identifiers),
    )
    identifiers = (*EMAILS[:2], EXTERNALS[0])

    decision = decide_unmerge(people.store.load(identifiers), root.lead_id, root.members[0], request, compiled, NOW)
    people.store.commit(decision)

    assert [fact.name for fact in decision.facts if fact.name == "LeadUnmerged"] == ["LeadUnmerged"]
    assert len(people.views()) == len(before) == 2
    assert sum(view.touch_count for view in people.views()) == 4
    people.decide([form(5, EXTERNALS[0], EMAILS[1], at=START + 4 * HOUR)])
    assert len(people.views()) == 2


def test_back_filled_history_enters_stages_but_hands_nobody_over(compiled: Rules) -> None:
    people = People(compiled)
    old = [form(n, EMAILS[0], at=START + n * HOUR, attributes={"form_id": "demo_request"}) for n in range(8)]

    facts = [fact for decision in people.decide(old) for fact in decision.facts]

    assert all(f.data["backfilled"] for f in facts if f.name == "StageChanged")
    assert not [f for f in facts if f.name == "HandoverRequested"]


def test_a_lead_that_becomes_sql_now_is_handed_over_once_with_the_time_it_is_due(compiled: Rules) -> None:
    people = People(compiled)
    demo = {"form_id": "demo-request", "path": "/request-demo"}
    ready = {"budget": "90000", "role": "Head of Procurement", "timeline": "this quarter"}
    live = [form(n, EMAILS[0], at=NOW - HOUR + n * MINUTE, attributes=demo, answers=ready) for n in range(6)]

    facts = [fact for signal in live for decision in people.decide([signal]) for fact in decision.facts]

    (view,) = people.views()
    (requested,) = [fact for fact in facts if fact.name == "HandoverRequested"]
    assert view.stage.id == compiled.ladder.model.handover_stage
    assert view.handover is not None
    assert (view.handover.state, view.handover.due) == ("requested", requested.data["due"])
    assert view.handover.due == view.handover.requested_at + compiled.ladder.model.handover_sla_ms


def test_a_machine_moves_no_score_and_no_stage(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([form(1, EMAILS[0], flags=("spam:honeypot",))])

    (view,) = people.views()

    assert view.touch_count == 1
    assert view.stage.id == "anonymous"
    assert view.score.engagement == 0


def test_the_same_input_gives_the_same_decision(compiled: Rules) -> None:
    people = People(compiled)
    batch = [form(1, EMAILS[0], DEVICES[0]), page(1, DEVICES[0], START), form(2, USERS[0], evidence=Evidence.CLAIMED)]
    known = people.store.load(tuple(i for s in batch for i in s.identifiers))

    assert decide(known, batch, compiled, NOW, "seed") == decide(known, list(reversed(batch)), compiled, NOW, "seed")


def test_an_anonymous_visitor_is_no_captured_lead(compiled: Rules) -> None:
    people = People(compiled)
    facts = [f for d in people.decide([page(1, Identifier(ANONYMOUS, "a-9"), START)]) for f in d.facts]

    assert [f.name for f in facts if f.name in {"LeadCaptured", "StageChanged"}] == []


@SLOW
@given(signals(), st.randoms(use_true_random=False))
def test_the_fit_that_a_head_remembers_is_the_fit_that_it_would_be_reckoned_as(
    compiled: Rules, given_signals: list[Signal], shuffle: random.Random
) -> None:
    people = People(compiled)
    scrambled = list(given_signals)
    shuffle.shuffle(scrambled)
    in_batches(people, scrambled, shuffle)

    for view in people.views():
        head = people.tables.heads[view.lead_id]
        if head.fit_version:
            fit = {line.rule for line in view.score.lines if compiled.scorer.rules[line.rule].category == "fit"}
            assert set(head.fit_rules) == fit


@SLOW
@given(signals())
def test_every_line_names_the_signals_it_comes_from(compiled: Rules, given_signals: list[Signal]) -> None:
    people = People(compiled)
    people.decide(given_signals)
    told = {signal.signal_id for signal in given_signals}

    for view in people.views():
        for line in view.score.lines:
            assert line.event_ids
            assert set(line.event_ids) <= told
