"""Orders of shops: in any order, repeated and in parts they give the same picture; claims about money give none."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.identity.model import EMAIL, Evidence, Identifier
from shared.domain.instant import DAY, MINUTE
from shared.domain.intake.orders import LOST, PAID, PLACED, REFUNDED, UPDATED, statement
from shared.domain.intake.signal import Signal
from shared.domain.lead.decision import Fact
from shared.domain.lead.opportunity import MAX_OPPORTUNITIES
from shared.domain.lead.rules import Rules
from tests.property.people import EMAILS, NOW, START, People, rules
from tests.property.test_decide import page
from tests.property.test_told_by_sales import facts_of

ANNA = EMAILS[0]
BORIS = EMAILS[1]
RULES = rules()
KINDS = {PLACED: "order_placed", PAID: "order_paid", LOST: "order_refunded", REFUNDED: "order_refunded"}


@pytest.fixture
def compiled() -> Rules:
    return RULES


def told(
    n: int,
    change: str,
    *,
    at: int = START,
    order: str = "17",
    who: Identifier = ANNA,
    evidence: Evidence = Evidence.VERIFIED,
    **said: Any,
) -> Signal:
    kind = KINDS.get(change, "custom_event")
    said |= {"order_id": order, "order_change": change, "currency": "EUR"}
    attributes, flags = statement(kind, said, shop="shop", currency="", at=at)
    return Signal(
        signal_id=f"order_{n}",
        kind=kind,
        occurred_at=at,
        recorded_at=NOW,
        source="shop",
        evidence=evidence,
        identifiers=(who,),
        attributes=attributes,
        flags=flags,
    )


def changes(facts: list[Fact]) -> list[Any]:
    return [fact.data for fact in facts if fact.name == "OpportunityChanged"]


def order_of(people: People, order: str = "17") -> Any:
    (view,) = [view for view in people.views() if view.opportunities]
    return view.opportunities[f"order:shop:{order}"]


@st.composite
def statements(draw: st.DrawFn) -> list[Signal]:
    """Statements about a few orders of two people, many of them at the same instant."""
    return [
        told(
            n,
            draw(st.sampled_from([PLACED, PAID, LOST, REFUNDED, UPDATED])),
            at=START + draw(st.integers(0, 4)) * DAY,
            order=draw(st.sampled_from(["17", "18"])),
            who=draw(st.sampled_from([ANNA, BORIS])),
            amount=draw(st.sampled_from([None, "10.00", "7.50", "30"])),
        )
        for n in range(draw(st.integers(1, 8)))
    ]


@settings(max_examples=200, deadline=None)
@given(statements(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_statements_gives_the_same_orders(
    given_signals: list[Signal], shuffle: Any
) -> None:
    straight, scrambled = People(RULES), People(RULES)
    for signal in given_signals:
        straight.decide([signal])
    mixed = [*given_signals, *given_signals]
    shuffle.shuffle(mixed)
    scrambled.decide(mixed)

    assert scrambled.projections() == straight.projections()


@given(st.permutations(range(4)))
def test_an_order_in_parts_is_opened_when_placed_closed_when_paid_and_lowered_by_what_was_given_back(
    order: list[int],
) -> None:
    people = People(RULES)
    parts = [
        told(1, PLACED, at=START, amount="100.00"),
        told(2, PAID, at=START + 2 * DAY),
        told(3, REFUNDED, at=START + 5 * DAY, amount="20.00"),
        told(4, REFUNDED, at=START + 6 * DAY, amount="5.50"),
    ]

    facts = facts_of(people, *(parts[n] for n in order))

    found = order_of(people)
    assert (found.state, found.amount, found.currency) == ("won", "74.50", "EUR")
    assert (found.opened_on, found.closed_on) == ("2023-11-14", "2023-11-16")
    assert changes(facts)[-1] == {
        "opportunity_id": "order:shop:17",
        "company_id": None,
        "origin": "shop",
        "account_id": None,
        "state": "won",
        "stage": None,
        "amount": "74.50",
        "currency": "EUR",
        "opened_on": "2023-11-14",
        "closed_on": "2023-11-16",
    }


@given(st.permutations(range(3)))
def test_what_is_given_back_whole_is_lost_on_that_day(order: list[int]) -> None:
    people = People(RULES)
    parts = [
        told(1, PAID, at=START, amount="100.00"),
        told(2, REFUNDED, at=START + DAY, amount="60.00"),
        told(3, REFUNDED, at=START + 2 * DAY, amount="40.00"),
    ]

    facts_of(people, *(parts[n] for n in order))

    found = order_of(people)
    assert (found.state, found.amount, found.closed_on) == ("lost", "100.00", "2023-11-16")


def test_a_refund_without_an_amount_and_a_cancellation_lose_the_order(compiled: Rules) -> None:
    for change in (REFUNDED, LOST):
        people = People(compiled)
        facts_of(people, told(1, PAID, at=START, amount="9"), told(2, change, at=START + DAY))

        assert (order_of(people).state, order_of(people).closed_on) == ("lost", "2023-11-15")


@given(st.permutations(range(2)))
def test_of_one_instant_the_further_state_holds(order: list[int]) -> None:
    people = People(RULES)
    both = [told(1, PLACED, amount="9"), told(2, PAID, amount="9")]

    facts_of(people, *(both[n] for n in order))

    assert order_of(people).state == "won"


def test_a_changed_amount_keeps_the_state(compiled: Rules) -> None:
    people = People(compiled)

    facts_of(people, told(1, PAID, at=START, amount="9"), told(2, UPDATED, at=START + DAY, amount="12"))

    assert (order_of(people).state, order_of(people).amount) == ("won", "12.00")


def test_a_payment_alone_opens_the_order_on_its_own_day(compiled: Rules) -> None:
    people = People(compiled)

    facts_of(people, told(1, PAID, at=START, amount="9"))

    assert order_of(people).opened_on == order_of(people).closed_on == "2023-11-14"


def test_saying_the_same_again_tells_nothing_new(compiled: Rules) -> None:
    people = People(compiled)

    facts = facts_of(people, *(told(n, PAID, at=START, amount="9", closed_on="2023-11-14") for n in range(3)))

    assert len(changes(facts)) == 1


def test_a_paid_order_makes_a_customer_when_it_was_paid_and_is_no_touch(compiled: Rules) -> None:
    people = People(compiled)
    people.decide([page(1, ANNA, START)])

    facts = facts_of(people, told(1, PAID, at=START + DAY, amount="9"), page(2, ANNA, START + 3 * DAY))

    (view,) = people.views()
    assert view.stage.id == "customer"
    assert view.stage.entered["customer"] == START + DAY
    assert (view.touch_count, view.first_touch.occurred_at if view.first_touch else 0) == (2, START)
    touches = [fact.data["human"] for fact in facts if fact.name == "TouchpointRecorded"]
    assert touches == [False, True]


def test_an_order_that_a_shop_calls_completed_makes_a_customer_and_one_that_is_placed_does_not(compiled: Rules) -> None:
    placed, completed = People(compiled), People(compiled)
    said = {"order_id": "17", "order_change": PAID, "amount": "9", "currency": "EUR"}
    attributes, _ = statement("order_placed", said, shop="shop", currency="", at=START)
    signal = told(1, PLACED, amount="9")

    facts_of(placed, signal)
    facts_of(completed, Signal(**{**signal_fields(signal), "attributes": attributes}))

    assert [people.views()[0].stage.id for people in (placed, completed)] == ["inquiry", "customer"]


def signal_fields(signal: Signal) -> dict[str, Any]:
    return {name: getattr(signal, name) for name in Signal.__dataclass_fields__}


def test_a_claim_about_money_is_no_order_and_makes_nobody_a_customer(compiled: Rules) -> None:
    people = People(compiled)
    claim = told(1, PAID, amount="9", evidence=Evidence.CLAIMED)

    facts = facts_of(people, claim)

    (view,) = people.views()
    assert view.opportunities == {}
    assert view.stage.id != "customer"
    assert changes(facts) == []


def test_a_head_keeps_a_bounded_number_of_orders(compiled: Rules) -> None:
    people = People(compiled)
    for n in range(MAX_OPPORTUNITIES + 5):
        people.decide([told(n, PAID, at=START + n * MINUTE, order=str(n), amount="9")])

    (view,) = people.views()
    assert len(view.opportunities) == MAX_OPPORTUNITIES
    assert "order:shop:4" not in view.opportunities


@given(st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=5))
def test_what_was_given_back_adds_up_exactly(amounts: list[Decimal]) -> None:
    people = People(RULES)
    total = sum(amounts, Decimal(1))
    parts = [told(n, REFUNDED, at=START + DAY, amount=f"{amount:f}") for n, amount in enumerate(amounts)]

    facts_of(people, told(99, PAID, at=START, amount=f"{total:f}"), *parts)

    assert (order_of(people).state, order_of(people).amount) == ("won", "1.00")


def test_people_who_order_together_are_not_one_person(compiled: Rules) -> None:
    people = People(compiled)

    facts_of(people, told(1, PAID, amount="9"), told(2, PAID, amount="9", order="18", who=Identifier(EMAIL, "x@y.pl")))

    assert len(people.views()) == 2
