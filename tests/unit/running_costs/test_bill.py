"""What work costs: every service that is bought is billed once, and batches make it cheaper."""

import pytest

from infra.catalog import CATALOG
from shared.domain.running_costs import prices
from shared.domain.running_costs.bill import FIRST_FORM, MEMORY_MB, VISIT, Work, bill, quantities, running_costs


def test_functions_are_billed_with_the_memory_that_they_have() -> None:
    assert {name: CATALOG.function(name).memory_mb for name in MEMORY_MB} == MEMORY_MB


@pytest.mark.parametrize("work", [VISIT, FIRST_FORM])
def test_a_bill_is_quantities_times_prices(work: Work) -> None:
    expected = sum(amount * prices.USAGE[name].each for name, amount in quantities(work).items())

    assert sum(bill(work).values()) == pytest.approx(expected / work.signals * 1_000_000)
    assert set(quantities(work)) == set(prices.USAGE)


def test_ten_events_in_one_request_cost_less_than_ten_requests() -> None:
    together = VISIT._replace(signals=10, facts=11)

    assert sum(bill(together).values()) < sum(bill(VISIT).values()) / 3


def test_a_lead_bears_the_cost_of_all_events() -> None:
    few, many = (running_costs(leads=10, events=events, fixed={}) for events in (10, 100))

    assert few.per_lead is not None
    assert many.per_lead is not None
    assert few.per_lead == pytest.approx(sum(bill(FIRST_FORM).values()) / 1_000_000)
    assert many.per_lead - few.per_lead == pytest.approx(9 * sum(bill(VISIT).values()) / 1_000_000)


def test_leads_without_an_event_of_their_own_cost_no_more_than_there_were_events() -> None:
    found = running_costs(leads=10, events=4, fixed={})

    assert found.per_million == pytest.approx(sum(bill(FIRST_FORM).values()))


def test_what_is_paid_every_month_comes_from_counts() -> None:
    assert running_costs(leads=0, events=0, fixed={"key": 2, "alarm": 5}).monthly == {
        "KMS": pytest.approx(2.0),
        "CloudWatch": pytest.approx(0.5),
    }
