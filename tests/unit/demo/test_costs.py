"""What marketing of the generated company cost: real channels and campaigns, and figures of a company that lives."""

from decimal import Decimal

import pytest

from infra.local.demo.costs import cost_file, spent_on
from infra.local.demo.story import tell
from infra.local.demo.tables import Purchase, World
from infra.local.demo.today import happen_today, with_today
from infra.local.demo.world import generate
from shared.domain.money.cost_file import CostFile, read_file
from shared.domain.money.policy_model import KINDS
from shared.policies.loader import RULES, load_directory

POLICY = load_directory(RULES).money
NOW = 1_795_000_000_000


@pytest.fixture(scope="module")
def larger() -> World:
    return generate(leads=120, seed=7)


def read(world: World) -> CostFile:
    return read_file(cost_file(world.costs), POLICY)


def in_euros(amount: Decimal, currency: str, day: str) -> Decimal:
    value = POLICY.rates.convert(amount, currency, day)
    assert value is not None
    return value


def test_every_row_is_one_that_the_import_takes(world: World) -> None:
    file = read(world)

    assert file.refused == ()
    assert len(file.costs) == len(world.costs) > 0
    assert {cost.currency for cost in file.costs} == {"EUR", "USD"}
    assert {cost.kind for cost in file.costs} <= set(KINDS)


def test_channels_and_campaigns_are_those_of_first_touches(larger: World) -> None:
    touched = set(larger.origins.values())
    spent = {(row.channel, row.campaign) for row in larger.costs if row.channel}

    assert spent <= {(origin.channel, origin.name) for origin in touched}
    assert {"Paid Search", "Paid Social", "Email"} <= {channel for channel, _ in spent}


def test_marketing_pays_and_one_channel_does_not(larger: World) -> None:
    spent: dict[str, Decimal] = {}
    for cost in read(larger).costs:
        value = in_euros(cost.amount, cost.currency, cost.day)
        spent[cost.channel] = spent.get(cost.channel, Decimal(0)) + value
    earned: dict[str, Decimal] = {}
    for key, rows in larger.rows.items():
        for row in rows:
            if isinstance(row, Purchase):
                channel = larger.origins[key].channel
                value = in_euros(Decimal(row.kept), row.currency, "2024-03-01")
                earned[channel] = earned.get(channel, Decimal(0)) + value

    total = sum(spent.values())
    romi = (sum(earned.values()) - total) / total
    losing = [channel for channel in spent if channel and earned.get(channel, Decimal(0)) < spent[channel]]

    assert Decimal("0.5") < romi < 3
    assert losing


def test_the_last_weeks_cost_something_and_no_row_of_them_replaces_an_earlier_one(larger: World) -> None:
    whole = with_today(larger, happen_today(larger, NOW))
    keys = [row.key for row in whole.costs]

    assert len(whole.costs) > len(larger.costs)
    assert len(set(keys)) == len(keys)
    assert read(whole).refused == ()


def test_the_same_world_has_the_same_costs_and_another_one_other_rows(world: World) -> None:
    other = generate(leads=15, seed=4)

    assert spent_on(world) == world.costs
    assert not {row.key for row in other.costs} & {row.key for row in world.costs}
    assert tell(world) == tell(world)
