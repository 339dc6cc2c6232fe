"""Facts and wishes in front of the writers say about whom; anything else is left to the dead letters."""

import json
from typing import Any

import pytest

from shared.ports.sync import Wish
from shared.runtime.batch import QueueMessage
from shared.runtime.wishes import wish_of, wishes_in


def message(number: int, body: Any) -> QueueMessage:
    text = body if isinstance(body, str) else json.dumps(body)
    return QueueMessage(message_id=f"m{number}", queue="salesforce-out", body=text, receive_count=1, attributes={})


def fact(name: str, lead_id: str = "lead_1") -> dict[str, Any]:
    detail = {"event_id": f"{lead_id}.3.1", "name": name, "lead_id": lead_id, "lead_version": 3, "data": {}}
    return {"version": "0", "source": "leadspine", "detail-type": name, "detail": detail}


@pytest.mark.parametrize(
    ("name", "urgent"),
    [("ProfileChanged", False), ("HandoverRequested", True), ("ConsentWithdrawn", True), ("ConsentGiven", False)],
)
def test_a_fact_of_the_bus_is_a_wish_about_its_lead(name: str, urgent: bool) -> None:
    assert wish_of(fact(name)) == Wish(lead_id="lead_1", reason=name, urgent=urgent)


def test_a_wish_of_ours_travels_as_it_is() -> None:
    body = {"lead_id": "lead_2", "reason": "redrive", "urgent": True}

    assert wish_of(body) == Wish(lead_id="lead_2", reason="redrive", urgent=True)


def test_messages_that_hold_neither_are_named_and_their_neighbours_go_on() -> None:
    bad = [
        "not json", "[]", "7", {}, {"detail": {}}, {"detail": {"name": "X"}}, {"detail": []}, {"lead_id": "lead_1"},
        {"lead_id": 5, "reason": "x"}, {"lead_id": "", "reason": "x"}, {"detail": {"name": None, "lead_id": "lead_1"}},
    ]  # fmt: skip
    messages = [message(0, fact("ProfileChanged")), *(message(n, body) for n, body in enumerate(bad, start=1))]

    wishes, unreadable = wishes_in(messages)

    assert [(message_id, wish.lead_id) for message_id, wish in wishes] == [("m0", "lead_1")]
    assert unreadable == {f"m{n}" for n in range(1, len(bad) + 1)}
