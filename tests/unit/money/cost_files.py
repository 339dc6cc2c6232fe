"""Small ways to say costs in tests."""

from decimal import Decimal

from shared.domain.money.amounts import Rates
from shared.domain.money.costs import Cost
from shared.domain.money.policy_model import KINDS, MoneyPolicy

POLICY = MoneyPolicy(
    owner="finance",
    rates=Rates(currency="EUR", months={"USD": (("2026-01", Decimal("0.9")),)}),
    spend=frozenset(KINDS),
    regular_content=2,
    version="1",
)
HEAD = "date,kind,channel,campaign,amount,currency,key\n"


def cost(key: str, amount: str, day: str = "2026-03-09", channel: str = "Paid Search", **more: str) -> Cost:
    return Cost(
        key=key,
        day=day,
        kind=more.get("kind", "media"),
        channel=channel,
        campaign=more.get("campaign", ""),
        amount=Decimal(amount),
        currency=more.get("currency", "EUR"),
    )
