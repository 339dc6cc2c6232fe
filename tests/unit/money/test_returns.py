"""What marketing returned, on numbers worked out by hand."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.insights.opportunities import Opportunity
from shared.domain.money import returns
from shared.domain.money.returns import Books, Line, Period
from tests.unit.money.cost_files import POLICY, cost

MARCH = Period("2026-03-01", "2026-03-31")


def deal(name: str, amount: str, **more: Any) -> Opportunity:
    given: dict[str, Any] = {
        "state": "won", "currency": "EUR", "opened_on": "2026-03-01", "closed_on": "2026-03-20", "company": f"c-{name}",
        "marketing": True, "channel": "Paid Search", "campaign": "", "content": "", "owner": "", "consumed": 0,
        "origin": "",
        "lead_ids": (f"l-{name}",),
    }  # fmt: skip
    return Opportunity(opportunity_id=name, amount=amount, **{**given, **more})


def books(*rows: Any) -> Books:
    return returns.keep_books(
        [row for row in rows if isinstance(row, Opportunity)],
        [row for row in rows if not isinstance(row, Opportunity)],
        POLICY,
    )


def march(by: str, *rows: Any) -> tuple[Line, ...]:
    return returns.lines(books(*rows), MARCH, by)


@pytest.mark.parametrize(("revenue", "spend", "romi"), [("3000000", "1200000", 1.5), ("5000000", "1500000", 2.3333)])
def test_the_published_examples_of_romi(revenue: str, spend: str, romi: float) -> None:
    (line,) = march("month", deal("a", revenue), cost("k", spend))

    assert returns.romi(line.revenue, line.spend) == romi


def test_a_conversion_of_four_percent_raised_by_a_fifth_is_four_point_eight() -> None:
    assert returns.raised(0.04, 1.20) == 0.048


def test_actions_rank_by_money_and_not_by_leads() -> None:
    # Given: one action brought four hundred leads and sales of 10 000, another fifty leads and sales of 300 000
    many = deal("many", "10000", campaign="many", lead_ids=tuple(f"l{number}" for number in range(400)))
    few = deal("few", "300000", campaign="few", lead_ids=tuple(f"f{number}" for number in range(50)))

    assert [line.label for line in march("campaign", many, few)] == ["few", "many"]


def test_revenue_counts_marketing_opportunities_that_were_won_in_the_period_once() -> None:
    (line,) = march(
        "month",
        deal("a", "1000.10"),
        deal("b", "500", marketing=False),
        deal("c", "700", state="open"),
        deal("d", "900", closed_on="2026-04-01"),
        deal("e", "200", currency="USD"),
        deal("f", "200", currency="XTS"),
        deal("g", ""),
    )

    assert line.revenue == Decimal("1180.10")
    assert returns.total(line.won) == Decimal("1680.10")
    assert returns.unconverted(line.won) == 2
    assert returns.romi(line.revenue, line.spend) is None


def test_acquisition_cost_counts_companies_by_their_first_purchase_ever() -> None:
    # Given: one company buys twice, another one bought before
    (line,) = march(
        "month",
        deal("a1", "10", company="a"),
        deal("a2", "10", company="a"),
        deal("b1", "10", company="b", closed_on="2026-01-05"),
        deal("b2", "10", company="b"),
        deal("c1", "10", company="c"),
        cost("x", "100"),
        cost("y", "100", currency="USD"),
    )

    assert [sale.opportunity.opportunity_id for sale in line.first] == ["a1", "c1"]
    assert returns.cac(line.spend, len(line.first)) == Decimal("95.00")
    assert returns.cac(line.spend, 0) is None


def test_spend_is_of_the_kinds_that_count() -> None:
    found = returns.keep_books([], [cost("a", "5"), cost("b", "7", kind="staff")], POLICY)

    assert returns.whole(returns.lines(found, MARCH, "month")).by_kind() == {"media": 5, "staff": 7}
    narrow = replace(POLICY, spend=frozenset({"media"}))
    assert returns.keep_books([], [cost("b", "7", kind="staff")], narrow).spends == ()


def test_content_effectiveness_is_what_regular_consumers_bring_over_what_others_bring() -> None:
    found = books(
        deal("a", "300", consumed=2), deal("b", "100", consumed=5), deal("c", "50", consumed=1), deal("d", "150"),
        deal("e", "9999", state="lost"),
    )  # fmt: skip

    regular, others = returns.content(found, MARCH, POLICY)

    assert (sorted(regular), sorted(others)) == (["c-a", "c-b"], ["c-c", "c-d"])
    averages = [returns.average([returns.total(sales) for sales in side.values()]) for side in (regular, others)]
    assert averages == [200, 100]


def test_the_pipeline_is_by_the_day_of_closing() -> None:
    found = returns.pipeline(
        books(deal("a", "10", state="open", closed_on="2026-05-01"), deal("b", "5"), deal("c", "1", closed_on="")),
        Period(),
        "month",
    )

    assert {label: [sale.amount for sale in sales] for label, sales in found.items()} == {
        "(none)": [Decimal(1)],
        "2026-03": [Decimal(5)],
        "2026-05": [Decimal(10)],
    }
