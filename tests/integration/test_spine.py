"""From the doors to decisions and facts: nothing accepted is lost, nothing counts twice, whoever is killed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters.memory.faults import Killed
from shared.app import decide_person
from shared.app import process_signals as processor
from shared.domain.instant import DAY
from shared.domain.intake.problem import Problem
from shared.domain.lead.decision import Decision
from shared.ports.failures import StoreUnavailable
from tests.integration.spine import Spine

ANNA: dict[str, Any] = {
    "id": "json-1",
    "email": "anna@acme.example.com",
    "name": "Anna Kowalska",
    "title": "Head of Purchasing",
    "anonymous_id": "a-1",
    "consents": {"processing": True, "ad.email": True},
    "consent_text": "I want news.",
}


def page(n: int, anonymous: str = "a-1") -> dict[str, Any]:
    return {
        "type": "page",
        "messageId": f"m-{n}",
        "anonymousId": anonymous,
        "properties": {"url": "https://example.com/pricing"},
    }


def accept(spine: Spine, send: Callable[[], Any]) -> bool:
    """Send as a vendor does: once more when the door gave no answer."""
    for _ in range(5):
        try:
            if 200 <= send().status < 300:
                return True
        except (Killed, Problem):
            continue
    return False


def settle(spine: Spine) -> None:
    """Deliver the queue until it is empty, as SQS does."""
    for _ in range(20):
        if not spine.queue.sent:
            return
        try:
            spine.process()
        except Killed:
            continue
    raise AssertionError("the queue never emptied")


def whole_story(spine: Spine) -> None:
    accept(spine, lambda: spine.collect(page(1), page(2)))
    settle(spine)
    accept(spine, lambda: spine.post(ANNA))
    settle(spine)
    accept(spine, lambda: spine.collect(page(3)))
    settle(spine)


def calls_of_the_whole_story() -> int:
    spine = Spine()
    whole_story(spine)
    return len(spine.faults.calls)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_any_call_nothing_is_lost_and_nothing_counts_twice(when: str) -> None:
    reference = Spine()
    whole_story(reference)
    expected = reference.person(ANNA["email"])

    for nth in range(1, calls_of_the_whole_story() + 1):
        spine = Spine()
        getattr(spine.faults, when)(nth)
        whole_story(spine)

        person = spine.person(ANNA["email"])
        assert sorted(spine.touchpoints()) == sorted(reference.touchpoints()), f"killed {when} call {nth}"
        assert (person.touch_count, person.score.total, person.name) == (
            expected.touch_count,
            expected.score.total,
            expected.name,
        )
        assert [(c.purpose, c.state) for c in person.consents] == [(c.purpose, c.state) for c in expected.consents]
        lead = spine.tables.heads[person.lead_id]
        assert len(spine.ledger.read(lead.subject_ref)) == 2
        facts = {f["event_id"] for f in spine.publish()}
        assert len(facts) == len(reference_facts())


def reference_facts() -> set[str]:
    spine = Spine()
    whole_story(spine)
    return {fact["event_id"] for fact in spine.publish()}


def test_the_same_message_twice_out_of_order_and_a_week_late_counts_once() -> None:
    spine = Spine()
    spine.post(ANNA)
    spine.collect(page(1), page(2))
    deliveries = list(spine.queue.sent)
    spine.queue.sent.clear()

    spine.process([*reversed(deliveries), *deliveries])
    before = spine.person(ANNA["email"])
    spine.clock.advance(7 * DAY)
    spine.process(deliveries)
    spine.post(ANNA)
    spine.process()

    after = spine.person(ANNA["email"])
    assert len(spine.touchpoints()) == len(set(spine.touchpoints())) == 3
    assert after.version == before.version


def test_a_poisonous_signal_is_parked_and_its_neighbours_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    spine = Spine()
    decide = decide_person.decide

    def poisoned(known: Any, signals: Any, *rest: Any) -> Decision:
        if any(signal.vendor_id == "poison" for signal in signals):
            raise RuntimeError("anna@acme.example.com broke it")
        return decide(known, signals, *rest)

    monkeypatch.setattr(decide_person, "decide", poisoned)
    for n in range(3):
        spine.post({**ANNA, "id": f"good-{n}"})
    spine.post({**ANNA, "id": "poison"})
    outcome = spine.process()

    ((record,), _) = spine.parked.list()
    assert outcome.failed == frozenset()
    assert spine.person(ANNA["email"]).touch_count == 3
    assert record.code == "DECISION.FAILED"
    assert "acme" not in repr(record)

    monkeypatch.setattr(decide_person, "decide", decide)
    spine.process([processor.Delivery.of_message(record.redrive["body"])])
    assert spine.person(ANNA["email"]).touch_count == 4


def test_an_event_without_any_identifier_is_parked_while_its_neighbours_go_on() -> None:
    spine = Spine()
    nobody = {"type": "track", "messageId": "nobody", "event": "Seen"}
    reply = spine.collect(page(1), nobody, page(2))
    spine.process()

    ((record,), _) = spine.parked.list()
    assert reply.status == 200
    assert record.code == "INTAKE.NO_IDENTIFIER"
    assert len(spine.touchpoints()) == 2


def test_a_form_without_any_identifier_is_refused_at_the_door_with_a_stable_code() -> None:
    spine = Spine()
    with pytest.raises(Problem) as refused:
        spine.post({"id": "nobody", "name": "Nobody"})

    assert (refused.value.code, refused.value.status) == ("INTAKE.NO_IDENTIFIER", 400)
    assert spine.archive.objects == {}


def test_fifty_concurrent_deliveries_of_one_webhook_make_one_lead_and_one_touchpoint() -> None:
    spine = Spine()
    for _ in range(50):
        spine.post(ANNA)
    deliveries = list(spine.queue.sent)
    spine.queue.sent.clear()
    gate = threading.Barrier(50)
    failed: list[str] = []

    def work(n: int) -> None:
        gate.wait()
        outcome = processor.process_signals([deliveries[n]], spine.processing)
        failed.extend(outcome.failed)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spine.process([d for d in deliveries if d.delivery_id in failed])

    assert len(set(spine.touchpoints())) == len(spine.touchpoints()) == 1
    assert spine.person(ANNA["email"]).touch_count == 1


def test_a_public_write_key_overwrites_neither_profile_nor_consent_of_a_verified_person() -> None:
    spine = Spine()
    spine.post(ANNA)
    spine.process()
    before = spine.person(ANNA["email"])

    spine.clock.advance(DAY)
    spine.collect(
        {
            "type": "identify",
            "messageId": "evil-1",
            "userId": "evil",
            "traits": {
                "email": ANNA["email"],
                "name": "Mallory",
                "title": "CEO",
                "phone": "+48600100200",
                "company": {"name": "Evil Corp"},
                "consents": {"ad.email": False, "ad.sms": True},
            },
        }
    )
    spine.process()

    after = spine.person(ANNA["email"])
    assert after.profile == before.profile
    assert after.consents == before.consents
    assert after.company == before.company
    assert after.touch_count == before.touch_count + 1


def test_a_store_that_refuses_for_now_fails_only_the_deliveries_of_that_person() -> None:
    spine = Spine()
    spine.post(ANNA)
    spine.post({**ANNA, "id": "json-2", "email": "boris@acme.example.com", "anonymous_id": "a-2"})
    spine.faults.before(1, call="store.commit", error=StoreUnavailable)

    first = spine.process()
    second = spine.process()

    assert len(first.failed) == 1
    assert second.failed == frozenset()
    assert {view.email for view in spine.views()} == {"anna@acme.example.com", "boris@acme.example.com"}


def test_no_personal_data_reaches_queue_parked_records_or_facts() -> None:
    spine = Spine()
    canary = {**ANNA, "email": "canary-7f3@acme.example.com", "name": "Canary Seven", "phone": "+48600100273"}
    spine.post(canary)
    spine.collect({"type": "track", "messageId": "x", "event": "Seen", "properties": {"name": "Canary Seven"}})
    messages = repr(spine.queue.sent)
    spine.process()

    sinks = messages + repr(spine.parked.list()) + repr(spine.publish())
    assert "canary" not in sinks.lower()
    assert "600100273" not in sinks
