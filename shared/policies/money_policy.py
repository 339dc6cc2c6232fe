"""money.yaml in plain form, and back to values. The half that reads loads no validator: assets carry it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.domain.money.amounts import Rates
from shared.domain.money.policy_model import MoneyPolicy

if TYPE_CHECKING:
    from shared.policies.money_models import MoneyFile


def plain_money(file: "MoneyFile") -> dict[str, Any]:
    """The policy as JSON values; rates stay text, because JSON numbers are not exact."""
    return {
        "owner": file.owner,
        "currency": file.currency,
        "spend": sorted(file.spend),
        "regular_content": file.regular_content,
        "rates": {currency: sorted(months.items()) for currency, months in sorted(file.rates.items())},
    }


def money_from(data: Mapping[str, Any]) -> MoneyPolicy:
    """The policy from its plain form."""
    months = {
        currency: tuple((month, Decimal(rate)) for month, rate in rates) for currency, rates in data["rates"].items()
    }
    return MoneyPolicy(
        owner=data["owner"],
        rates=Rates(currency=data["currency"], months=months),
        spend=frozenset(data["spend"]),
        regular_content=data["regular_content"],
        version=data["version"],
    )
