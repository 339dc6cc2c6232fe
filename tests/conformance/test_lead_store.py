"""What every LeadStore promises, held against each implementation."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.dynamodb import name_rows
from shared.adapters.memory.faults import Killed
from shared.domain.identity.model import SIGNAL, Identifier
from shared.domain.instant import DAY
from shared.domain.lead.decision import Decision, LeadWrite, NameWrite, SeenWrite, Timer
from shared.domain.lead.model import Lead
from shared.domain.lead.seen import signal_digest
from shared.ports.failures import StoreUnavailable
from shared.ports.leads import DecisionTooLarge, LeadConflict
from tests.conformance.builders import (
    AT,
    EMAIL,
    VISITOR,
    a_consent,
    a_decision,
    a_fact,
    a_history,
    a_lead,
    a_touchpoint,
)
from tests.conformance.worlds import WORLDS, World


def test_nothing_is_known_about_a_stranger_but_the_id_that_a_weak_identifier_owns(world: World) -> None:
    known = world.store.load([EMAIL, VISITOR])

    assert EMAIL not in known.owners
    assert known.owners[VISITOR] == world.identity.weak_lead_id(VISITOR)
    assert known.leads == {}
    assert known.seen == {}


def test_a_committed_decision_is_loaded_by_its_identifiers(world: World) -> None:
    lead = a_lead()

    world.store.commit(a_decision(lead))

    known = world.store.load([EMAIL])
    assert known.owners == {EMAIL: "lead_1"}
    assert known.leads == {"lead_1": lead}
    assert known.seen == {"lead_1": frozenset({signal_digest("signal_1")})}
    assert known.seen_open == known.seen
    assert world.store.get("lead_1") == lead
    assert world.store.get_many(["lead_1", "lead_2"]) == {"lead_1": lead}
    assert world.store.find(EMAIL) == "lead_1"
    assert world.store.find_by_phone("+48600100200") == ("lead_1",)


@pytest.mark.parametrize("identifier", [VISITOR, Identifier("user", "42"), Identifier(SIGNAL, "signal_1")], ids=str)
def test_a_weak_identifier_finds_the_lead_derived_from_it_once_it_exists(world: World, identifier: Identifier) -> None:
    lead_id = world.identity.weak_lead_id(identifier)
    before = world.store.find(identifier)

    world.store.commit(a_decision(a_lead(lead_id), pointers=()))

    assert before is None
    assert world.store.find(identifier) == lead_id
    assert set(world.store.load([identifier]).leads) == {lead_id}


def test_ids_of_different_kinds_of_identifiers_never_meet(world: World) -> None:
    ids = {world.identity.weak_lead_id(Identifier(kind, "42")) for kind in ("user", "anonymous", "signal")}

    assert len(ids) == 3


def test_a_lost_race_for_a_head_writes_nothing(world: World) -> None:
    world.store.commit(a_decision())
    world.store.commit(a_decision(a_lead(version=2), expected=1))
    before = world.snapshot()

    with pytest.raises(LeadConflict, match="head lead_1"):
        world.store.commit(a_decision(a_lead(version=2, touch_count=9), expected=1, history=(a_history(version=9),)))

    assert world.snapshot() == before


def test_a_head_that_exists_is_not_created_again(world: World) -> None:
    world.store.commit(a_decision())
    before = world.snapshot()

    with pytest.raises(LeadConflict):
        world.store.commit(a_decision(a_lead(touch_count=1)))

    assert world.snapshot() == before


def test_a_pointer_that_is_taken_refuses_the_whole_decision(world: World) -> None:
    world.store.commit(a_decision())
    before = world.snapshot()

    with pytest.raises(LeadConflict, match="pointer of lead_2"):
        world.store.commit(a_decision(a_lead("lead_2")))

    assert world.snapshot() == before
    assert world.store.find(EMAIL) == "lead_1"


def test_history_is_never_overwritten(world: World) -> None:
    world.store.commit(a_decision())
    other = a_decision(a_lead("lead_2"), pointers=(), history=(a_history("lead_1", 1, touchpoints=()),))

    with pytest.raises(LeadConflict, match="history 1 of lead_1"):
        world.store.commit(other)


def test_a_conflict_names_no_personal_data(world: World) -> None:
    world.store.commit(a_decision())

    with pytest.raises(LeadConflict) as conflict:
        world.store.commit(a_decision(a_lead("lead_2")))

    assert "ada" not in str(conflict.value)
    assert "48600" not in str(conflict.value)


def test_signals_already_counted_are_remembered_over_many_buckets(world: World) -> None:
    digests = [frozenset(signal_digest(f"{bucket}.{n}") for n in range(100)) for bucket in range(6)]
    for bucket, content in enumerate(digests):
        lead = a_lead(version=bucket + 1, seen_bucket=bucket)
        world.store.commit(a_decision(lead, expected=bucket, seen=(SeenWrite("lead_1", bucket, content),)))
        known = world.store.load([EMAIL])
        assert known.seen["lead_1"] == frozenset().union(*digests[: bucket + 1])
        assert known.seen_open["lead_1"] == content


def test_a_new_bucket_that_nothing_was_written_to_is_open_and_empty(world: World) -> None:
    world.store.commit(a_decision(a_lead(seen_bucket=1), seen=(SeenWrite("lead_1", 0, frozenset({"0" * 16})),)))

    known = world.store.load([EMAIL])

    assert known.seen["lead_1"] == {"0" * 16}
    assert known.seen_open["lead_1"] == frozenset()


def test_a_merged_root_loads_all_its_members_and_a_member_loads_its_root(world: World) -> None:
    root = a_lead("root", members=("member_1", "member_2"))
    first, second = a_lead("member_1", merged_into="root"), a_lead("member_2", merged_into="member_1")
    writes = tuple(LeadWrite(lead, 0) for lead in (root, first, second))
    world.store.commit(a_decision(root, writes=writes, pointers=((EMAIL, "member_2"),)))

    known = world.store.load([EMAIL])

    assert known.owners == {EMAIL: "member_2"}
    assert known.leads == {"root": root, "member_1": first, "member_2": second}


def test_one_load_answers_for_more_identifiers_than_one_request_may_ask(world: World) -> None:
    emails = [Identifier("email", f"{n}@example.com") for n in range(130)]
    for start in range(0, 130, 40):
        chunk = emails[start : start + 40]
        leads = [a_lead(f"lead_{email.value}") for email in chunk]
        pointers = tuple((email, f"lead_{email.value}") for email in chunk)
        writes = tuple(LeadWrite(lead, 0) for lead in leads)
        world.store.commit(Decision(reason="x", writes=writes, pointers=pointers))

    known = world.store.load([*emails, *emails[:10]])

    assert len(known.owners) == len(known.leads) == 130


def test_history_is_read_newest_first_and_page_by_page(world: World) -> None:
    for version in range(1, 8):
        world.store.commit(a_decision(a_lead(version=version), expected=version - 1))

    first = world.store.history("lead_1", limit=3)
    second = world.store.history("lead_1", limit=3, cursor=first.cursor)
    third = world.store.history("lead_1", limit=3, cursor=second.cursor)

    assert [[row.version for row in page.rows] for page in (first, second, third)] == [[7, 6, 5], [4, 3, 2], [1]]
    assert third.cursor is None
    assert world.store.history("lead_1", limit=7).cursor is None
    assert first.rows[0] == a_history(version=7)
    assert world.store.history("nobody").rows == ()


def test_a_lead_joins_the_company_it_was_linked_to_and_leaves_the_one_before(world: World) -> None:
    joined = a_fact(name="CompanyLinked", company_id="company_a", domain="a.example", by="domain")
    moved = a_fact(
        version=2,
        name="CompanyLinked",
        company_id="company_b",
        domain=None,
        by="name",
        previous_company_id="company_a",
    )

    world.store.commit(a_decision(facts=(joined,)))
    members = world.store.company_members("company_a")
    world.store.commit(a_decision(a_lead(version=2), expected=1, facts=(moved,)))

    assert members == ("lead_1",)
    assert world.store.company_members("company_a") == ()
    assert world.store.company_members("company_b") == ("lead_1",)


def test_timers_are_written_with_their_decision_found_when_due_and_forgotten(world: World) -> None:
    timers = tuple(Timer(AT + 1000 * n, "handover", f"lead_{n}") for n in range(6))
    for n, timer in enumerate(timers):
        world.store.commit(a_decision(a_lead(f"lead_{n}"), pointers=(), timers=(timer, timer)))

    due = world.store.due_timers(AT + 4000)
    world.store.remove_timers(due[:2])
    world.store.remove_timers(due[:2])

    assert due == timers[:4]
    assert world.store.due_timers(AT + 4000) == timers[2:4]
    assert world.store.due_timers(AT) == ()
    assert len(world.store.due_timers(AT + DAY, limit=4)) <= 4


def test_a_timer_of_a_lost_race_is_not_written(world: World) -> None:
    world.store.commit(a_decision())

    with pytest.raises(LeadConflict):
        world.store.commit(a_decision(timers=(Timer(AT, "handover", "lead_1"),)))

    assert world.store.due_timers(AT + 1) == ()


def test_the_same_timer_of_two_decisions_is_one(world: World) -> None:
    timer = Timer(AT, "handover", "lead_1")
    world.store.commit(a_decision(timers=(timer,)))
    world.store.commit(a_decision(a_lead(version=2), expected=1, timers=(timer,)))

    assert world.store.due_timers(AT + 1) == (timer,)


def test_several_leads_with_one_phone_are_all_found(world: World) -> None:
    for lead_id in ("lead_1", "lead_2"):
        world.store.commit(a_decision(a_lead(lead_id), pointers=()))

    assert world.store.find_by_phone("+48600100200") == ("lead_1", "lead_2")
    assert world.store.find_by_phone("+48600100201") == ()


def call_them(world: World, **names: str) -> None:
    for lead_id, name in names.items():
        change = NameWrite(lead_id, tuple(name.split()), ())
        world.store.commit(a_decision(a_lead(lead_id), pointers=(), phones=(), names=(change,)))


def test_people_are_found_by_any_words_of_their_names_in_any_order(world: World) -> None:
    call_them(world, lead_1="anna kowalska", lead_2="anna maria nowak", lead_3="kowalska", lead_4="boris nowak")

    def found(*words: str) -> tuple[str, ...]:
        return world.store.find_by_name(words).lead_ids

    assert found("anna") == ("lead_1", "lead_2")
    assert found("kowalska") == ("lead_1", "lead_3")
    assert found("anna", "kowalska") == found("kowalska", "anna", "anna") == ("lead_1",)
    assert found("nowak", "anna", "maria") == found("maria", "nowak") == ("lead_2",)
    assert found("anna", "boris") == found("celia") == found("anna", "celia") == found() == ()


def test_a_person_is_not_found_by_a_name_that_was_left(world: World) -> None:
    call_them(world, lead_1="anna nowak")
    changed = NameWrite("lead_1", ("anna", "kowalska"), ("nowak",))
    world.store.commit(a_decision(a_lead(version=2), expected=1, names=(changed,)))
    left = world.store.find_by_name(["nowak"]).lead_ids, world.store.find_by_name(["anna", "nowak"]).lead_ids

    back = NameWrite("lead_1", ("anna", "nowak"), ("kowalska",))
    world.store.commit(a_decision(a_lead(version=3), expected=2, names=(back,)))

    assert left == ((), ())
    assert world.store.find_by_name(["anna", "nowak"]).lead_ids == ("lead_1",)
    assert world.store.find_by_name(["kowalska"]).lead_ids == ()


@pytest.mark.parametrize("words", [("anna",), ("anna", "kowalska")], ids="-".join)
def test_people_of_one_name_are_found_page_by_page_each_once(
    world: World, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_rows, "ROWS_LOOKED_AT", 2)
    call_them(world, **{f"lead_{n}": "anna kowalska" for n in range(7)}, other_1="anna", other_2="kowalska")
    pages: list[str] = []
    after = None
    while True:
        page = world.store.find_by_name(words, after=after, limit=3)
        pages += page.lead_ids
        after = page.after
        if after is None:
            break

    assert [lead_id for lead_id in pages if lead_id.startswith("lead_")] == [f"lead_{n}" for n in range(7)]
    assert len(pages) == len(set(pages)) == (8 if words == ("anna",) else 7)


def test_a_name_of_a_lost_race_is_not_written(world: World) -> None:
    world.store.commit(a_decision())

    with pytest.raises(LeadConflict):
        world.store.commit(a_decision(names=(NameWrite("lead_1", ("anna",), ()),)))

    assert world.store.find_by_name(["anna"]).lead_ids == ()


def test_a_hundred_items_fit_and_one_more_is_refused(world: World) -> None:
    leads = [LeadWrite(a_lead(f"lead_{n}", identifiers={}), 0) for n in range(101)]

    with pytest.raises(DecisionTooLarge, match="101 items"):
        world.store.commit(Decision(reason="x", writes=tuple(leads)))
    world.store.commit(Decision(reason="x", writes=tuple(leads[:100])))

    assert world.store.get("lead_99") is not None
    assert world.store.get("lead_100") is None


def test_more_bytes_than_a_row_may_have_are_refused(world: World) -> None:
    # Digests do not compress: what a lead with a hundred thousand touchpoints at once would look like.
    touchpoints = tuple(
        a_touchpoint(signal_digest(f"{n}") + signal_digest(f"{n}."), archive_key=signal_digest(f"a{n}") * 4)
        for n in range(20_000)
    )

    with pytest.raises(DecisionTooLarge, match="bytes"):
        world.store.commit(a_decision(history=(a_history(touchpoints=touchpoints),)))

    assert world.store.get("lead_1") is None


def test_an_empty_decision_writes_nothing(world: World) -> None:
    before = world.snapshot()

    world.store.commit(Decision(reason="DECISION.NOTHING_NEW"))

    assert world.snapshot() == before


def test_consent_and_lead_are_written_together_or_not_at_all(world: World) -> None:
    sealed = world.ledger.seal([a_consent()])
    world.store.commit(a_decision())
    before = world.snapshot()

    with pytest.raises(LeadConflict):
        world.store.commit(a_decision(), sealed)

    assert world.snapshot() == before
    assert world.ledger.read("subject_1") == ()


def _capture(world: World) -> None:
    """Load, seal, commit, as the processor does it."""
    lead, consents = a_lead(subject_ref="subject_1"), [a_consent(), a_consent(given=False, at=AT + 1)]
    if world.store.load([EMAIL]).owners:
        return
    world.store.commit(a_decision(lead, consents=tuple(consents)), world.ledger.seal(consents))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", sorted(WORLDS))
def test_a_crash_between_any_two_calls_leaves_nothing_half_written_and_a_second_run_completes_it(
    kind: str, when: str
) -> None:
    with WORLDS[kind]() as clean:
        empty = clean.snapshot()
        clean.faults.clear()
        _capture(clean)
        places = len(clean.faults.calls)
    assert places >= 3

    for nth in range(1, places + 1):
        with WORLDS[kind]() as world:
            getattr(world.faults, when)(nth)
            with pytest.raises(Killed):
                _capture(world)
            world.faults.clear()

            assert (world.snapshot() == empty) is (world.store.get("lead_1") is None)
            _capture(world)
            _expect_everything_once(world)


def _expect_everything_once(world: World) -> None:
    assert len(world.ledger.read("subject_1", decrypt=True)) == 2
    assert world.store.load([EMAIL]).seen["lead_1"] == {signal_digest("signal_1")}
    assert len(list(world.outbox.pending(before=AT + 1))) == 1
    assert len(world.store.history("lead_1").rows) == 1
    assert world.store.find(EMAIL) == "lead_1"


def test_of_many_racing_decisions_exactly_one_wins(world: World) -> None:
    def attempt(n: int) -> bool:
        try:
            world.store.commit(a_decision(a_lead(f"lead_{n}", identifiers={})))
        except LeadConflict:
            return False
        return True

    with ThreadPoolExecutor(50 if world.name == "memory" else 1) as pool:
        won = list(pool.map(attempt, range(50)))

    assert won.count(True) == 1
    assert world.store.find(EMAIL) == f"lead_{won.index(True)}"
    assert world.store.get(f"lead_{won.index(False)}") is None


def test_fifty_racing_decisions_about_one_lead_all_count_after_retries(world: World) -> None:
    world.store.commit(a_decision())

    def decide(n: int) -> None:
        while True:
            lead = world.store.load([EMAIL]).leads["lead_1"]
            after = lead._replace(version=lead.version + 1, touch_count=lead.touch_count + 1)
            try:
                world.store.commit(a_decision(after, expected=lead.version))
            except LeadConflict:
                continue
            return

    with ThreadPoolExecutor(50 if world.name == "memory" else 1) as pool:
        list(pool.map(decide, range(50)))

    lead = world.store.get("lead_1")
    assert isinstance(lead, Lead)
    assert lead.touch_count == 50


def test_an_unreachable_store_says_try_later(world: World) -> None:
    world.faults.before(1, times=99, error=lambda: StoreUnavailable("commit decision"))

    with pytest.raises(StoreUnavailable):
        world.store.commit(a_decision())
